"""Linear and convolution on float arrays: windows gathered into a matrix, products by BLAS."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .functional_checks import (
    Array,
    Ints,
    check_channels,
    check_counts,
    check_ranks,
    conv_size,
    float_array,
    optional_vector,
    weighted_input,
    whole_numbers,
)
from .functional_shape import pad_spatial

_BLOCK = 1 << 19  # floats gathered at a time: 2 MB, which stays in the cache between gathering and product
_LAYOUTS = {1: "(N, C, L)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}


def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """``input @ weight.T + bias``.

    Args:
        input: shape (..., in_features), float32.
        weight: shape (out_features, in_features).
        bias: shape (out_features,) or None.

    Returns:
        float32 array of shape (..., out_features).

    Raises:
        DTypeError: quantized or integer input.
        ArgumentError: shapes that do not fit.
    """
    x = weighted_input("linear", input)
    weight = float_array("linear", weight, "the weight")
    if weight.ndim != 2 or x.ndim < 1 or x.shape[-1] != weight.shape[1]:
        raise ArgumentError(
            f"linear: an input of shape {x.shape} does not fit the weight of shape {weight.shape} (out, in)",
            fix=f"The last dimension of the input must be {weight.shape[-1]}; flatten images first",
        )
    bias = optional_vector("linear", bias, "the bias", weight.shape[0])
    out = x.reshape(math.prod(x.shape[:-1]), weight.shape[1]) @ weight.T
    if bias is not None:
        out += bias
    return out.reshape(*x.shape[:-1], weight.shape[0])


def conv1d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Array:
    """Convolution over (N, C, L); as :func:`conv2d`."""
    return _convolution(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Array:
    """Convolution (cross-correlation) over (N, C, H, W), padded with zeros.

    Args:
        input: float32, any strides.
        weight: shape (out_channels, in_channels / groups, kernel...).
        bias: shape (out_channels,) or None.
        stride, padding, dilation: an int, or one for each spatial dimension.
        groups: how many blocks of channels are convolved apart.

    Returns:
        float32 array of shape (N, out_channels, ...).

    Raises:
        DTypeError: quantized or integer input.
        ArgumentError: shapes or numbers that do not fit.
    """
    return _convolution(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Array:
    """Convolution over (N, C, D, H, W); as :func:`conv2d`."""
    return _convolution(3, input, weight, bias, stride, padding, dilation, groups)


def _convolution(
    dims: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Array:
    op = f"conv{dims}d"
    x = weighted_input(op, input)
    weight = float_array(op, weight, "the weight")
    check_counts(op, groups=groups)
    check_ranks(op, x, _LAYOUTS[dims])
    _check_weight(op, weight, dims, groups)
    check_channels(op, x, weight.shape[1] * groups)
    bias = optional_vector(op, bias, "the bias", weight.shape[0])
    stride = whole_numbers("stride", stride, dims, 1)
    padding = whole_numbers("padding", padding, dims)
    dilation = whole_numbers("dilation", dilation, dims, 1)
    size = conv_size(op, x.shape[2:], weight.shape[2:], stride, padding, dilation)
    out = _convolve(pad_spatial(x, padding), weight, size, stride, dilation, groups)
    if bias is not None:
        out += bias.reshape(-1, *(1,) * dims)
    return out


def _check_weight(op: str, weight: Array, dims: int, groups: int) -> None:
    if weight.ndim != dims + 2 or weight.shape[0] == 0 or weight.shape[0] % groups:
        raise ArgumentError(
            f"{op}: the weight of shape {weight.shape} does not fit groups={groups}",
            fix=f"Give {dims + 2} dimensions (out, in / groups, kernel...), out divisible by groups",
        )


def _convolve(x: Array, weight: Array, size: Ints, stride: Ints, dilation: Ints, groups: int) -> Array:
    """Convolve the padded ``x``: for each block of outputs, gather the windows as columns and multiply."""
    out_channels, depth = weight.shape[0], weight[0].size
    kernel = weight.shape[2:]
    windows = _windows(x, kernel, size, stride, dilation, groups)
    matrix = weight.reshape(groups, out_channels // groups, depth)
    out = np.empty((x.shape[0], groups, out_channels // groups, math.prod(size)), np.float32)
    width = math.prod(size[1:])
    every = (slice(None),) * (2 + len(kernel))
    for images, rows in _blocks(x.shape[0], size[0], groups * depth * width):
        block = (images, *every, rows)
        part = windows[block]
        columns = part.reshape(part.shape[0], groups, depth, -1)
        np.matmul(matrix, columns, out=out[images, ..., rows.start * width : rows.stop * width])
    return out.reshape(x.shape[0], out_channels, *size)


def _windows(x: Array, kernel: Ints, size: Ints, stride: Ints, dilation: Ints, groups: int) -> Array:
    """View ``x`` as (N, groups, C / groups, kernel..., output...) without copying."""
    n, channels = x.shape[:2]
    steps = x.strides[2:]
    taps = tuple(step * d for step, d in zip(steps, dilation, strict=True))
    moves = tuple(step * s for step, s in zip(steps, stride, strict=True))
    return np.lib.stride_tricks.as_strided(
        x,
        (n, groups, channels // groups, *kernel, *size),
        (x.strides[0], x.strides[1] * (channels // groups), x.strides[1], *taps, *moves),
        writeable=False,
    )


def _blocks(images: int, rows: int, row_cost: int) -> Iterator[tuple[slice, slice]]:
    """Cut the outputs into blocks of whole images, or rows of one, that gather about _BLOCK floats."""
    at_once = max(1, _BLOCK // max(1, row_cost))
    if at_once >= rows:
        step = at_once // rows
        for start in range(0, images, step):
            yield slice(start, min(start + step, images)), slice(0, rows)
        return
    for image in range(images):
        for start in range(0, rows, at_once):
            yield slice(image, image + 1), slice(start, min(start + at_once, rows))
