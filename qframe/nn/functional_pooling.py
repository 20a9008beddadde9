"""Pooling of float arrays and quantized tensors.

Maximum and sum over a rectangle are taken first along rows, then along columns, tap by tap, so
that a window of h × w costs h + w passes over the array.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from .. import ops
from ..errors import ArgumentError
from ..ops.geometry import adaptive_windows
from ..qtensor import QTensor
from .functional_checks import Array, Ints, check_ranks, float_array, pool_size, whole_numbers
from .functional_shape import pad_spatial

Tensor = TypeVar("Tensor", Array, QTensor)


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    """Largest value in each window; padding never wins.

    Args:
        input: (N, C, H, W), or a float array (C, H, W).
        kernel_size, stride, padding, dilation: an int, or a pair for height and width; the stride
            defaults to the kernel size.
        ceil_mode: count a last, partial window, unless it starts outside the padded input.

    Raises:
        NotImplementedError: ``return_indices``.
        DTypeError: an integer array.
        ArgumentError: shape or numbers that do not fit.
    """
    if return_indices:
        raise NotImplementedError("max_pool2d: return_indices=True is not supported")
    kernel, step = _window(kernel_size, stride)
    border: Any = whole_numbers("padding", padding, 2)
    spread: Any = whole_numbers("dilation", dilation, 2, 1)
    if isinstance(input, QTensor):
        return ops.max_pool2d(input, kernel, step, border, spread, ceil_mode)
    x = _image("max_pool2d", input)
    size = pool_size("max_pool2d", x.shape[-2:], kernel, step, border, spread, ceil_mode)
    x = pad_spatial(x, border, -np.inf, _overhang(x.shape[-2:], size, kernel, step, border, spread))
    return _reduce(np.maximum, x, size, kernel, step, spread)


def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Average of each window.

    Args:
        input, kernel_size, stride, padding, ceil_mode: as :func:`max_pool2d`.
        count_include_pad: divide by the window clipped to the padded input, not to the input.
        divisor_override: divide by this instead.

    Raises:
        DTypeError: an integer array.
        ArgumentError: shape or numbers that do not fit, or the divisor is 0.
    """
    kernel, step = _window(kernel_size, stride)
    border: Any = whole_numbers("padding", padding, 2)
    if divisor_override == 0:
        raise ArgumentError(
            "avg_pool2d: divisor_override must not be zero", fix="Give None or another number"
        )
    if isinstance(input, QTensor):
        return ops.avg_pool2d(input, kernel, step, border, ceil_mode, count_include_pad, divisor_override)
    x = _image("avg_pool2d", input)
    shape, one = x.shape[-2:], (1, 1)
    size = pool_size("avg_pool2d", shape, kernel, step, border, one, ceil_mode)
    x = pad_spatial(x, border, 0.0, _overhang(shape, size, kernel, step, border, one))
    divisor: Any = divisor_override or _counts(shape, size, kernel, step, border, count_include_pad)
    return np.asarray(_reduce(np.add, x, size, kernel, step, one) / np.float32(divisor))


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Average of each of ``output_size`` windows that together cover the input.

    Args:
        input: (N, C, H, W), or a float array (C, H, W).
        output_size: an int, or a pair (height, width) in which None keeps the input's.

    Raises:
        DTypeError: an integer array.
        ArgumentError: shape or numbers that do not fit.
    """
    pair = (
        output_size
        if isinstance(output_size, (tuple, list)) and len(output_size) == 2
        else (output_size,) * 2
    )
    if not isinstance(input, QTensor):
        input = _image("adaptive_avg_pool2d", input)
    else:
        check_ranks("adaptive_avg_pool2d", input, "(N, C, H, W)")
    kept = [n if size is None else size for size, n in zip(pair, input.shape[-2:], strict=True)]
    height, width = whole_numbers("output_size", kept, 2, 1)
    if isinstance(input, QTensor):
        return ops.adaptive_avg_pool2d(input, (height, width))
    if 0 in input.shape[-2:]:
        raise ArgumentError(f"adaptive_avg_pool2d: an empty image {input.shape}", fix="Give a larger input")
    return _averages(_averages(input, -1, width), -2, height)


def _window(kernel_size: Any, stride: Any) -> tuple[Any, Any]:
    kernel = whole_numbers("kernel_size", kernel_size, 2, 1)
    empty = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    return kernel, kernel if empty else whole_numbers("stride", stride, 2, 1)


def _image(op: str, input: Any) -> Array:
    x = float_array(op, input)
    check_ranks(op, x, "(N, C, H, W)", "(C, H, W)")
    return x


def _overhang(shape: Ints, size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Ints:
    """How far the last window reaches over the end of the padded input (only with ceil_mode)."""
    return tuple(
        max(0, (o - 1) * s + d * (k - 1) + 1 - (n + 2 * p))
        for n, o, k, s, p, d in zip(shape, size, kernel, stride, padding, dilation, strict=True)
    )


def _reduce(ufunc: np.ufunc, x: Array, size: Ints, kernel: Ints, stride: Ints, dilation: Ints) -> Array:
    for axis in (-1, -2):
        x = _reduce_axis(ufunc, x, axis, size[axis], kernel[axis], stride[axis], dilation[axis])
    return x


def _reduce_axis(
    ufunc: np.ufunc, x: Array, axis: int, size: int, k: int, stride: int, dilation: int
) -> Array:
    def tap(i: int) -> Array:
        along = slice(i * dilation, i * dilation + stride * (size - 1) + 1, stride)
        return x[_at(axis, along)]

    out = tap(0).copy()
    for i in range(1, k):
        ufunc(out, tap(i), out=out)
    return out


def _counts(shape: Ints, size: Ints, kernel: Ints, stride: Ints, padding: Ints, with_padding: bool) -> Array:
    """Number of elements in each window, clipped to the input or to the padded input."""
    lengths = []
    for n, o, k, s, p in zip(shape, size, kernel, stride, padding, strict=True):
        start = np.arange(o) * s - p
        low, high = (-p, n + p) if with_padding else (0, n)
        lengths.append(np.minimum(start + k, high) - np.maximum(start, low))
    return np.multiply.outer(*lengths).astype(np.float32)


def _averages(x: Array, axis: int, size: int) -> Array:
    windows = adaptive_windows(x.shape[axis], size)
    parts = [x[_at(axis, slice(*window))].mean(axis=axis, keepdims=True) for window in windows]
    return np.concatenate(parts, axis=axis)


def _at(axis: int, part: slice) -> tuple[Any, ...]:
    """Return the index that takes ``part`` of the last axis (-1) or the one before (-2)."""
    return (..., part) if axis == -1 else (..., part, slice(None))
