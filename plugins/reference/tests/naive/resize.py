"""Interpolation, output position by output position."""

import math
from fractions import Fraction

import numpy as np

from qframe.plugin import QTensor

from . import numbers
from .numbers import f32


def _step(length, output, factor):
    return f32(min(1 / factor, length)) if factor is not None else f32(f32(length) / f32(output))


def interpolate_nearest(x, output_size, scale_factors):
    codes = np.zeros((*x.shape[:2], *output_size), dtype=x.dtype.numpy)
    steps = [_step(*axis) for axis in zip(x.shape[2:], output_size, scale_factors, strict=True)]
    for image, channel, *position in np.ndindex(*codes.shape):
        source = tuple(
            min(math.floor(f32(f32(i) * step)), length - 1)
            for i, step, length in zip(position, steps, x.shape[2:], strict=True)
        )
        codes[(image, channel, *position)] = x.int_repr()[(image, channel, *source)]
    return QTensor.per_tensor(codes, x.q_scale(), x.q_zero_point())


def _source(i, length, output, align_corners, factor):
    """Two indices and two weights; the multiply-add is rounded once, from exact fractions."""
    if align_corners:
        step = f32(f32(length - 1) / f32(output - 1)) if output > 1 else f32(0)
        position = f32(step * f32(i))
    else:
        exact = Fraction(float(_step(length, output, factor))) * (2 * i + 1) / 2 - Fraction(1, 2)
        position = f32(float(max(exact, 0)))
    first = min(int(position), length - 1)
    weight = f32(position - f32(first))
    return first, first + (first < length - 1), f32(f32(1) - weight), weight


def interpolate_bilinear(x, output_size, align_corners, scale_factors):
    codes = np.zeros((*x.shape[:2], *output_size), dtype=x.dtype.numpy)
    for image, channel, row, column in np.ndindex(*codes.shape):
        plane = x.int_repr()[image, channel].astype(np.float32)
        top, bottom, top_weight, bottom_weight = _source(
            row, x.shape[2], output_size[0], align_corners, scale_factors[0]
        )
        left, right, left_weight, right_weight = _source(
            column, x.shape[3], output_size[1], align_corners, scale_factors[1]
        )
        above = f32(f32(left_weight * plane[top, left]) + f32(right_weight * plane[top, right]))
        below = f32(f32(left_weight * plane[bottom, left]) + f32(right_weight * plane[bottom, right]))
        value = f32(f32(top_weight * above) + f32(bottom_weight * below))
        codes[image, channel, row, column] = numbers.quantize(
            f32(value - f32(x.q_zero_point())), 1.0, x.q_zero_point(), x.dtype
        )
    return QTensor.per_tensor(codes, x.q_scale(), x.q_zero_point())
