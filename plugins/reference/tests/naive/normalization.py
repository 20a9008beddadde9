"""Normalisation with fixed statistics."""

import math

import numpy as np

from qframe.plugin import QTensor

from . import numbers
from .numbers import f32


def batch_norm(x, weight, bias, mean, var, eps, scale, zero_point, *, clamp=None):
    codes = np.zeros(x.shape, dtype=x.dtype.numpy)
    for index in np.ndindex(*x.shape):
        c = index[1]
        inverse = f32(1) / f32(math.sqrt(float(var[c] + f32(eps))))
        alpha = (inverse * weight[c]) * f32(x.q_scale() / scale)
        beta = (bias[c] - mean[c] * inverse * weight[c]) / f32(scale)
        exact = float(alpha) * (int(x.int_repr()[index]) - x.q_zero_point()) + float(beta)
        codes[index] = numbers.saturate(zero_point + round(exact), x.dtype, clamp)
    return QTensor.per_tensor(codes, scale, zero_point)
