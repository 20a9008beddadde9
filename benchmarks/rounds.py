"""Let peers take turns at workloads, and take the medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from .measurements import Measurement
from .peers.peak_peer import PRODUCTS
from .processes import Failed, Process
from .workloads import Workload

#: Seconds before each turn, in which the threads of the last one go to sleep.
PAUSE = 0.025
#: The least cosine of a result with qframe's, and of a network's scores with those of its float form.
LEAST_AGREEMENT = {"operation": 0.99, "network": 0.93}


class Turn:
    """A process at one workload: its repetitions, or why it has none."""

    def __init__(self, process: Process, workload: Workload, seconds: float) -> None:
        self.process = process
        self.times: list[float] = []
        self.note = ""
        self.sample: list[float] = []
        self.real: list[float] | None = None
        try:
            answer = process.prepare(workload, seconds)
            self.sample, self.real = answer["sample"], answer["real"]
        except Failed as problem:
            self.note = str(problem)

    def repeat(self) -> None:
        """Add a repetition, unless the process has failed before."""
        if self.note:
            return
        time.sleep(PAUSE)
        try:
            self.times.append(self.process.repeat())
        except Failed as problem:
            self.note = str(problem)

    def check(self, ours: Sequence[float]) -> None:
        """Refuse the times of a result that is not what it should be: the float network's, else qframe's."""
        if self.note or self.process.name == "peak":
            return
        expected, kind = (ours, "operation") if self.real is None else (self.real, "network")
        if not expected:
            return
        likeness = cosine(self.sample, expected) if len(self.sample) == len(expected) else 0.0
        if not likeness >= LEAST_AGREEMENT[kind]:
            self.note = f"failed: computes something else (cosine {likeness:.3f})"


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Return how well two results agree: 1 for the same direction."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    norms = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / norms if norms else float(np.array_equal(x, y))


def measure(
    processes: Sequence[Process],
    workloads: Iterable[Workload],
    isa: str,
    rounds: int,
    seconds: float,
    busy: bool = False,
) -> Iterator[Measurement]:
    """Measure one workload after the other, and in each let the processes take turns.

    Args:
        rounds: how often each process's turn comes.
        seconds: how long a repetition lasts, as many calls in a row as that takes.
        busy: said of the results; whoever calls keeps the core busy.

    Yields:
        A measurement for each workload and number of threads.
    """
    for workload in workloads:
        turns = [Turn(process, workload, seconds) for process in processes]
        ours = next((turn.sample for turn in turns if turn.process.name == "qframe"), [])
        for turn in turns:
            turn.check(ours)
        for _ in range(rounds):
            for turn in turns:
                turn.repeat()
        for threads in sorted({process.threads for process in processes}):
            chosen = [turn for turn in turns if turn.process.threads == threads]
            yield summed_up(chosen, workload, isa, threads, rounds, busy)


def summed_up(
    turns: Sequence[Turn], workload: Workload, isa: str, threads: int, rounds: int, busy: bool
) -> Measurement:
    """Return the medians of one number of threads."""
    medians = {turn.process.name: statistics.median(turn.times) for turn in turns if not turn.note}
    peak = medians.pop("peak", None)
    return Measurement(
        workload=workload.name,
        isa=isa,
        threads=threads,
        busy=busy,
        rounds=rounds,
        seconds=medians,
        peak=None if peak is None else 2e-9 * PRODUCTS / peak,
        notes={turn.process.name: turn.note for turn in turns if turn.note},
    )
