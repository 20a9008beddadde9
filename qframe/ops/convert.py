"""Between float and quantized data."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import DType
from ..engines import op
from ..errors import DTypeError
from ..qparams import check_per_channel
from ..qtensor import QTensor
from .checks import check_float, check_per_tensor, check_qparams, check_quantized

Array = np.ndarray[Any, Any]


def _check_target(name: str, dtype: DType) -> None:
    if not isinstance(dtype, DType) or not dtype.is_quantized:
        raise DTypeError(
            f"{name}: dtype is {dtype!r}; it must be a quantized dtype",
            fix="Use qframe.quint8, qframe.qint8 or qframe.qint32",
        )


@op
def quantize_per_tensor(x: Array, scale: float, zero_point: int, dtype: DType) -> QTensor:
    """Quantize float32 ``x`` of any shape: ``saturate(zero_point + rint(x * (1 / scale)))``.

    NaN becomes the largest code of an 8-bit dtype; memory order is kept.

    Raises:
        DTypeError: ``x`` is not float32, or ``dtype`` not a quantized one.
        ArgumentError: scale or zero point out of range.
    """
    check_float("quantize_per_tensor", x)
    _check_target("quantize_per_tensor", dtype)
    check_qparams(scale, zero_point, dtype)


@op
def quantize_per_channel(x: Array, scales: Array, zero_points: Array, axis: int, dtype: DType) -> QTensor:
    """Quantize float32 ``x`` with one scale (float64) and zero point (int64) for each slice along ``axis``.

    Raises:
        DTypeError: ``x`` is not float32, or ``dtype`` not a quantized one.
        ArgumentError: vectors that do not fit the axis, or entries out of range.
    """
    check_float("quantize_per_channel", x)
    _check_target("quantize_per_channel", dtype)
    check_per_channel(scales, zero_points, axis, x.shape, dtype)


@op
def requantize(x: QTensor, scale: float, zero_point: int, dtype: DType) -> QTensor:
    """Dequantize a per-tensor ``x`` and quantize it with other qparams, or to another dtype.

    Raises:
        DTypeError, QSchemeError: ``x`` is not per-tensor quantized, or ``dtype`` not a quantized one.
        ArgumentError: scale or zero point out of range.
    """
    check_per_tensor("requantize", x)
    _check_target("requantize", dtype)
    check_qparams(scale, zero_point, dtype)


@op(qparams="none")
def dequantize(x: QTensor) -> Array:
    """Return the real values, float32: ``scale * (code - zero_point)``.

    Raises:
        DTypeError: ``x`` is not quantized.
    """
    check_quantized("dequantize", x)
