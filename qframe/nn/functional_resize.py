"""Interpolation of float arrays and quantized tensors."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from .. import numerics, ops
from ..autograd.tracing import differentiable
from ..errors import ArgumentError, UnsupportedArgument
from ..qtensor import QTensor
from .functional_checks import Array, Ints, check_choice, check_ranks, float_array, whole_numbers
from .functional_shape import mapped, selection

Tensor = TypeVar("Tensor", Array, QTensor)
Factors = tuple[float | None, ...]

#: Modes and the ranks of the inputs that they take.
MODES = {"nearest": (3, 4, 5), "linear": (3,), "bilinear": (4,), "trilinear": (5,)}
_LAYOUTS = {3: "(N, C, L)", 4: "(N, C, H, W)", 5: "(N, C, D, H, W)"}


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Tensor:
    """Resize the spatial dimensions, to ``size`` or by ``scale_factor``.

    Args:
        input: (N, C, L), (N, C, H, W) or (N, C, D, H, W).
        size: an int, or one for each spatial dimension.
        scale_factor: a number, or one for each; sizes are rounded down. If none changes, the input is copied.
        mode: ``nearest``; ``linear``, ``bilinear`` or ``trilinear`` for one, two or three dimensions.
            Quantized tensors take ``nearest`` of two and three and ``bilinear``, and keep their qparams.
        align_corners: the centers of the corner elements coincide, else the edges do; not for ``nearest``.
        recompute_scale_factor: compute positions from the sizes, not from ``scale_factor`` as given.

    Raises:
        DTypeError: an integer array.
        ArgumentError: shape or numbers that do not fit.
        UnsupportedArgument: a mode that is not supported (also a NotImplementedError).
    """
    check_mode("interpolate", mode, align_corners)
    x = input if isinstance(input, QTensor) else float_array("interpolate", input)
    check_ranks(f"interpolate with mode={mode!r}", x, *(_LAYOUTS[rank] for rank in MODES[mode]))
    output, factors = target(x.shape, size, scale_factor, recompute_scale_factor)
    if isinstance(input, QTensor):
        return _quantized(input, output, factors, mode, bool(align_corners))
    if 0 in x.shape[2:]:
        raise ArgumentError(f"interpolate of an empty input {x.shape}", fix="Give a larger input")
    return _interpolated(x, mode, output, factors, bool(align_corners))


def _interpolated_gradient(
    g: Array, out: Array, x: Array, mode: str, output: Ints, factors: Factors, align_corners: bool
) -> tuple[Any, ...]:
    for axis, (n, factor) in enumerate(zip(output, factors, strict=True), 2):
        length = x.shape[axis]
        if mode == "nearest":
            matrix = selection(_nearest_sources(length, n, factor), length, g.dtype)
        else:
            first, second, first_weight, second_weight = _linear_sources(length, n, factor, align_corners)
            matrix = selection(first, length, g.dtype) * first_weight[:, None]
            matrix += selection(second, length, g.dtype) * second_weight[:, None]
        g = mapped(g, axis, matrix)
    return g, None, None, None, None


@differentiable(_interpolated_gradient)
def _interpolated(x: Array, mode: str, output: Ints, factors: Factors, align_corners: bool) -> Array:
    for axis, (n, factor) in enumerate(zip(output, factors, strict=True), 2):
        x = _nearest(x, axis, n, factor) if mode == "nearest" else _linear(x, axis, n, factor, align_corners)
    return np.ascontiguousarray(x)


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """:func:`interpolate`, under its older name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """:func:`interpolate` from the nearest element, under its older name."""
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """:func:`interpolate` with ``mode="bilinear"`` and aligned corners, under its older name."""
    return interpolate(input, size, scale_factor, "bilinear", True)


