"""Interpolation; the result keeps the input's qparams."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..engines import op
from ..errors import ArgumentError
from ..qtensor import QTensor
from .checks import check_per_tensor, check_rank

Ints = tuple[int, ...]
Factors = tuple[float | None, ...]


def _check_resize(name: str, x: QTensor, output_size: Ints, scale_factors: Factors) -> None:
    dims = x.ndim - 2
    for what, values in (("output_size", output_size), ("scale_factors", scale_factors)):
        if len(values) != dims:
            raise ArgumentError(
                f"{name}: {what}={tuple(values)} for an input of shape {x.shape}",
                fix=f"Give one number for each of the {dims} spatial dimensions",
            )
    if min(output_size) < 1 or min(x.shape[2:]) < 1:
        raise ArgumentError(
            f"{name}: output_size={tuple(output_size)} for an input of shape {x.shape}",
            fix="Give output sizes of at least 1 and a non-empty input",
        )
    _check_factors(name, scale_factors)


def _check_factors(name: str, scale_factors: Sequence[float | None]) -> None:
    if any(f is not None and not (math.isfinite(f) and f > 0) for f in scale_factors):
        raise ArgumentError(
            f"{name}: scale_factors={tuple(scale_factors)} must be finite numbers above zero",
            fix="Give positive factors, or None where only the output size counts",
        )


@op(qparams="input")
def interpolate_nearest(x: QTensor, output_size: Ints, scale_factors: Factors) -> QTensor:
    """Copy codes from the nearest source position: ``min(floor(i * step), length - 1)`` in float32.

    Args:
        x: per tensor, shape (N, C, H, W) or (N, C, D, H, W).
        output_size: of the spatial dimensions.
        scale_factors: as the user gave them; ``step`` is ``1 / factor``, at most ``length``, and for None
            ``length / output``.

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x`` or the numbers do not fit.
    """
    check_per_tensor("interpolate_nearest", x)
    if x.ndim != 5:
        check_rank("interpolate_nearest", x, 4, "(N, C, H, W) or (N, C, D, H, W)")
    _check_resize("interpolate_nearest", x, output_size, scale_factors)


@op(qparams="input")
def interpolate_bilinear(
    x: QTensor,
    output_size: tuple[int, int],
    align_corners: bool,
    scale_factors: tuple[float | None, float | None],
) -> QTensor:
    """Weight the four codes around each source position, in float32, rounded once.

    Args:
        x: per tensor, shape (N, C, H, W).
        align_corners: the corner pixels' centers coincide; else the images' edges do.
        scale_factors: as in :func:`interpolate_nearest`; not used with ``align_corners``.

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x`` or the numbers do not fit.
    """
    check_per_tensor("interpolate_bilinear", x)
    check_rank("interpolate_bilinear", x, 4, "(N, C, H, W)")
    _check_resize("interpolate_bilinear", x, output_size, scale_factors)
