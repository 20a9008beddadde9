"""Arrays as C takes them: memory orders."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .library import NativeLibrary

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]


def dense(x: Array) -> Array:
    """Return ``x`` itself if its memory is in C order, else a copy that is."""
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


@lru_cache(maxsize=256)
def memory_order(strides: Ints) -> Ints:
    """Return the axes in the order of memory, the slowest first."""
    return tuple(sorted(range(len(strides)), key=lambda axis: -abs(strides[axis])))


@lru_cache(maxsize=256)
def inverse(order: Ints) -> Ints:
    """Return the transpose that undoes ``order``."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


@lru_cache(maxsize=16)
def channels_last_order(ndim: int) -> Ints:
    """Return the transpose that brings (N, C, spatial...) into the order (N, spatial..., C)."""
    return 0, *range(2, ndim), 1


@lru_cache(maxsize=16)
def channels_first_order(ndim: int) -> Ints:
    """Return the transpose that brings (N, spatial..., C) into the order (N, C, spatial...)."""
    return 0, ndim - 1, *range(1, ndim - 1)


def channels_last(native: NativeLibrary, x: Array) -> Array:
    """Return 8-bit codes (N, C, spatial...) as (N, spatial..., C), dense."""
    last = x.transpose(channels_last_order(x.ndim))
    if last.flags.c_contiguous:
        return last
    if not x.flags.c_contiguous:
        return np.ascontiguousarray(last)
    out = np.empty(last.shape, x.dtype)
    images, channels = x.shape[:2]
    source, target = native.from_buffer(native.u8, x), native.from_buffer(native.u8, out)
    native.lib.qf_to_channels_last(source, images, channels, prod(x.shape[2:]), target)
    return out


def in_memory_order(x: Array) -> tuple[Array, Ints]:
    """Return ``x`` with its axes in the order of memory, dense, and the transpose that undoes it."""
    if x.flags.c_contiguous:
        return x, ()
    order = memory_order(x.strides)
    return dense(x.transpose(order)), inverse(order)


def check(status: int) -> None:
    """Raise what a status code of C means.

    Raises:
        MemoryError: the kernel found none.
    """
    if status:
        raise MemoryError("no memory for a kernel's scratch space")
