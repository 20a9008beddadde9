"""The rounding rules, on plain arrays: each number that an engine may round is defined here, once.

Rounding is half to even everywhere, every arithmetic operation rounds to float32 unless its
formula says ``float64``, and nothing is fused.  Engines written in C must give the same
integers; engines written in NumPy call these functions.  See docs/numerics.md.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..dtypes import DType

Array = np.ndarray[Any, Any]
Float = float | np.float32


class Clamp(NamedTuple):
    """Inclusive bounds in codes of the output dtype: a fused activation that is a clamp."""

    low: int
    high: int


def reciprocal(scale: float | Array) -> Any:
    """Return ``1 / scale`` in float32, the factor by which quantization multiplies."""
    return np.float32(1) / np.asarray(scale, dtype=np.float32)[()]


def round_to_codes(values: Array, zero_point: int | Array, dtype: DType, clamp: Clamp | None = None) -> Array:
    """Return ``saturate(zero_point + rint(values))`` as codes of ``dtype``.

    Args:
        values: float32 or float64, any shape; its memory is used as scratch space.
        zero_point: one for all, or an array that broadcasts against ``values``.
        clamp: narrower bounds than those of ``dtype``.

    NaN becomes the upper bound of an 8-bit dtype and the lower bound of qint32, as in PyTorch 1.6.
    """
    low, high = clamp or (dtype.minimum, dtype.maximum)
    if dtype.bits > 16:  # float32 cannot hold the bounds
        values = np.rint(values).astype(np.float64) + zero_point
        values = np.where(np.isnan(values), dtype.minimum, values)
        return np.clip(values, low, high).astype(dtype.numpy)
    np.rint(values, out=values)
    offset = np.asarray(zero_point, dtype=values.dtype)
    np.fmin(values, high - offset, out=values)  # fmin, not minimum: NaN goes to the upper bound
    np.maximum(values, low - offset, out=values)
    values += offset
    return values.astype(dtype.numpy)


def quantize(
    x: Array,
    scale: float | Array,
    zero_point: int | Array,
    dtype: DType,
    clamp: Clamp | None = None,
) -> Array:
    """Return the codes of ``x``: ``saturate(zero_point + rint(x * (1 / scale)))``.

    ``scale`` and ``zero_point`` are scalars or broadcast against ``x``.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.multiply(x, reciprocal(scale), dtype=np.float32)
        return round_to_codes(np.asarray(scaled), zero_point, dtype, clamp)


def dequantize(codes: Array, scale: float, zero_point: int) -> Array:
    """Return ``scale * (codes - zero_point)`` in float32; the subtraction is exact."""
    values = np.asarray(centered(codes, zero_point).astype(np.float32, copy=False))
    return np.multiply(values, np.float32(scale), out=values)


def dequantize_per_channel(codes: Array, scales: Array, zero_points: Array, axis: int) -> Array:
    """Return ``scales * (codes - zero_points)`` along ``axis``: float64 product, rounded to float32."""
    difference = centered(codes, along_axis(zero_points, axis, codes.ndim)).astype(np.float32, copy=False)
    return np.asarray((difference * along_axis(scales, axis, codes.ndim)).astype(np.float32))


def along_axis(vector: Array, axis: int, ndim: int) -> Array:
    """Return the 1-D ``vector`` shaped to broadcast along ``axis`` of an ``ndim``-dimensional array."""
    shape = [1] * ndim
    shape[axis] = -1
    return vector.reshape(shape)


def centered(codes: Array, zero_point: int | Array) -> Array:
    """Return ``codes - zero_point`` exactly: float32 for 8-bit codes, int64 for wider ones."""
    if codes.dtype.itemsize > 2:
        return np.subtract(codes, zero_point, dtype=np.int64)
    return np.subtract(codes, np.asarray(zero_point, dtype=np.float32), dtype=np.float32)


def requantize(
    accumulator: Array, multiplier: Any, zero_point: int, dtype: DType, clamp: Clamp | None = None
) -> Array:
    """Return ``saturate(zero_point + rint(float32(accumulator) * multiplier))``.

    Args:
        accumulator: exact integers of any integer or float type.
        multiplier: float32, scalar or broadcasting.
    """
    scaled = np.multiply(accumulator.astype(np.float32), multiplier, dtype=np.float32)
    return round_to_codes(np.asarray(scaled), zero_point, dtype, clamp)


