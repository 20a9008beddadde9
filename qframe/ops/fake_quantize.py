"""Simulated quantization: float data rounded to a grid, and where a gradient may pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import qint32
from ..engines import op
from ..errors import ArgumentError
from ..qparams import check_scale, check_zero_point
from .checks import check_float

Array = np.ndarray[Any, Any]


def _check_range(name: str, zero_points: Array, quant_min: int, quant_max: int) -> None:
    if quant_min > quant_max:
        raise ArgumentError(f"{name}: quant_min {quant_min} exceeds quant_max {quant_max}", fix="Swap them")
    if ((zero_points < quant_min) | (zero_points > quant_max)).any():
        raise ArgumentError(
            f"{name}: zero_point {zero_points.tolist()} lies outside of {quant_min}..{quant_max}",
            fix="Choose one between quant_min and quant_max, so that zero is exact",
        )


@op(qparams="none")
def fake_quantize_per_tensor(
    x: Array, scale: float, zero_point: int, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    """Quantize and dequantize float32 ``x`` with one scale and zero point.

    Returns:
        The real values of the codes, float32, and a bool array: whether the code lay inside
        ``quant_min..quant_max`` before clamping.  NaN gives the lower bound and False.

    Raises:
        DTypeError: ``x`` is not float32.
        ArgumentError: a bad scale, or a zero point outside of the range.
    """
    check_float("fake_quantize_per_tensor", x)
    check_scale(scale)
    check_zero_point(zero_point, qint32)
    _check_range("fake_quantize_per_tensor", np.asarray(zero_point), quant_min, quant_max)


@op(qparams="none")
def fake_quantize_per_channel(
    x: Array, scales: Array, zero_points: Array, axis: int, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    """Quantize and dequantize float32 ``x`` with one scale and zero point for each slice along ``axis``.

    Args:
        scales, zero_points: one entry for each slice; scales count as float32.

    Returns:
        As :func:`fake_quantize_per_tensor`.

    Raises:
        DTypeError: ``x`` is not float32.
        ArgumentError: vectors that do not fit the axis, a bad scale, or a zero point outside of the range.
    """
    check_float("fake_quantize_per_channel", x)
    if not 0 <= axis < x.ndim:
        raise ArgumentError(
            f"fake_quantize_per_channel: axis {axis} of shape {x.shape}", fix="Choose an axis that exists"
        )
    for name, vector in (("scales", scales), ("zero_points", zero_points)):
        if vector.shape != (x.shape[axis],):
            raise ArgumentError(
                f"fake_quantize_per_channel: {name} has shape {vector.shape}, but axis {axis} of shape "
                f"{x.shape} has {x.shape[axis]} channels",
                fix="Give one entry for each channel in a 1-D array",
            )
    for scale in scales:
        check_scale(scale)
    for zero_point in zero_points:
        check_zero_point(zero_point, qint32)
    _check_range("fake_quantize_per_channel", zero_points, quant_min, quant_max)
