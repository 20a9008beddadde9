"""What was measured: one value for each workload, instruction set and number of threads; and its file."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .tables import Table
from .workloads import BY_NAME, Workload

Key = tuple[str, str, int, bool]


@dataclass(frozen=True)
class Measurement:
    """How long one call of a workload takes.

    Attributes:
        isa: "native" or what the libraries were limited to.
        busy: whether another process kept a core busy.
        rounds: how many repetitions of each peer the medians come from.
        seconds: by peer, the median of one call.
        peak: of the machine, in the same rounds, in GOPS (two operations for each product).
        notes: by peer, why it has no time.
    """

    workload: str
    isa: str
    threads: int
    busy: bool
    rounds: int
    seconds: dict[str, float]
    peak: float | None = None
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What tells measurements apart."""
        return self.workload, self.isa, self.threads, self.busy

    @property
    def spec(self) -> Workload:
        """The workload itself."""
        return BY_NAME[self.workload]

    def time(self, peer: str | None) -> float | None:
        """Return a peer's seconds, or None where there are none."""
        return self.seconds.get(peer or "")

    def best_torch(self) -> str | None:
        """Return the fastest of PyTorch's engines, or None where none ran."""
        engines = [name for name in self.seconds if name.startswith("torch-")]
        return min(engines, key=self.seconds.__getitem__, default=None)

    def ratio(self, rival: str | None) -> float | None:
        """Return qframe's time through the rival's, or None where one of them is missing."""
        if rival not in self.seconds or "qframe" not in self.seconds:
            return None
        return self.seconds["qframe"] / self.seconds[rival]

    def gops(self) -> float | None:
        """Return qframe's speed in 10^9 operations per second; a product and its sum are two."""
        if not self.spec.products or "qframe" not in self.seconds:
            return None
        return 2e-9 * self.spec.products / self.seconds["qframe"]


class Results:
    """All that one machine has measured; a later measurement of the same takes the earlier one's place.

    Attributes:
        machine: what the CPU calls itself, and how many cores there are.
        titles: by instruction set and peer, the library's version and what else matters.
        tables: by section, what is no comparison of workloads.
    """

    def __init__(self) -> None:
        self.machine = f"{cpu_name()}, {os.cpu_count()} cores"
        self.titles: dict[str, dict[str, str]] = {}
        self.measurements: dict[Key, Measurement] = {}
        self.tables: dict[str, list[Table]] = {}

    def add(self, measurements: Iterable[Measurement]) -> None:
        """Take measurements in."""
        self.measurements.update({measurement.key: measurement for measurement in measurements})

    def chosen(self, isa: str, threads: int, busy: bool = False) -> dict[str, Measurement]:
        """Return by workload what was measured under one condition, in the workloads' own order."""
        found = {name: self.measurements.get((name, isa, threads, busy)) for name in BY_NAME}
        return {name: measurement for name, measurement in found.items() if measurement}

    def peak(self, isa: str, threads: int) -> float | None:
        """Return the machine's peak in GOPS: the highest of all workloads' medians under this condition.

        Other programs can only lower what is measured, so that the highest is nearest to the truth.
        """
        return max((m.peak for m in self.chosen(isa, threads).values() if m.peak), default=None)

    def share(self, m: Measurement) -> float | None:
        """Return qframe's share of the machine's peak."""
        speed, peak = m.gops(), self.peak(m.isa, m.threads)
        return None if speed is None or peak is None else speed / peak

    def save(self, file: Path) -> None:
        """Write everything as JSON, a line for each measurement."""
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(rounded(asdict(m))) for m in self.measurements.values()]
        head = {"machine": self.machine, "titles": self.titles, "tables": self.tables}
        text = json.dumps(head, indent=1, ensure_ascii=False)
        joined = ",\n".join(f"  {line}" for line in lines)
        file.write_text(f'{text[:-2]},\n "measurements": [\n{joined}\n ]\n}}\n', encoding="utf-8")


def load(file: Path) -> Results:
    """Read what :meth:`Results.save` wrote."""
    stored = json.loads(file.read_text(encoding="utf-8"))
    results = Results()
    results.machine, results.titles = stored["machine"], stored["titles"]
    results.tables = {name: [Table(*table) for table in tables] for name, tables in stored["tables"].items()}
    results.add(Measurement(**measurement) for measurement in stored["measurements"])
    return results


def load_to_extend(file: Path) -> Results:
    """Return the results in ``file``, or new ones where there are none.

    Raises:
        ValueError: they come from another machine.
    """
    results = Results()
    if not file.exists():
        return results
    earlier = load(file)
    if earlier.machine != results.machine:
        raise ValueError(
            f"{file} holds results of another machine ({earlier.machine}), this is {results.machine}. "
            "Name another file or delete this one"
        )
    return earlier


def rounded(value: Any) -> Any:
    """Return the value with its floats to four digits, which is more than is certain."""
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def cpu_name() -> str:
    """Return what the CPU calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
