"""Measurements that nobody took, for tables and verdicts."""

from __future__ import annotations

from typing import Any

from benchmarks.measurements import Measurement, Results

LARGE = "linear 128x768x3072"
#: 2 * 128 * 768 * 3072 operations in this time are 301.99 GOPS.
LARGE_SECONDS = 0.002


def measurement(workload: str = LARGE, **changes: Any) -> Measurement:
    """One thread on the CPU's own instruction set: qframe 2 ms, PyTorch 4 and 5 ms."""
    values: dict[str, Any] = {
        "workload": workload,
        "isa": "native",
        "threads": 1,
        "busy": False,
        "rounds": 3,
        "seconds": {"qframe": LARGE_SECONDS, "torch-x86": 0.004, "torch-onednn": 0.005},
        "peak": 400.0,
        "notes": {},
    }
    return Measurement(**values | changes)


def results(*measurements: Measurement) -> Results:
    """These measurements, taken by libraries without a version."""
    made = Results()
    made.machine = "a machine"
    made.add(measurements)
    made.titles = {
        isa: {"qframe": "qframe", "torch-x86": "PyTorch, x86", "peak": f"peak of {isa}"}
        for isa in {m.isa for m in measurements}
    }
    return made
