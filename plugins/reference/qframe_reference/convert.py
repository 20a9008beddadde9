"""Quantize and dequantize."""

from __future__ import annotations

from typing import Any

import numpy as np

from qframe import plugin
from qframe.plugin import DType, QTensor, along_axis

Array = np.ndarray[Any, Any]


def quantize_per_tensor(x: Array, scale: float, zero_point: int, dtype: DType) -> QTensor:
    """Round to the grid of one scale and zero point."""
    return QTensor(plugin.quantize(x, scale, zero_point, dtype), float(scale), int(zero_point), dtype)


def quantize_per_channel(x: Array, scales: Array, zero_points: Array, axis: int, dtype: DType) -> QTensor:
    """Round each slice along ``axis`` to its own grid."""
    scales, zero_points = np.array(scales, dtype=np.float64), np.array(zero_points, dtype=np.int64)
    codes = plugin.quantize(x, along_axis(scales, axis, x.ndim), along_axis(zero_points, axis, x.ndim), dtype)
    return QTensor(codes, scales, zero_points, dtype, axis)


def requantize(x: QTensor, scale: float, zero_point: int, dtype: DType) -> QTensor:
    """Dequantize, then round to another grid."""
    return quantize_per_tensor(x.dequantize(), scale, zero_point, dtype)


def dequantize(x: QTensor) -> Array:
    """Return the real values."""
    return x.dequantize()
