"""Sums, products and concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qframe import plugin
from qframe.plugin import Clamp, QTensor

Array = np.ndarray[Any, Any]


def add(a: QTensor, b: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
    """Dequantize, add in float32, quantize."""
    codes = plugin.quantize(a.dequantize() + b.dequantize(), scale, zero_point, a.dtype, clamp)
    return QTensor(codes, float(scale), int(zero_point), a.dtype)


def mul(a: QTensor, b: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
    """Multiply the centered codes and requantize; products of 32-bit codes are rounded to float64."""
    product = plugin.centered(a.int_repr(), a.q_zero_point()).astype(np.float64)
    product = product * plugin.centered(b.int_repr(), b.q_zero_point())
    multiplier = np.float32(a.q_scale()) * np.float32(b.q_scale()) * plugin.reciprocal(scale)
    codes = plugin.requantize(product, multiplier, zero_point, a.dtype, clamp)
    return QTensor(codes, float(scale), int(zero_point), a.dtype)


def add_scalar(x: QTensor, value: float, *, relu: bool = False) -> QTensor:
    """Move the zero point, growing the scale where it would leave its range."""
    shift = plugin.add_scalar_shift(value, x.q_scale(), x.q_zero_point(), x.dtype)
    codes = x.int_repr()
    if shift.multiplier is not None:
        centered = codes.astype(np.int64) - shift.zero_point_in
        codes = plugin.requantize(centered, shift.multiplier, shift.zero_point, x.dtype)
    return _rectified(codes, shift.scale, shift.zero_point, x, relu)


def mul_scalar(x: QTensor, value: float, *, relu: bool = False) -> QTensor:
    """Change the scale; mirror the codes where ``value`` is negative."""
    low, high = x.dtype.minimum, x.dtype.maximum
    if value == 0:
        return _rectified(np.zeros_like(x.int_repr()), 1.0, 0, x, relu)
    scale, zero_point, codes = abs(value) * x.q_scale(), x.q_zero_point(), x.int_repr()
    if value < 0:
        codes = (low + high - codes.astype(np.int64)).astype(codes.dtype)
        zero_point = low + high - zero_point
    return _rectified(codes, scale, zero_point, x, relu)


def _rectified(codes: Array, scale: float, zero_point: int, x: QTensor, relu: bool) -> QTensor:
    codes = np.maximum(codes, codes.dtype.type(zero_point)) if relu else codes.copy(order="K")
    return QTensor(codes, scale, zero_point, x.dtype)


def cat(
    tensors: Sequence[QTensor], dim: int, scale: float, zero_point: int, *, clamp: Clamp | None = None
) -> QTensor:
    """Requantize each tensor and join them."""
    dtype = tensors[0].dtype
    parts = [plugin.quantize(x.dequantize(), scale, zero_point, dtype, clamp) for x in tensors]
    return QTensor(np.concatenate(parts, axis=dim), float(scale), int(zero_point), dtype)
