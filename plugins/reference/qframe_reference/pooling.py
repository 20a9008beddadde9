"""Pooling over windows; exact integer sums, one rounding."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from qframe import plugin
from qframe.plugin import QTensor

from .windows import channels_first, channels_last, pad_spatial, tap_view, windows

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]
Triple = tuple[int, int, int]
Ints = tuple[int, ...]


def max_pool2d(
    x: QTensor, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool
) -> QTensor:
    """Largest code in each window."""
    images = channels_last(x.int_repr())
    patches = _patches(images, kernel_size, stride, padding, dilation, ceil_mode, x.dtype.minimum)
    largest = np.full(patches.shape[:3] + patches.shape[-1:], x.dtype.minimum, dtype=images.dtype)
    for tap in np.ndindex(*kernel_size):
        np.maximum(largest, tap_view(patches, tap), out=largest)
    return QTensor(channels_first(largest), x.q_scale(), x.q_zero_point(), x.dtype)


def avg_pool2d(
    x: QTensor,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> QTensor:
    """Average of each window."""
    window = kernel_size, stride, padding
    return _average_pool(x, *window, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    x: QTensor,
    kernel_size: Triple,
    stride: Triple,
    padding: Triple,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> QTensor:
    """Average of each window."""
    window = kernel_size, stride, padding
    return _average_pool(x, *window, ceil_mode, count_include_pad, divisor_override)


def _average_pool(
    x: QTensor, kernel: Ints, stride: Ints, padding: Ints, ceil_mode: bool, include: bool, divisor: int | None
) -> QTensor:
    images = channels_last(x.int_repr()).astype(np.int64) - x.q_zero_point()
    patches = _patches(images, kernel, stride, padding, (1,) * len(kernel), ceil_mode, 0)
    total = sum(tap_view(patches, tap) for tap in np.ndindex(*kernel))
    if divisor is not None:
        return _averaged(x, np.asarray(total), divisor)
    lengths = [
        _window_lengths(length, output, k, s, p, include)
        for length, output, k, s, p in zip(
            x.shape[2:], patches.shape[1:], kernel, stride, padding, strict=False
        )
    ]
    return _averaged(x, np.asarray(total), reduce(np.multiply.outer, lengths)[..., None])


def adaptive_avg_pool2d(x: QTensor, output_size: Pair) -> QTensor:
    """Average of each of ``output_size`` windows that cover the input."""
    total = channels_last(x.int_repr()).astype(np.int64) - x.q_zero_point()
    lengths = []
    for axis, output in zip((1, 2), output_size, strict=True):
        bounds = plugin.adaptive_windows(total.shape[axis], output)
        lengths.append(np.array([stop - start for start, stop in bounds]))
        parts = [total.take(range(*bound), axis=axis).sum(axis=axis) for bound in bounds]
        total = np.stack(parts, axis=axis)
    return _averaged(x, total, np.multiply.outer(*lengths)[..., None])


def _averaged(x: QTensor, total: Array, count: Array | int) -> QTensor:
    """Round channels-last totals to the codes of their averages."""
    codes = channels_first(plugin.average(total, count, x.q_zero_point(), x.dtype))
    return QTensor(codes, x.q_scale(), x.q_zero_point(), x.dtype)


def _patches(
    images: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool, value: int
) -> Array:
    """Return the windows (N, output..., kernel..., C), filled up with ``value`` outside the input."""
    size = images.shape[1:-1]
    output = plugin.pool_output_size(size, kernel, stride, padding, dilation, ceil_mode)
    after = tuple(
        max((o - 1) * s + d * (k - 1) + 1 - length - p, p)
        for o, s, d, k, length, p in zip(output, stride, dilation, kernel, size, padding, strict=True)
    )
    return windows(pad_spatial(images, padding, after, value), kernel, stride, dilation, output)


def _window_lengths(
    length: int, output: int, kernel: int, stride: int, padding: int, include_padding: bool
) -> Array:
    """Return how many elements each window covers along one dimension."""
    start = np.arange(output) * stride - padding
    stop = np.minimum(start + kernel, length + padding)
    if not include_padding:
        start, stop = np.maximum(start, 0), np.minimum(stop, length)
    return stop - start
