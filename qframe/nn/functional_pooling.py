"""Pooling of float arrays and quantized tensors, and its gradients.

Maximum and sum over a window are taken along one dimension after the other, tap by tap, so that a
window of h × w costs h + w passes over the array.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .. import ops
from ..autograd.tracing import differentiable
from ..errors import ArgumentError
from ..ops.geometry import adaptive_windows
from ..qtensor import QTensor
from .functional_checks import Array, Ints, check_ranks, float_array, pool_size, whole_numbers
from .functional_shape import pad_spatial

Tensor = TypeVar("Tensor", Array, QTensor)

_IMAGES = ("(N, C, H, W)", "(C, H, W)")


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
    kernel, step = _window(kernel_size, stride, 2)
    border: Any = whole_numbers("padding", padding, 2)
    spread: Any = whole_numbers("dilation", dilation, 2, 1)
    if isinstance(input, QTensor):
        return ops.max_pool2d(input, kernel, step, border, spread, ceil_mode)
    x = _image("max_pool2d", input, *_IMAGES)
    size = pool_size("max_pool2d", x.shape[-2:], kernel, step, border, spread, ceil_mode)
    return _max_pool(x, _Windows(size, kernel, step, border, spread))


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
    kernel, step = _window(kernel_size, stride, 2)
    border: Any = whole_numbers("padding", padding, 2)
    if isinstance(input, QTensor):
        return ops.avg_pool2d(input, kernel, step, border, ceil_mode, count_include_pad, divisor_override)
    x = _image("avg_pool2d", input, *_IMAGES)
    window = kernel, step, border
    return _average_pool("avg_pool2d", x, *window, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Average of each window of volumes: :func:`avg_pool2d` for (N, C, D, H, W) and (C, D, H, W)."""
    kernel, step = _window(kernel_size, stride, 3)
    border: Any = whole_numbers("padding", padding, 3)
    if isinstance(input, QTensor):
        return ops.avg_pool3d(input, kernel, step, border, ceil_mode, count_include_pad, divisor_override)
    x = _image("avg_pool3d", input, "(N, C, D, H, W)", "(C, D, H, W)")
    window = kernel, step, border
    return _average_pool("avg_pool3d", x, *window, ceil_mode, count_include_pad, divisor_override)


def _average_pool(
    op: str,
    x: Array,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    ceil_mode: bool,
    include: bool,
    divisor_override: int | None,
) -> Array:
    if divisor_override == 0:
        raise ArgumentError(f"{op}: divisor_override must not be zero", fix="Give None or another number")
    dims = len(kernel)
    shape, ones = x.shape[-dims:], (1,) * dims
    size = pool_size(op, shape, kernel, stride, padding, ones, ceil_mode)
    divisor: Any = divisor_override or _counts(shape, size, kernel, stride, padding, include)
    return _sum_pool(x, np.float32(divisor), _Windows(size, kernel, stride, padding, ones))


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
        input = _image("adaptive_avg_pool2d", input, *_IMAGES)
    else:
        check_ranks("adaptive_avg_pool2d", input, "(N, C, H, W)")
    kept = [n if size is None else size for size, n in zip(pair, input.shape[-2:], strict=True)]
    height, width = whole_numbers("output_size", kept, 2, 1)
    if isinstance(input, QTensor):
        return ops.adaptive_avg_pool2d(input, (height, width))
    if 0 in input.shape[-2:]:
        raise ArgumentError(f"adaptive_avg_pool2d: an empty image {input.shape}", fix="Give a larger input")
    return _averages(_averages(input, -1, width), -2, height)


def _averages_gradient(g: Array, out: Array, x: Array, axis: int, size: int) -> tuple[Any, ...]:
    total = np.zeros_like(x)
    for i, (start, stop) in enumerate(adaptive_windows(x.shape[axis], size)):
        total[_at(axis, slice(start, stop))] += g[_at(axis, slice(i, i + 1))] / np.float32(stop - start)
    return total, None, None


