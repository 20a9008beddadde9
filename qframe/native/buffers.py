"""Arrays as C takes them: memory orders."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .library import NativeLibrary

Array = np.ndarray[Any, Any]


def dense(x: Array) -> Array:
    """Return ``x`` itself if its memory is in C order, else a copy that is."""
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


def channels_last(native: NativeLibrary, x: Array) -> Array:
    """Return 8-bit codes (N, C, spatial...) as (N, spatial..., C), dense."""
    last = x.transpose(0, *range(2, x.ndim), 1)
    if last.flags.c_contiguous:
        return last
    if not x.flags.c_contiguous:
        return np.ascontiguousarray(last)
    out = np.empty(last.shape, x.dtype)
    images, channels = x.shape[:2]
    source, target = native.from_buffer(native.u8, x), native.from_buffer(native.u8, out)
    native.lib.qf_to_channels_last(source, images, channels, prod(x.shape[2:]), target)
    return out


def in_memory_order(x: Array) -> tuple[Array, tuple[int, ...]]:
    """Return ``x`` with its axes in the order of memory, dense, and the transpose that undoes it."""
    if x.flags.c_contiguous:
        return x, ()
    order = sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis]))
    return np.ascontiguousarray(x.transpose(order)), tuple(np.argsort(order))


def check(status: int) -> None:
    """Raise what a status code of C means.

    Raises:
        MemoryError: the kernel found none.
    """
    if status:
        raise MemoryError("no memory for a kernel's scratch space")