def check_mode(op: str, mode: str, align_corners: bool | None) -> None:
    """Raise unless the mode is one of :data:`MODES` and may be combined with ``align_corners``."""
    if mode in ("area", "bicubic", "nearest-exact"):
        raise UnsupportedArgument(
            f"{op}: mode={mode!r} is not supported", fix=f"Use one of {', '.join(MODES)}"
        )
    check_choice("mode", mode, tuple(MODES))
    if mode == "nearest" and align_corners is not None:
        raise ArgumentError(
            f"{op}: align_corners={align_corners} means nothing to mode='nearest'",
            fix="Leave it out, or use a linear mode",
        )


def target(shape: Ints, size: Any, scale_factor: Any, recompute: bool | None) -> tuple[Ints, Factors]:
    """Return the output size and the factors that positions are computed from; None: from the sizes.

    Factors that leave all sizes as they are count for nothing: the input is copied, as by PyTorch 1.6.

    Raises:
        ArgumentError: not exactly one of ``size`` and ``scale_factor``, or numbers that do not fit.
    """
    dims = len(shape) - 2
    if (size is None) == (scale_factor is None):
        raise ArgumentError(
            f"interpolate takes a size or a scale_factor, got size={size} and scale_factor={scale_factor}",
            fix="Give exactly one of them",
        )
    if size is not None:
        if recompute:
            raise ArgumentError(
                "interpolate: recompute_scale_factor=True means nothing with a size", fix="Leave it out"
            )
        return whole_numbers("size", size, dims, 1), (None,) * dims
    factors = _factors(scale_factor, dims)
    sizes = tuple(math.floor(float(n) * factor) for n, factor in zip(shape[2:], factors, strict=True))
    if min(sizes) < 1:
        raise ArgumentError(
            f"interpolate: scale_factor={scale_factor} makes {sizes} of an input of shape {shape}",
            fix="Use larger factors",
        )
    return sizes, (None,) * dims if recompute or sizes == tuple(shape[2:]) else factors


def _factors(scale_factor: Any, dims: int) -> tuple[float, ...]:
    given = tuple(scale_factor) if isinstance(scale_factor, Iterable) else (scale_factor,) * dims
    if len(given) != dims or not all(
        isinstance(f, (int, float, np.number)) and 0 < f < math.inf for f in given
    ):
        raise ArgumentError(
            f"scale_factor={scale_factor!r} must be a positive number, or {dims} of them",
            fix=f"Give one number for each of the {dims} spatial dimensions",
        )
    return tuple(map(float, given))


def _quantized(x: QTensor, output: Any, factors: Any, mode: str, align_corners: bool) -> QTensor:
    if mode == "nearest" and x.ndim > 3:
        return ops.interpolate_nearest(x, output, factors)
    if mode == "bilinear":
        return ops.interpolate_bilinear(x, output, align_corners, factors)
    raise UnsupportedArgument(
        f"interpolate: mode={mode!r} of a quantized tensor of shape {x.shape} is not supported",
        fix="Use mode='nearest' for (N, C, H, W) and (N, C, D, H, W), mode='bilinear' for (N, C, H, W), or "
        "dequantize first",
    )


def _nearest(x: Array, axis: int, output: int, factor: float | None) -> Array:
    return np.take(x, _nearest_sources(x.shape[axis], output, factor), axis=axis)


def _nearest_sources(length: int, output: int, factor: float | None) -> Array:
    """As PyTorch 1.6 does with floats, keep or double a length by the sizes, whatever the factor."""
    return numerics.nearest_sources(length, output, None if output in (length, 2 * length) else factor)


def _linear(x: Array, axis: int, output: int, factor: float | None, align_corners: bool) -> Array:
    sources = _linear_sources(x.shape[axis], output, factor, align_corners)
    weights = sources.first_weight, sources.second_weight
    first, second = (numerics.along_axis(weight, axis, x.ndim) for weight in weights)
    return np.asarray(first * np.take(x, sources.first, axis) + second * np.take(x, sources.second, axis))


def _linear_sources(
    length: int, output: int, factor: float | None, align_corners: bool
) -> numerics.LinearSources:
    """As PyTorch does with floats, keep a length by the sizes, whatever the factor."""
    return numerics.linear_sources(length, output, align_corners, None if output == length else factor)
