"""Sums, products and concatenation."""

import numpy as np

from qframe.plugin import QTensor

from . import numbers
from .numbers import f32


def _pairs(a, b):
    left, right = np.broadcast_arrays(a.int_repr(), b.int_repr())
    return left.shape, [(int(p), int(q)) for p, q in zip(left.ravel(), right.ravel(), strict=True)]


def add(a, b, scale, zero_point, *, clamp=None):
    shape, pairs = _pairs(a, b)
    codes = []
    for p, q in pairs:
        total = numbers.dequantize(p, a.q_scale(), a.q_zero_point())
        total = total + numbers.dequantize(q, b.q_scale(), b.q_zero_point())
        codes.append(numbers.quantize(total, scale, zero_point, a.dtype, clamp))
    return QTensor.per_tensor(numbers.array(codes, shape, a.dtype), scale, zero_point)


def mul(a, b, scale, zero_point, *, clamp=None):
    shape, pairs = _pairs(a, b)
    multiplier = f32(a.q_scale()) * f32(b.q_scale()) * (f32(1) / f32(scale))
    codes = [
        numbers.requantize(
            (p - a.q_zero_point()) * (q - b.q_zero_point()), multiplier, zero_point, a.dtype, clamp
        )
        for p, q in pairs
    ]
    return QTensor.per_tensor(numbers.array(codes, shape, a.dtype), scale, zero_point)


def _each(x, function, scale, zero_point, relu):
    codes = [function(int(code)) for code in x.int_repr().ravel()]
    if relu:
        codes = [max(code, zero_point) for code in codes]
    return QTensor.per_tensor(numbers.array(codes, x.shape, x.dtype), scale, zero_point)


def add_scalar(x, value, *, relu=False):
    low, high = x.dtype.minimum, x.dtype.maximum
    scale, steps = x.q_scale(), round(value / x.q_scale())
    moved = x.q_zero_point() - steps
    if low <= moved <= high:
        return _each(x, lambda code: code, scale, moved, relu)
    if moved < low:
        new_scale, zero_point = (high - moved) / (high - low) * scale, low
    else:
        new_scale, zero_point = (moved - low) / (high - low) * scale, high
    multiplier = f32(scale) * (f32(1) / f32(new_scale))

    def shift(code):
        return numbers.requantize(code - x.q_zero_point() + steps, multiplier, zero_point, x.dtype)

    return _each(x, shift, new_scale, zero_point, relu)


def mul_scalar(x, value, *, relu=False):
    low, high = x.dtype.minimum, x.dtype.maximum
    if value == 0:
        return _each(x, lambda code: 0, 1.0, 0, relu)
    if value > 0:
        return _each(x, lambda code: code, value * x.q_scale(), x.q_zero_point(), relu)
    mirrored = high - (x.q_zero_point() - low)
    return _each(x, lambda code: low + high - code, -value * x.q_scale(), mirrored, relu)


def cat(tensors, dim, scale, zero_point, *, clamp=None):
    dtype = tensors[0].dtype
    parts = []
    for x in tensors:
        reals = [numbers.dequantize(code, x.q_scale(), x.q_zero_point()) for code in x.int_repr().ravel()]
        codes = [numbers.quantize(real, scale, zero_point, dtype, clamp) for real in reals]
        parts.append(numbers.array(codes, x.shape, dtype))
    return QTensor.per_tensor(np.concatenate(parts, axis=dim), scale, zero_point)