class OutputTransform(NamedTuple):
    """What turns the int32 accumulator of a linear or convolution into output codes.

    ``codes = clamp(zero_point + rint((float32(acc) + bias) * multiplier))``; float32 vectors
    with one entry for each output channel, ``bias`` None where there is none.
    """

    multiplier: Array
    bias: Array | None


def output_transform(
    input_scale: float, weight_scales: float | Array, bias: Array | None, scale: float
) -> OutputTransform:
    """Return the requantization of a linear or convolution (FBGEMM's formula in PyTorch 1.6).

    The bias stays float32: it is divided by the accumulator's scale, which per-tensor weights
    do by multiplying with the float32 reciprocal and per-channel weights by dividing.
    """
    accumulator_scale = np.float32(input_scale) * np.asarray(weight_scales, dtype=np.float32)
    multiplier = np.asarray(accumulator_scale / np.float32(scale))
    if bias is None:
        return OutputTransform(multiplier, None)
    if accumulator_scale.ndim:
        return OutputTransform(multiplier, bias / accumulator_scale)
    return OutputTransform(multiplier, bias * np.float32(1.0 / np.float64(accumulator_scale)))


def requantize_channels_last(
    accumulator: Array, transform: OutputTransform, zero_point: int, dtype: DType, clamp: Clamp | None = None
) -> Array:
    """Return the output codes of a linear or convolution whose channels are the last dimension.

    Args:
        accumulator: exact integers of any integer or float type, shape (..., channels).
    """
    values = accumulator.astype(np.float32)
    if transform.bias is not None:
        values += transform.bias
    values *= transform.multiplier
    return round_to_codes(values, zero_point, dtype, clamp)


def average(total: Array, count: int | Array, zero_point: int, dtype: DType) -> Array:
    """Return the codes of averages: ``saturate(zero_point + rint(float32(total) * float32(1 / count)))``.

    ``total`` is the exact sum of ``code - zero_point`` over ``count`` elements.
    """
    return requantize(total, reciprocal(count), zero_point, dtype)


class BatchNormCoefficients(NamedTuple):
    """Per channel, float32: ``codes = zero_point + rint(alpha * (x - x_zero_point) + beta)`` in float64."""

    alpha: Array
    beta: Array


def batch_norm_coefficients(
    weight: Array, bias: Array, mean: Array, var: Array, eps: float, input_scale: float, scale: float
) -> BatchNormCoefficients:
    """Fold the statistics, the affine parameters and both scales into one factor and one offset."""
    inverse_deviation = np.float32(1) / np.sqrt(var + np.float32(eps))
    alpha = inverse_deviation * weight * np.float32(input_scale / scale)
    beta = (bias - mean * inverse_deviation * weight) / np.float32(scale)
    return BatchNormCoefficients(alpha.astype(np.float32), beta.astype(np.float32))


class NormStatistics(NamedTuple):
    """Of each normalised group, float32: codes become ``(code - zero_point - mean) * factor``."""

    mean: Array
    factor: Array


