"""Pooling, window by window."""

import itertools
import math

import numpy as np

from qframe.plugin import QTensor

from . import numbers


def _count(length, k, s, p, d, ceil_mode):
    """How many windows there are; a last partial one counts if it starts inside input or left padding."""
    steps = (length + 2 * p - d * (k - 1) - 1) / s
    count = (math.ceil(steps) if ceil_mode else math.floor(steps)) + 1
    while ceil_mode and (count - 1) * s >= length + p:
        count -= 1
    return count


def _taps(position, length, k, s, p, d):
    """The coordinates inside the input that one window covers along one axis."""
    return [i for i in (position * s - p + t * d for t in range(k)) if 0 <= i < length]


def _pool(x, sizes, value):
    codes = np.zeros((*x.shape[:2], *sizes), dtype=x.dtype.numpy)
    for image, channel, *place in np.ndindex(*codes.shape):
        codes[(image, channel, *place)] = value(x.int_repr()[image, channel], *place)
    return QTensor.per_tensor(codes, x.q_scale(), x.q_zero_point())


def _sizes(x, kernel_size, stride, padding, dilation, ceil_mode):
    numbers_ = zip(x.shape[2:], kernel_size, stride, padding, dilation, strict=True)
    return [_count(*axis, ceil_mode) for axis in numbers_]


def max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode):
    def largest(plane, row, column):
        rows, columns = (
            _taps(position, length, k, s, p, d)
            for position, length, k, s, p, d in zip(
                (row, column), plane.shape, kernel_size, stride, padding, dilation, strict=True
            )
        )
        return max((int(plane[i, j]) for i in rows for j in columns), default=x.dtype.minimum)

    return _pool(x, _sizes(x, kernel_size, stride, padding, dilation, ceil_mode), largest)


def avg_pool2d(x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    def average(plane, *place):
        axes = list(zip(place, plane.shape, kernel_size, stride, padding, strict=True))
        taps = [_taps(*axis, 1) for axis in axes]
        extents = [min(i * s - p + k, length + p) - (i * s - p) for i, length, k, s, p in axes]
        total = sum(int(plane[at]) - x.q_zero_point() for at in itertools.product(*taps))
        count = math.prod(extents) if count_include_pad else math.prod(map(len, taps))
        count = count if divisor_override is None else divisor_override
        return numbers.average(total, count, x.q_zero_point(), x.dtype)

    dilation = (1,) * len(kernel_size)
    return _pool(x, _sizes(x, kernel_size, stride, padding, dilation, ceil_mode), average)


avg_pool3d = avg_pool2d


def adaptive_avg_pool2d(x, output_size):
    def average(plane, row, column):
        window = []
        for position, length, output in zip((row, column), plane.shape, output_size, strict=True):
            start = math.floor(position * length / output)
            stop = math.ceil((position + 1) * length / output)
            window.append(range(start, stop))
        codes = [int(plane[i, j]) for i in window[0] for j in window[1]]
        total = sum(code - x.q_zero_point() for code in codes)
        return numbers.average(total, len(codes), x.q_zero_point(), x.dtype)

    return _pool(x, output_size, average)
