"""Simulated quantization; memory order is kept."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .buffers import Array, check, in_memory_order
from .library import NativeLibrary

#: Bounds beyond are not whole numbers of float64, in which wide ranges are computed.
WIDEST = 1 << 52


def fake_quantize_per_tensor(
    native: NativeLibrary, x: Array, scale: float, zero_point: int, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    """Round to the grid of one scale and zero point."""
    if max(-quant_min, quant_max) > WIDEST:
        return NotImplemented
    x, back = in_memory_order(np.asarray(x))
    return _rounded(native, x, back, 1, x.size, [scale], [zero_point], quant_min, quant_max)


def fake_quantize_per_channel(
    native: NativeLibrary,
    x: Array,
    scales: Array,
    zero_points: Array,
    axis: int,
    quant_min: int,
    quant_max: int,
) -> tuple[Array, Array]:
    """Round each slice along ``axis`` to its own grid."""
    if max(-quant_min, quant_max) > WIDEST:
        return NotImplemented
    x, back = in_memory_order(x)
    axis = back[axis] if back else axis
    vectors = (
        native.from_buffer(native.f32, np.ascontiguousarray(scales, np.float32)),
        native.from_buffer(native.i32, np.ascontiguousarray(zero_points, np.int32)),
    )
    return _rounded(native, x, back, x.shape[axis], prod(x.shape[axis + 1 :]), *vectors, quant_min, quant_max)


def _rounded(
    native: NativeLibrary,
    x: Array,
    back: tuple[int, ...],
    channels: int,
    inner: int,
    scales: Any,
    zero_points: Any,
    low: int,
    high: int,
) -> tuple[Array, Array]:
    real, inside = np.empty(x.shape, np.float32), np.empty(x.shape, np.bool_)
    places = native.from_buffer(native.f32, real), native.from_buffer(native.u8, inside)
    numbers = x.size, channels, inner, scales, zero_points, low, high
    check(native.lib.qf_fake_quantize(native.from_buffer(native.f32, x), *numbers, *places))
    return (real.transpose(back), inside.transpose(back)) if back else (real, inside)
