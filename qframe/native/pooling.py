"""Pooling over windows of channels-last images; exact integer sums, one rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin import QTensor, pool_output_size, reciprocal
from .buffers import Array, channels_last
from .codes import FLIPS, LONGEST_SUM, memory
from .library import NativeLibrary
from .reduce import mean_of_middle

Pair = tuple[int, int]


def max_pool2d(
    native: NativeLibrary,
    x: QTensor,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
) -> QTensor:
    """Largest code in each window."""
    flip = FLIPS.get(x.dtype)
    if flip is None:
        return NotImplemented
    size = x.shape[2:]
    output = pool_output_size(size, kernel_size, stride, padding, dilation, ceil_mode)
    sizes = (*size, *output, *kernel_size, *stride, *padding, *dilation)
    return _pooled(native, native.lib.qf_max_pool, x, output, sizes, flip)


def avg_pool2d(
    native: NativeLibrary,
    x: QTensor,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> QTensor:
    """Average of each window."""
    flip = FLIPS.get(x.dtype)
    size = x.shape[2:]
    if flip is None or size[0] * size[1] > LONGEST_SUM:
        return NotImplemented
    output = pool_output_size(size, kernel_size, stride, padding, (1, 1), ceil_mode)
    sizes = (*size, *output, *kernel_size, *stride, *padding, 1, 1)
    fixed = divisor_override is not None
    factor = float(reciprocal(divisor_override)) if divisor_override is not None else 0.0
    rounding = (0, count_include_pad, fixed, factor, x.q_zero_point(), flip)
    return _pooled(native, native.lib.qf_average_pool, x, output, sizes, *rounding)


def adaptive_avg_pool2d(native: NativeLibrary, x: QTensor, output_size: Pair) -> QTensor:
    """Average of each of ``output_size`` windows that cover the input."""
    flip = FLIPS.get(x.dtype)
    size = x.shape[2:]
    if flip is None or size[0] * size[1] > LONGEST_SUM:
        return NotImplemented
    if tuple(output_size) == (1, 1):
        return _global_average(native, x, flip)
    sizes = (*size, *output_size, 1, 1, 1, 1, 0, 0, 1, 1)
    return _pooled(
        native, native.lib.qf_average_pool, x, tuple(output_size), sizes, 1, 0, 0, 0.0, x.q_zero_point(), flip
    )


def _pooled(
    native: NativeLibrary,
    run: Any,
    x: QTensor,
    output: tuple[int, ...],
    sizes: tuple[int, ...],
    *rounding: Any,
) -> QTensor:
    images = channels_last(native, x.int_repr())
    count, channels = images.shape[0], images.shape[3]
    out = np.empty((count, *output, channels), images.dtype)
    run(memory(native, images), count, channels, sizes, *rounding, memory(native, out))
    return QTensor(out.transpose(0, 3, 1, 2), x.q_scale(), x.q_zero_point(), x.dtype)


def _global_average(native: NativeLibrary, x: QTensor, flip: int) -> QTensor:
    """One window for each channel, of an image in either memory order."""
    codes = x.int_repr()
    images, channels, height, width = codes.shape
    out: Array
    if codes.flags.c_contiguous:
        out = np.empty((images, channels, 1, 1), codes.dtype)
        mean_of_middle(native, codes, images * channels, height * width, 1, x.q_zero_point(), flip, out)
    else:
        out = np.empty((images, 1, 1, channels), codes.dtype)
        last = channels_last(native, codes)
        mean_of_middle(native, last, images, height * width, channels, x.q_zero_point(), flip, out)
        out = out.transpose(0, 3, 1, 2)
    return QTensor(out, x.q_scale(), x.q_zero_point(), x.dtype)
