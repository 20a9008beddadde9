"""Handing arrays to C: prebuilt pointer types, and memory orders."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._kernels import ffi

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
