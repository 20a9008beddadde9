"""Interpolation of quantized tensors; the result keeps the input's qparams."""

from __future__ import annotations

import warnings
from typing import Any

from ...ops.checks import check_per_tensor
from ...qtensor import QTensor
from .. import functional_resize


def interpolate(
    input: QTensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> QTensor:
    """Resize the spatial dimensions, to ``size`` or by ``scale_factor``.

    Args:
        input: per-tensor quantized, (N, C, H, W), for ``nearest`` also (N, C, D, H, W).
        size: an int, or one for each spatial dimension.
        scale_factor: a number, or one for each; sizes are rounded down. If none changes, the input is copied.
        mode: ``nearest`` or ``bilinear``.
        align_corners: the centers of the corner pixels coincide, else the images' edges do; for ``bilinear``.
        recompute_scale_factor: compute positions from the sizes, not from ``scale_factor`` as given.

    Raises:
        DTypeError, QSchemeError: ``input`` is float or quantized per channel.
        ArgumentError: shape or numbers that do not fit.
        UnsupportedArgument: another mode (also a NotImplementedError).
    """
    return _resized("interpolate", input, size, scale_factor, mode, align_corners, recompute_scale_factor)


def upsample(
    input: QTensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> QTensor:
    """:func:`interpolate`, under a deprecated name (warns)."""
    _warn("upsample")
    return _resized("upsample", input, size, scale_factor, mode, align_corners)


def upsample_bilinear(input: QTensor, size: Any = None, scale_factor: Any = None) -> QTensor:
    """:func:`interpolate` with ``mode="bilinear"`` and aligned corners, under a deprecated name (warns)."""
    _warn("upsample_bilinear")
    return _resized("upsample_bilinear", input, size, scale_factor, "bilinear", True)


def upsample_nearest(input: QTensor, size: Any = None, scale_factor: Any = None) -> QTensor:
    """:func:`interpolate` from the nearest element, under a deprecated name (warns)."""
    _warn("upsample_nearest")
    return _resized("upsample_nearest", input, size, scale_factor, "nearest", None)


def _resized(name: str, input: QTensor, *arguments: Any) -> QTensor:
    check_per_tensor(name, input)
    return functional_resize.interpolate(input, *arguments)


def _warn(name: str) -> None:
    warnings.warn(
        f"nn.quantized.functional.{name} is deprecated. Use nn.quantized.functional.interpolate instead.",
        stacklevel=3,
    )
