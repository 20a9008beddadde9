"""Convolutions of float arrays and their gradients: windows gathered as columns, products by BLAS."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..autograd.tracing import differentiable
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
    return _convolve(x, weight, bias, _Geometry(size, stride, padding, dilation, groups))


def _check_weight(op: str, weight: Array, dims: int, groups: int) -> None:
    if weight.ndim != dims + 2 or weight.shape[0] == 0 or weight.shape[0] % groups:
        raise ArgumentError(
            f"{op}: the weight of shape {weight.shape} does not fit groups={groups}",
            fix=f"Give {dims + 2} dimensions (out, in / groups, kernel...), out divisible by groups",
        )


class _Geometry(NamedTuple):
    """How a convolution moves over its input; ``size`` is the spatial size of the output."""

    size: Ints
    stride: Ints
    padding: Ints
    dilation: Ints
    groups: int


def _convolve_gradients(
    g: Array, out: Array, x: Array, weight: Array, bias: Array | None, geometry: _Geometry
) -> Any:
    return (
        lambda: _input_gradient(g, x.shape, weight, geometry),
        lambda: _weight_gradient(g, x, weight, geometry),
        lambda: g.sum(axis=(0, *range(2, g.ndim)), dtype=np.float64).astype(g.dtype),
        None,
    )


@differentiable(_convolve_gradients)
def _convolve(x: Array, weight: Array, bias: Array | None, geometry: _Geometry) -> Array:
    """For each block of outputs, gather the windows as columns and multiply."""
    groups, outputs = geometry.groups, math.prod(geometry.size)
    matrix = weight.reshape(groups, weight.shape[0] // groups, weight[0].size)
    out = np.empty((x.shape[0], groups, matrix.shape[1], outputs), max(x.dtype, weight.dtype))
    for images, rows, columns in _columns(pad_spatial(x, geometry.padding), weight.shape[2:], geometry):
        np.matmul(matrix, columns, out=out[images, ..., rows])
    out = out.reshape(x.shape[0], weight.shape[0], *geometry.size)
    if bias is not None:
        out += bias.reshape(-1, *(1,) * len(geometry.size))
    return out


def _weight_gradient(g: Array, x: Array, weight: Array, geometry: _Geometry) -> Array:
    """Multiply each image's columns by the gradient of its outputs, and sum."""
    groups = geometry.groups
    outputs = weight.shape[0] // groups
    rows_of = g.reshape(g.shape[0], groups, outputs, math.prod(geometry.size)).swapaxes(2, 3)
    total = np.zeros((groups, weight[0].size, outputs), g.dtype)
    product = np.empty_like(total)
    for images, rows, columns in _columns(pad_spatial(x, geometry.padding), weight.shape[2:], geometry):
        for image, of_image in zip(columns, rows_of[images, :, rows], strict=True):
            total += np.matmul(image, of_image, out=product)
    return total.swapaxes(1, 2).reshape(weight.shape)


def _input_gradient(g: Array, shape: Ints, weight: Array, geometry: _Geometry) -> Array:
    """Convolve the gradient with the turned weight if the stride is 1; else add up products (col2im)."""
    reach = (d * (k - 1) for d, k in zip(geometry.dilation, weight.shape[2:], strict=True))
    padding = tuple(r - p for r, p in zip(reach, geometry.padding, strict=True))
    if set(geometry.stride) != {1} or min(padding) < 0:
        return _scattered(g, shape, weight, geometry)
    back = geometry._replace(size=shape[2:], padding=padding)
    return _convolve(g, _turned(weight, geometry.groups), None, back)


def _turned(weight: Array, groups: int) -> Array:
    """Return the weight with its taps in reverse order, and inputs and outputs of each group swapped."""
    taps = np.flip(weight, axis=tuple(range(2, weight.ndim)))
    split = taps.reshape(groups, -1, *weight.shape[1:]).swapaxes(1, 2)
    return np.ascontiguousarray(split).reshape(-1, split.shape[2], *weight.shape[2:])


def _scattered(g: Array, shape: Ints, weight: Array, geometry: _Geometry) -> Array:
    """Multiply the gradient by the weight, and add each row of the product at the places of its tap."""
    groups, size, kernel = geometry.groups, geometry.size, weight.shape[2:]
    padded = (n + 2 * p for n, p in zip(shape[2:], geometry.padding, strict=True))
    total = np.zeros((*shape[:2], *padded), g.dtype)
    matrix = weight.reshape(groups, weight.shape[0] // groups, weight[0].size).swapaxes(1, 2)
    products = np.empty((shape[1] * math.prod(kernel), math.prod(size)), g.dtype)
    columns = products.reshape(shape[1], *kernel, *size)
    for image, rows in zip(
        total, g.reshape(g.shape[0], groups, *matrix.shape[2:], math.prod(size)), strict=True
    ):
        np.matmul(matrix, rows, out=products.reshape(groups, -1, products.shape[1]))
        for tap in np.ndindex(*kernel):
            image[_places(tap, geometry)] += columns[_every_channel(tap)]
    pairs = zip(geometry.padding, shape[2:], strict=True)
    inner: tuple[Any, ...] = (..., *(slice(p, p + n) for p, n in pairs))
    return np.asarray(total[inner])


def _places(tap: Ints, geometry: _Geometry) -> tuple[Any, ...]:
    """Return where a tap of the kernel meets the padded input, in all windows."""
    starts = [at * dilation for at, dilation in zip(tap, geometry.dilation, strict=True)]
    ends = [
        start + (n - 1) * stride + 1
        for start, n, stride in zip(starts, geometry.size, geometry.stride, strict=True)
    ]
    return _every_channel(map(slice, starts, ends, geometry.stride))


def _every_channel(places: Iterable[Any]) -> tuple[Any, ...]:
    return (slice(None), *places)


def _columns(x: Array, kernel: Ints, geometry: _Geometry) -> Iterator[tuple[slice, slice, Array]]:
    """Gather the windows of the padded ``x`` as columns, block by block, in memory that all blocks share.

    Yields:
        Which images, which of an image's outputs, and the columns, shape (images, groups, depth, outputs).
    """
    size, groups = geometry.size, geometry.groups
    if {*kernel, *geometry.stride} == {1}:  # the input itself
        yield slice(None), slice(None), x.reshape(x.shape[0], groups, x.shape[1] // groups, math.prod(size))
        return
    windows = _windows(x, kernel, size, geometry.stride, geometry.dilation, groups)
    outer, width = windows.shape[1 : 3 + len(kernel)], math.prod(size[1:])
    every = (slice(None),) * len(outer)
    memory: dict[Ints, Array] = {}
    for images, rows in _blocks(x.shape[0], size[0], math.prod(outer) * width):
        block: tuple[Any, ...] = (images, *every, rows)
        part = windows[block]
        gathered = memory.get(part.shape)
        if gathered is None:  # the first block, or a smaller last one
            gathered = memory[part.shape] = np.empty(part.shape, x.dtype)
        gathered[...] = part
        columns = gathered.reshape(len(part), groups, math.prod(outer[1:]), -1)
        yield images, slice(rows.start * width, rows.stop * width), columns


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
