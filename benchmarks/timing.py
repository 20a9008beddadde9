"""Fair timing of calls against each other within one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def interleaved(calls: Sequence[Callable[[], Any]], repetitions: int, inner: int = 1) -> np.ndarray:
    """Return the seconds of each call (rows) in each repetition (columns).

    The calls take turns, so that other load on the machine hits all of them alike.  A repetition
    times ``inner`` calls in a row, which keeps the clock's own cost out of very short ones.
    """
    for call in calls:
        call()
    return np.array([[duration(call, inner) for call in calls] for _ in range(repetitions)]).T


def duration(call: Callable[[], Any], inner: int) -> float:
    """Seconds per call over ``inner`` calls in a row, after one that fetches the caches back."""
    call()
    start = time.perf_counter()
    for _ in range(inner):
        call()
    return (time.perf_counter() - start) / inner
