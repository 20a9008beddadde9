"""Statistics of float data."""

from __future__ import annotations

from math import prod

import numpy as np

from ._kernels import ffi, lib
from .buffers import F32, I64, Array, dense, from_buffer
from .codes import memory_order

#: Larger arrays are counted in several parts at once.
SMALL = 1 << 16
PARTS = 8
MOST_BINS = 1 << 24
LARGEST_WIDTH = float(np.finfo(np.float32).max)


def min_max(x: Array) -> tuple[float, float]:
    """Smallest and largest element; NaN if there is one."""
    low_high = ffi.new("float[2]")
    lib.qf_min_max(_in_any_order(x), x.size, low_high)
    return low_high[0], low_high[1]


def min_max_per_channel(x: Array, axis: int) -> tuple[Array, Array]:
    """Smallest and largest element of each slice along ``axis``; NaN if there is one."""
    order = memory_order(x.strides)
    x, axis = dense(x.transpose(order)), order.index(axis)
    low, high = np.empty((2, x.shape[axis]), np.float32)
    outer, inner = prod(x.shape[:axis]), prod(x.shape[axis + 1 :])
    lib.qf_min_max_per_channel(
        from_buffer(F32, x), outer, x.shape[axis], inner, from_buffer(F32, low), from_buffer(F32, high)
    )
    return low, high


def histogram(x: Array, bins: int, low: float, high: float) -> Array:
    """Count the elements in equal bins between ``low`` and ``high``, which belongs to the last."""
    first, last = np.float32(low), np.float32(high)
    if not 0 < float(last) - float(first) <= LARGEST_WIDTH or bins > MOST_BINS:
        return NotImplemented
    parts = PARTS if x.size > SMALL else 1
    counts = np.zeros((parts, bins + 1), np.int64)
    lib.qf_histogram(_in_any_order(x), x.size, first, last, bins, parts, from_buffer(I64, counts))
    return counts[:, :-1].sum(axis=0).astype(np.float32)


def _in_any_order(x: Array) -> object:
    """Return a pointer to all elements, copied only where there are gaps between them."""
    return from_buffer(F32, x if x.flags.c_contiguous else x.ravel("K"))
