"""8-bit codes for C, which takes signed ones as unsigned with their sign bits flipped."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin import Clamp, DType, qint8, quint8
from .buffers import Array, dense, inverse, memory_order
from .library import NativeLibrary

#: The bit that signed codes are flipped in, for the dtypes that these kernels take; others are declined.
FLIPS: dict[DType, int] = {quint8: 0, qint8: 0x80}

#: More codes than this are not summed in 32 bits.
LONGEST_SUM = 1 << 23


def bounds_of(dtype: DType, clamp: Clamp | None) -> tuple[int, int]:
    """Return the smallest and largest code that may come out."""
    return clamp or (dtype.minimum, dtype.maximum)


def lies_dense(x: Array, like: Array) -> bool:
    """Return whether ``x`` lies in memory as ``like`` does, which has no gaps."""
    if x.strides == like.strides and x.shape == like.shape:
        return True
    steps = zip(x.shape, x.strides, like.strides, strict=True)
    return x.shape == like.shape and all(a == b for size, a, b in steps if size > 1)


def memory(native: NativeLibrary, x: Array) -> Any:
    """Return a pointer to the first byte in memory of an array without gaps, in whatever order."""
    return native.from_buffer(native.u8, x if x.flags.c_contiguous else x.ravel("K"))


def address(native: NativeLibrary, x: Array) -> Any:
    """Return a pointer to the first element of an array with any strides."""
    return native.ffi.cast("uint8_t *", x.__array_interface__["data"][0])


def in_and_out(native: NativeLibrary, x: Array) -> tuple[Array, Any, Any]:
    """Return an empty array for as many codes in the same memory order, and pointers to both.

    Where there are gaps between the elements of ``x``, its pointer is that of a copy without them.
    """
    from_buffer, u8 = native.from_buffer, native.u8
    out = np.empty_like(x)
    if out.strides == x.strides:  # so there are no gaps, and both unravel alike
        return out, from_buffer(u8, x.ravel("K")), from_buffer(u8, out.ravel("K"))
    order = memory_order(x.strides)
    ordered = dense(x.transpose(order))
    out = np.empty(ordered.shape, x.dtype)
    return out.transpose(inverse(order)), from_buffer(u8, ordered), from_buffer(u8, out)