def norm_statistics(
    total: Array, squares: Array, count: int, eps: float, scale: float, zero_point: int
) -> NormStatistics:
    """Return how groups of ``count`` codes are normalised.

    The variance is rounded once after the subtraction, and ``eps`` is added in float64.

    Args:
        total, squares: exact sums of the codes and of their squares, int64, any shape.
        scale, zero_point: of the codes.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        mean = total.astype(np.float32) / np.float32(count)
        of_squares = (squares.astype(np.float32) / np.float32(count)).astype(np.float64)
        variance = np.maximum((of_squares - np.square(mean, dtype=np.float64)).astype(np.float32), 0)
        deviation = np.sqrt((variance * np.float32(scale) * np.float32(scale)).astype(np.float64) + eps)
        factor = (np.float32(scale) / deviation).astype(np.float32)
    return NormStatistics(mean - np.float32(zero_point), factor)


class ScalarShift(NamedTuple):
    """How ``add_scalar`` changes a tensor: new qparams, and what is to be done to the codes.

    ``multiplier`` None: the codes stay.  Else ``requantize(code - zero_point_in, multiplier, zero_point)``
    where ``zero_point_in`` is the zero point of the shifted input, possibly outside the dtype.
    """

    scale: float
    zero_point: int
    zero_point_in: int
    multiplier: Any


def add_scalar_shift(value: float, scale: float, zero_point: int, dtype: DType) -> ScalarShift:
    """Return the effect of adding ``value``: where possible only the zero point moves.

    Where it would leave the dtype's range, the scale grows just enough to keep it inside.
    """
    low, high = dtype.minimum, dtype.maximum
    shifted = zero_point - int(np.rint(value / scale))
    if low <= shifted <= high:
        return ScalarShift(scale, shifted, shifted, None)
    if shifted < low:
        new_scale, new_zero_point = (high - shifted) / (high - low) * scale, low
    else:
        new_scale, new_zero_point = (shifted - low) / (high - low) * scale, high
    multiplier = np.float32(scale) * reciprocal(new_scale)
    return ScalarShift(new_scale, new_zero_point, shifted, multiplier)


def clamp_codes(
    minimum: float | None, maximum: float | None, scale: float, zero_point: int, dtype: DType
) -> Clamp:
    """Return the codes of a real interval; None leaves that end open.

    ReLU is ``clamp_codes(0, None, ...)``, ReLU6 ``clamp_codes(0, 6, ...)``.
    """

    def code(value: float | None, default: int) -> int:
        if value is None:
            return default
        return int(quantize(np.asarray(value, dtype=np.float32), scale, zero_point, dtype))

    return Clamp(code(minimum, dtype.minimum), code(maximum, dtype.maximum))


def fake_quantize(
    x: Array, scale: float | Array, zero_point: int | Array, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    """Return the real values of the codes of ``x``, and whether each code lay inside before clamping.

    ``scale`` and ``zero_point`` are scalars or broadcast against ``x``.  NaN gives ``quant_min`` and False.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.rint(np.multiply(x, reciprocal(scale), dtype=np.float32)).astype(np.float64)
        codes = rounded + zero_point
        inside = (codes >= quant_min) & (codes <= quant_max)
    clamped = np.minimum(np.fmax(codes, quant_min), quant_max)
    real = (clamped - zero_point).astype(np.float32) * np.asarray(scale, dtype=np.float32)
    return np.asarray(real), np.asarray(inside)


def resize_step(length: int, output: int, scale_factor: float | None) -> np.float32:
    """Return how far apart the source positions of neighbouring outputs lie, at most ``length``.

    Factors that would make it longer leave no output; the limit keeps positions finite all the same.
    """
    if scale_factor is not None:
        return np.float32(min(1.0 / scale_factor, length))
    return np.float32(length) / np.float32(output)


def nearest_sources(length: int, output: int, scale_factor: float | None) -> Array:
    """Return the source index of each output position along one dimension."""
    positions = np.arange(output, dtype=np.float32) * resize_step(length, output, scale_factor)
    return np.minimum(np.floor(positions).astype(np.int64), length - 1)


class LinearSources(NamedTuple):
    """Along one dimension, for each output: two source indices and their float32 weights."""

    first: Array
    second: Array
    first_weight: Array
    second_weight: Array


def linear_sources(
    length: int, output: int, align_corners: bool, scale_factor: float | None
) -> LinearSources:
    """Return where linear interpolation along one dimension reads, and with which weights.

    The source position is ``step * i`` with ``align_corners``, else ``step * (i + 0.5) - 0.5`` rounded
    once (a fused multiply-add, here through float64, which holds the product exactly), at least 0.
    """
    index = np.arange(output, dtype=np.float64)
    if align_corners:
        step = np.float32(length - 1) / np.float32(output - 1) if output > 1 else np.float32(0)
        position = index.astype(np.float32) * step
    else:
        step = resize_step(length, output, scale_factor)
        position = np.maximum(np.float64(step) * (index + 0.5) - 0.5, 0).astype(np.float32)
    first = np.minimum(position.astype(np.int64), length - 1)
    second = first + (first < length - 1)
    second_weight = position - first.astype(np.float32)
    return LinearSources(first, second, np.float32(1) - second_weight, second_weight)
