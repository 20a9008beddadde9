"""Pooling, window by window."""

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
    for image, channel, row, column in np.ndindex(*codes.shape):
        codes[image, channel, row, column] = value(x.int_repr()[image, channel], row, column)
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
    def divisor(plane, row, column, taps):
        if divisor_override is not None:
            return divisor_override
        if not count_include_pad:
            return taps
        extents = (
            min(position * s - p + k, length + p) - (position * s - p)
            for position, length, k, s, p in zip(
                (row, column), plane.shape, kernel_size, stride, padding, strict=True
            )
        )
        return math.prod(extents)

    def average(plane, row, column):
        rows = _taps(row, plane.shape[0], kernel_size[0], stride[0], padding[0], 1)
        columns = _taps(column, plane.shape[1], kernel_size[1], stride[1], padding[1], 1)
        total = sum(int(plane[i, j]) - x.q_zero_point() for i in rows for j in columns)
        count = divisor(plane, row, column, len(rows) * len(columns))
        return numbers.average(total, count, x.q_zero_point(), x.dtype)

    return _pool(x, _sizes(x, kernel_size, stride, padding, (1, 1), ceil_mode), average)


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
