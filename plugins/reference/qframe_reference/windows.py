"""Channels-last views, padding and sliding windows, in any number of spatial dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]


def channels_last(x: Array) -> Array:
    """Return (N, C, spatial...) as a view (N, spatial..., C)."""
    return np.moveaxis(x, 1, -1)


def channels_first(x: Array) -> Array:
    """Return (N, spatial..., C) as a view (N, C, spatial...)."""
    return np.moveaxis(x, -1, 1)


def pad_spatial(x: Array, before: Ints, after: Ints, value: int) -> Array:
    """Return (N, spatial..., C) with ``value`` added around, contiguous; itself where nothing is to add."""
    if not any(before) and not any(after):
        return np.ascontiguousarray(x)
    shape = (
        x.shape[0],
        *(length + b + a for length, b, a in zip(x.shape[1:-1], before, after, strict=True)),
        x.shape[-1],
    )
    padded = np.full(shape, value, dtype=x.dtype)
    inside = (slice(b, b + length) for b, length in zip(before, x.shape[1:-1], strict=True))
    index = (slice(None), *inside)
    padded[index] = x
    return padded


def windows(x: Array, kernel: Ints, stride: Ints, dilation: Ints, output: Ints) -> Array:
    """Return the view (N, output..., kernel..., C) of the windows of a contiguous (N, spatial..., C)."""
    batch, *spatial, channel = x.strides
    strides = (
        batch,
        *(step * s for step, s in zip(spatial, stride, strict=True)),
        *(step * d for step, d in zip(spatial, dilation, strict=True)),
        channel,
    )
    shape = (x.shape[0], *output, *kernel, x.shape[-1])
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def tap_view(patches: Array, position: Ints) -> Array:
    """Return the view (N, output..., C) of one position of the kernel in all windows."""
    index: tuple[Any, ...] = (..., *position, slice(None))
    return np.asarray(patches[index])
