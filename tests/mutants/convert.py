"""Quantization that is wrong in one respect."""

import numpy as np

from qframe.plugin import QTensor, reciprocal

from .engines import reference


def quantize_rounding_half_up(x, scale, zero_point, dtype):
    with np.errstate(all="ignore"):
        codes = np.floor(x * reciprocal(scale) + np.float32(0.5)).astype(np.float64) + zero_point
    codes = np.where(np.isnan(codes), dtype.minimum if dtype.bits == 32 else dtype.maximum, codes)
    return QTensor(np.clip(codes, dtype.minimum, dtype.maximum).astype(dtype.numpy), scale, zero_point, dtype)


def quantize_dividing(x, scale, zero_point, dtype):
    with np.errstate(all="ignore"):
        codes = np.rint(x / np.float32(scale)).astype(np.float64) + zero_point
    codes = np.where(np.isnan(codes), dtype.minimum if dtype.bits == 32 else dtype.maximum, codes)
    return QTensor(np.clip(codes, dtype.minimum, dtype.maximum).astype(dtype.numpy), scale, zero_point, dtype)


def per_channel_along_the_last_axis(x, scales, zero_points, axis, dtype):
    used = x.ndim - 1 if x.shape[axis] == x.shape[-1] else axis
    result = reference("quantize_per_channel")(x, scales, zero_points, used, dtype)
    return QTensor(result.int_repr(), scales, zero_points, dtype, axis)
