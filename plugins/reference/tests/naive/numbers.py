"""Rounding and saturation of single numbers."""

from __future__ import annotations

import math

import numpy as np

f32 = np.float32


def saturate(value, dtype, clamp=None):
    """Limit an integer to a dtype, and to a fused clamp."""
    low, high = clamp or (dtype.minimum, dtype.maximum)
    return min(max(value, low), high)


def quantize(x, scale, zero_point, dtype, clamp=None):
    """One real number to one code: the product with the float32 reciprocal, rounded half to even."""
    with np.errstate(all="ignore"):
        scaled = f32(x) * (f32(1) / f32(scale))
    if math.isnan(scaled):
        return dtype.minimum if dtype.bits == 32 else dtype.maximum
    if math.isinf(scaled):
        return saturate(2**40 if scaled > 0 else -(2**40), dtype, clamp)
    return saturate(zero_point + round(float(scaled)), dtype, clamp)


def dequantize(code, scale, zero_point):
    """One code to one real number; the subtraction is exact."""
    return f32(scale) * f32(int(code) - zero_point)


def requantize(accumulator, multiplier, zero_point, dtype, clamp=None):
    """One exact integer to one code: rounded to float32, multiplied, rounded half to even."""
    return saturate(zero_point + round(float(f32(accumulator) * f32(multiplier))), dtype, clamp)


def average(total, count, zero_point, dtype):
    """One exact sum of centered codes to the code of their average."""
    return requantize(total, f32(1) / f32(count), zero_point, dtype)


def array(codes, shape, dtype):
    """Put a list of codes into an array."""
    return np.array(codes, dtype=dtype.numpy).reshape(shape)
