"""Statistics of float data."""

from __future__ import annotations

from math import prod

import numpy as np

from .buffers import Array, dense, memory_order
from .library import NativeLibrary

#: Larger arrays are counted in several parts at once.
SMALL = 1 << 16
PARTS = 8
MOST_BINS = 1 << 24
LARGEST_WIDTH = float(np.finfo(np.float32).max)


def min_max(native: NativeLibrary, x: Array) -> tuple[float, float]:
    """Smallest and largest element; NaN if there is one."""
    low_high = native.ffi.new("float[2]")
    native.lib.qf_min_max(_in_any_order(native, x), x.size, low_high)
    return low_high[0], low_high[1]


def min_max_per_channel(native: NativeLibrary, x: Array, axis: int) -> tuple[Array, Array]:
    """Smallest and largest element of each slice along ``axis``; NaN if there is one."""
    order = memory_order(x.strides)
    x, axis = dense(x.transpose(order)), order.index(axis)
    low, high = np.empty((2, x.shape[axis]), np.float32)
    outer, inner = prod(x.shape[:axis]), prod(x.shape[axis + 1 :])
    values, lowest, highest = (native.from_buffer(native.f32, array) for array in (x, low, high))
    native.lib.qf_min_max_per_channel(values, outer, x.shape[axis], inner, lowest, highest)
    return low, high


def histogram(native: NativeLibrary, x: Array, bins: int, low: float, high: float) -> Array:
    """Count the elements in equal bins between ``low`` and ``high``, which belongs to the last."""
    first, last = np.float32(low), np.float32(high)
    if not 0 < float(last) - float(first) <= LARGEST_WIDTH or bins > MOST_BINS:
        return NotImplemented
    parts = PARTS if x.size > SMALL else 1
    counts = np.zeros((parts, bins + 1), np.int64)
    values, target = _in_any_order(native, x), native.from_buffer(native.i64, counts)
    native.lib.qf_histogram(values, x.size, first, last, bins, parts, target)
    return counts[:, :-1].sum(axis=0).astype(np.float32)


def _in_any_order(native: NativeLibrary, x: Array) -> object:
    """Return a pointer to all elements, copied only where there are gaps between them."""
    return native.from_buffer(native.f32, x if x.flags.c_contiguous else x.ravel("K"))
