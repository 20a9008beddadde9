"""Statistics of float data."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def min_max(x: Array) -> tuple[float, float]:
    """Smallest and largest element."""
    return float(x.min()), float(x.max())


def min_max_per_channel(x: Array, axis: int) -> tuple[Array, Array]:
    """Smallest and largest element of each slice along ``axis``."""
    others = tuple(d for d in range(x.ndim) if d != axis)
    return x.min(axis=others), x.max(axis=others)


def histogram(x: Array, bins: int, low: float, high: float) -> Array:
    """Count the elements in equal bins between ``low`` and ``high``, which belongs to the last."""
    first, last = np.float32(low), np.float32(high)
    inside = x[(x >= first) & (x <= last)]
    position = (inside - first) / (last - first) * np.float32(bins)
    index = np.minimum(position.astype(np.int64), bins - 1)
    return np.bincount(index, minlength=bins).astype(np.float32)
