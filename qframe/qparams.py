"""Scale and zero point: the one place that derives them from a range and that checks them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .dtypes import DType
from .errors import ArgumentError, CalibrationError
from .qschemes import QScheme

Array = np.ndarray[Any, Any]

#: The smallest scale that a range gives (the float32 machine epsilon).
SMALLEST_SCALE = np.finfo(np.float32).eps

#: What a scale may be: normal float32 numbers.
_LEAST_SCALE, _LARGEST_SCALE = 2.0**-126, 3.4028234e38


def quantized_range(
    dtype: DType, reduce_range: bool = False, limits: tuple[int, int] | None = None
) -> tuple[int, int]:
    """Return the smallest and largest code that a scale is computed for.

    ``reduce_range`` gives up one bit: (0, 127) for quint8, (-64, 63) for qint8.  ``limits``, a smallest and a
    largest code, narrow the range further.
    """
    low, high = dtype.minimum, dtype.maximum
    if reduce_range:
        low, high = -(-low // 2), high // 2
    if limits is not None:
        low, high = max(low, limits[0]), min(high, limits[1])
    return low, high


def symmetric_zero_point(dtype: DType) -> int:
    """Return the fixed zero point of the symmetric schemes: 0, or the middle of an unsigned type."""
    return 0 if dtype.minimum < 0 else (dtype.maximum + 1) // 2


def choose_qparams(
    minimum: Array | float,
    maximum: Array | float,
    dtype: DType,
    qscheme: QScheme,
    reduce_range: bool = False,
    limits: tuple[int, int] | None = None,
) -> tuple[Array, Array]:
    """Return scales (float32) and zero points (int64) that represent ``[minimum, maximum]``.

    The arithmetic is PyTorch 1.6's ``ObserverBase``, elementwise in float32, unless the scheme has its own;
    zero is always inside the range and exactly representable.  A range of exactly zero gives scale 1 and
    zero point 0, or the code next to it.

    Args:
        minimum, maximum: scalars, or one entry for each channel.
        reduce_range, limits: as :func:`quantized_range` takes them.

    Raises:
        CalibrationError: a bound is NaN or infinite, or a minimum exceeds its maximum.
        ArgumentError: a scheme of a third party chose no scale, or a zero point that is no code of ``dtype``.
    """
    low, high = np.asarray(minimum, dtype=np.float32), np.asarray(maximum, dtype=np.float32)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise CalibrationError(
            f"the range [{minimum}, {maximum}] is not finite",
            fix="Look for NaN or infinity in the calibration data",
        )
    if (low > high).any():
        raise CalibrationError(
            f"the minimum {minimum} exceeds the maximum {maximum}",
            fix="Give the smaller bound first",
        )
    low, high = np.minimum(low, np.float32(0)), np.maximum(high, np.float32(0))
    quant_min, quant_max = quantized_range(dtype, reduce_range, limits)
    if qscheme.choose is not None:
        scale, zero_point = _chosen_by(qscheme, low, high, dtype, quant_min, quant_max)
    elif qscheme.symmetric:
        half_steps = np.float32((quant_max - quant_min) / 2)
        scale = np.maximum(np.maximum(-low, high) / half_steps, SMALLEST_SCALE)
        zero_point = np.full(scale.shape, symmetric_zero_point(dtype), dtype=np.int64)
    else:
        scale = np.maximum((high - low) / np.float32(quant_max - quant_min), SMALLEST_SCALE)
        zero_point = np.clip(quant_min - np.rint(low / scale), quant_min, quant_max).astype(np.int64)
    nothing_but_zeros = high == low
    return (
        np.where(nothing_but_zeros, np.float32(1), scale),
        np.where(nothing_but_zeros, np.int64(min(max(0, quant_min), quant_max)), zero_point),
    )


def _chosen_by(
    qscheme: QScheme, low: Array, high: Array, dtype: DType, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    """Return what a scheme of a third party chooses, as float32 and int64.

    Raises:
        ArgumentError: shapes differ from the range's, no scale, or no code of ``dtype``.
    """
    assert qscheme.choose is not None
    scale, zero_point = map(np.asarray, qscheme.choose(low, high, quant_min, quant_max))
    try:
        for vector in (scale, zero_point):
            if vector.shape != low.shape:
                raise ArgumentError(f"there must be one for each range, in shape {low.shape}")
        for one, other in zip(scale.flat, zero_point.flat, strict=True):
            check_scale(one)
            check_zero_point(other, dtype)
    except (ArgumentError, ValueError) as error:
        raise ArgumentError(
            f"{qscheme!r} chose scale {scale} and zero point {zero_point} for the range [{low}, {high}]: "
            f"{getattr(error, 'what', error)}",
            fix="Correct the scheme's function choose",
        ) from error
    return scale.astype(np.float32), zero_point.astype(np.int64)


def choose_dynamic_qparams(minimum: float, maximum: float, reduce_range: bool = False) -> tuple[float, int]:
    """Return the quint8 scale and zero point of activations that are quantized on the fly.

    Not :func:`choose_qparams`: the scale is double, the zero point comes from the end of the range
    that loses less, and a range of zero gives scale 0.1 (PyTorch 1.6's dynamic operators).

    Raises:
        ArgumentError: a bound is NaN or infinite.
    """
    if not (math.isfinite(minimum) and math.isfinite(maximum)):
        raise ArgumentError(
            f"the activations span [{minimum}, {maximum}]; they must be finite",
            fix="Look for NaN or infinity in the input",
        )
    quant_max = 127 if reduce_range else 255
    low, high = float(np.float32(min(minimum, 0.0))), float(np.float32(max(maximum, 0.0)))
    scale = (high - low) / quant_max
    with np.errstate(divide="ignore", over="ignore"):
        if np.float32(scale) == 0 or np.isinf(np.float32(1) / np.float32(scale)):
            scale = 0.1
    from_low, from_high = -low / scale, quant_max - high / scale
    low_is_more_exact = -abs(low / scale) < quant_max - abs(high / scale)
    zero_point = from_low if low_is_more_exact else from_high
    return scale, int(np.rint(min(max(zero_point, 0.0), float(quant_max))))


def check_scale(scale: float) -> float:
    """Return ``scale`` as a Python float.

    Raises:
        ArgumentError: not a finite number above zero, or so small that its float32
            reciprocal overflows.
    """
    value = float(scale)
    if not (_LEAST_SCALE <= value <= _LARGEST_SCALE):  # also refuses NaN
        raise ArgumentError(
            f"scale must be a finite number above zero (a normal float32), not {scale!r}",
            fix="Compute it from the data's range: an observer's calculate_qparams() does",
        )
    return value


def check_zero_point(zero_point: int, dtype: DType) -> int:
    """Return ``zero_point`` as a Python int.

    Raises:
        ArgumentError: not a whole number, or outside the range of ``dtype``.
    """
    value = int(zero_point)
    if value != zero_point:
        raise ArgumentError(f"zero_point must be a whole number, not {zero_point!r}", fix="Round it")
    if not dtype.minimum <= value <= dtype.maximum:
        raise ArgumentError(
            f"zero_point {value} is out of range for {dtype!r} ({dtype.minimum}..{dtype.maximum})",
            fix="Choose a zero_point inside the range, or another dtype",
        )
    return value


def check_per_channel(
    scales: Any, zero_points: Any, axis: int, shape: tuple[int, ...], dtype: DType
) -> tuple[Array, Array, int]:
    """Return scales (float64), zero points (int64) and axis of a per-channel tensor of ``shape``.

    Raises:
        ArgumentError: axis outside the shape, lengths that differ from it, a bad scale or zero point.
    """
    scales, zero_points = np.array(scales, dtype=np.float64), np.asarray(zero_points)
    if not 0 <= axis < len(shape):
        raise ArgumentError(
            f"channel axis {axis} is out of range for shape {tuple(shape)}",
            fix=f"Give an axis from 0 to {len(shape) - 1}; negative ones do not count from the end",
        )
    for name, vector in (("scales", scales), ("zero_points", zero_points)):
        if vector.shape != (shape[axis],):
            raise ArgumentError(
                f"{name} has shape {vector.shape}, but axis {axis} of shape {tuple(shape)} "
                f"has {shape[axis]} channels",
                fix="Give one entry for each channel in a 1-D array",
            )
    for scale in scales[~((scales >= _LEAST_SCALE) & (scales <= _LARGEST_SCALE))]:
        check_scale(scale)
    if zero_points.dtype.kind not in "iu":
        raise ArgumentError(
            f"zero_points must be integers, not {zero_points.dtype}", fix="Round them and convert to int64"
        )
    for zero_point in zero_points[(zero_points < dtype.minimum) | (zero_points > dtype.maximum)]:
        check_zero_point(zero_point, dtype)
    return scales, zero_points.astype(np.int64), axis
