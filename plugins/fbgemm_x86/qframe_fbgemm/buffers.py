"""Handing arrays to C: prebuilt pointer types, and memory orders."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ._kernels import ffi, lib

Array = np.ndarray[Any, Any]

U8 = ffi.typeof("uint8_t[]")
I8 = ffi.typeof("int8_t[]")
U16 = ffi.typeof("uint16_t[]")
I32 = ffi.typeof("int32_t[]")
I64 = ffi.typeof("int64_t[]")
F32 = ffi.typeof("float[]")

from_buffer = ffi.from_buffer


def dense(x: Array) -> Array:
    """Return ``x`` itself if its memory is in C order, else a copy that is."""
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


def channels_last(x: Array) -> Array:
    """Return 8-bit codes (N, C, spatial...) as (N, spatial..., C), dense."""
    last = x.transpose(0, *range(2, x.ndim), 1)
    if last.flags.c_contiguous:
        return last
    if not x.flags.c_contiguous:
        return np.ascontiguousarray(last)
    out = np.empty(last.shape, x.dtype)
    images, channels = x.shape[:2]
    lib.qf_to_channels_last(from_buffer(U8, x), images, channels, prod(x.shape[2:]), from_buffer(U8, out))
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
