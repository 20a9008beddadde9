"""Normalisation: with fixed statistics, or with those of the input itself."""

import math
from fractions import Fraction

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


def _statistics(codes, x, eps):
    """Mean less zero point, and factor, of a list of codes; the variance is exact before it is rounded."""
    count = f32(len(codes))
    mean = f32(sum(codes)) / count
    of_squares = f32(sum(code * code for code in codes)) / count
    exact = Fraction(float(of_squares)) - Fraction(float(mean)) ** 2
    variance = f32(float(max(exact, 0)))
    scale = f32(x.q_scale())
    with np.errstate(all="ignore"):
        deviation = np.sqrt(np.float64((variance * scale) * scale) + eps)
        return mean - f32(x.q_zero_point()), f32(np.float64(scale) / deviation)


def _centered(code, x, mean):
    return f32(f32(int(code) - x.q_zero_point()) - mean)


def layer_norm(x, normalized_shape, weight, bias, eps, scale, zero_point):
    codes = np.zeros(x.shape, dtype=x.dtype.numpy)
    lead = x.shape[: x.ndim - len(normalized_shape)]
    for row in np.ndindex(*lead):
        group = x.int_repr()[row]
        mean, factor = _statistics([int(code) for code in group.ravel()], x, eps)
        for at in np.ndindex(*normalized_shape):
            with np.errstate(all="ignore"):
                value = _centered(group[at], x, mean) * factor
                value = f32(value * (f32(1) if weight is None else weight[at]))
                value = f32(value + (f32(0) if bias is None else bias[at]))
            codes[row + at] = numbers.quantize(value, scale, zero_point, x.dtype)
    return QTensor.per_tensor(codes, scale, zero_point)


def group_norm(x, num_groups, weight, bias, eps, scale, zero_point):
    codes = np.zeros(x.shape, dtype=x.dtype.numpy)
    size = x.shape[1] // num_groups
    for image, group in np.ndindex(x.shape[0], num_groups):
        channels = range(group * size, (group + 1) * size)
        members = [int(code) for c in channels for code in x.int_repr()[image, c].ravel()]
        mean, factor = _statistics(members, x, eps)
        for c, *at in ((c, *at) for c in channels for at in np.ndindex(*x.shape[2:])):
            place = (image, c, *at)
            with np.errstate(all="ignore"):
                multiplier = factor if weight is None else f32(factor * weight[c])
                value = f32(_centered(x.int_repr()[place], x, mean) * multiplier)
                value = f32(value + (f32(0) if bias is None else bias[c]))
            codes[place] = numbers.quantize(value, scale, zero_point, x.dtype)
    return QTensor.per_tensor(codes, scale, zero_point)
