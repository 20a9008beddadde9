"""How many threads engines use: one number for the process, told to every engine that has threads."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ArgumentError

#: More than any engine is asked to start.
MAX_THREADS = 256


def default_num_threads() -> int:
    """Return ``QFRAME_NUM_THREADS``, else as many CPUs as affinity and control group allow.

    Raises:
        ArgumentError: the variable is no whole number from 1 to 256.
    """
    text = os.environ.get("QFRAME_NUM_THREADS", "").strip()
    if text:
        return check_num_threads(int(text) if text.isdecimal() else text, "QFRAME_NUM_THREADS")
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        cpus = os.cpu_count() or 1
    return max(1, min(cpus, control_group_cpus() or cpus, MAX_THREADS))


def check_num_threads(threads: object, name: str = "the number of threads") -> int:
    """Return ``threads`` if it is a whole number from 1 to 256.

    Raises:
        ArgumentError: it is not.
    """
    if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= MAX_THREADS:
        raise ArgumentError(
            f"{name} must be a whole number from 1 to {MAX_THREADS}, not {threads!r}",
            fix="1 computes in the calling thread alone",
        )
    return threads


def control_group_cpus(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return how many CPUs' time the control group (a container) grants, rounded up; None: no limit."""
    try:
        if (root / "cpu.max").exists():  # version 2
            quota, period = (root / "cpu.max").read_text().split()
        else:
            quota = (root / "cpu/cpu.cfs_quota_us").read_text()
            period = (root / "cpu/cpu.cfs_period_us").read_text()
        return -(-int(quota) // int(period)) if int(quota) > 0 else None
    except (OSError, ValueError):  # no control groups, or "max"
        return None