@differentiable(_averages_gradient)
def _averages(x: Array, axis: int, size: int) -> Array:
    windows = adaptive_windows(x.shape[axis], size)
    parts = [x[_at(axis, slice(*window))].mean(axis=axis, keepdims=True) for window in windows]
    return np.concatenate(parts, axis=axis)


def _window(kernel_size: Any, stride: Any, dims: int) -> tuple[Any, Any]:
    kernel = whole_numbers("kernel_size", kernel_size, dims, 1)
    empty = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    return kernel, kernel if empty else whole_numbers("stride", stride, dims, 1)


def _image(op: str, input: Any, *layouts: str) -> Array:
    x = float_array(op, input)
    check_ranks(op, x, *layouts)
    return x


class _Windows(NamedTuple):
    """How windows lie over the last dimensions; ``size`` says how many there are in each."""

    size: Ints
    kernel: Ints
    stride: Ints
    padding: Ints
    dilation: Ints

    def padded(self, x: Array, value: float) -> Array:
        """Return ``x`` with padding, also under a last window that reaches beyond it."""
        return pad_spatial(x, self.padding, value, self._overhang(x.shape[-len(self.size) :]))

    def unpadded(self, x: Array, shape: Ints) -> Array:
        """Return the part of a padded array that is no padding."""
        pairs = zip(self.padding, shape[-len(self.padding) :], strict=True)
        inner: tuple[Any, ...] = (..., *(slice(p, p + n) for p, n in pairs))
        return x[inner]

    def _overhang(self, shape: Ints) -> Ints:
        return tuple(
            max(0, (o - 1) * s + d * (k - 1) + 1 - (n + 2 * p))
            for n, o, k, s, p, d in zip(shape, *self, strict=True)
        )

    def taps(self) -> Iterator[tuple[Any, ...]]:
        """Yield, for each place in a window, the index of the elements that lie there, in all windows."""
        for at in np.ndindex(*self.kernel):
            starts = [i * d for i, d in zip(at, self.dilation, strict=True)]
            ends = [
                start + (o - 1) * s + 1 for start, o, s in zip(starts, self.size, self.stride, strict=True)
            ]
            yield (..., *map(slice, starts, ends, self.stride))


def _max_pool_gradient(g: Array, out: Array, x: Array, windows: _Windows) -> tuple[Any, ...]:
    """The first of several largest values gets the gradient of a window."""
    padded = windows.padded(x, -np.inf)
    total, open_ = np.zeros_like(padded), np.ones(out.shape, bool)
    for tap in windows.taps():
        chosen = (padded[tap] == out) & open_
        total[tap] += g * chosen
        open_ &= ~chosen
    return windows.unpadded(total, x.shape), None


@differentiable(_max_pool_gradient)
def _max_pool(x: Array, windows: _Windows) -> Array:
    return _reduce(np.maximum, windows.padded(x, -np.inf), windows)


def _sum_pool_gradient(g: Array, out: Array, x: Array, divisor: Any, windows: _Windows) -> tuple[Any, ...]:
    total = np.zeros_like(windows.padded(x, 0.0))
    part = g / divisor
    for tap in windows.taps():
        total[tap] += part
    return windows.unpadded(total, x.shape), None, None


@differentiable(_sum_pool_gradient)
def _sum_pool(x: Array, divisor: Any, windows: _Windows) -> Array:
    return np.asarray(_reduce(np.add, windows.padded(x, 0.0), windows) / divisor)


def _reduce(ufunc: np.ufunc, x: Array, windows: _Windows) -> Array:
    size, kernel, stride, _, dilation = windows
    for axis in range(-1, -1 - len(kernel), -1):
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
    return reduce(np.multiply.outer, lengths).astype(np.float32)


def _at(axis: int, part: slice) -> tuple[Any, ...]:
    """Return the index that takes ``part`` of an axis, which is counted from the last (-1)."""
    return (..., part, *[slice(None)] * (-1 - axis))
