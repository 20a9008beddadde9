"""Simulated quantization, element by element."""

import math

import numpy as np

from .numbers import f32


def _one(x, scale, zero_point, quant_min, quant_max):
    with np.errstate(all="ignore"):
        scaled = float(f32(x) * (f32(1) / f32(scale)))
    if math.isnan(scaled):
        code, inside = quant_min, False
    elif math.isinf(scaled):
        code, inside = (quant_max if scaled > 0 else quant_min), False
    else:
        code = zero_point + round(scaled)
        inside = quant_min <= code <= quant_max
        code = min(max(code, quant_min), quant_max)
    return f32(f32(code - zero_point) * f32(scale)), inside


def fake_quantize_per_tensor(x, scale, zero_point, quant_min, quant_max):
    pairs = [_one(v, scale, zero_point, quant_min, quant_max) for v in x.ravel()]
    real = np.array([real for real, _ in pairs], dtype=np.float32).reshape(x.shape)
    return real, np.array([inside for _, inside in pairs], dtype=bool).reshape(x.shape)


def fake_quantize_per_channel(x, scales, zero_points, axis, quant_min, quant_max):
    real, mask = np.zeros(x.shape, dtype=np.float32), np.zeros(x.shape, dtype=bool)
    for index in np.ndindex(*x.shape):
        channel = index[axis]
        real[index], mask[index] = _one(
            x[index], scales[channel], int(zero_points[channel]), quant_min, quant_max
        )
    return real, mask
