"""Between float and quantized data."""

import numpy as np

from qframe.plugin import QTensor

from . import numbers


def quantize_per_tensor(x, scale, zero_point, dtype):
    codes = [numbers.quantize(v, scale, zero_point, dtype) for v in x.ravel()]
    return QTensor.per_tensor(numbers.array(codes, x.shape, dtype), scale, zero_point, dtype)


def quantize_per_channel(x, scales, zero_points, axis, dtype):
    codes = np.zeros(x.shape, dtype=dtype.numpy)
    for index in np.ndindex(*x.shape):
        channel = index[axis]
        codes[index] = numbers.quantize(x[index], scales[channel], int(zero_points[channel]), dtype)
    return QTensor.per_channel(codes, scales, zero_points, axis, dtype)


def requantize(x, scale, zero_point, dtype):
    return quantize_per_tensor(dequantize(x), scale, zero_point, dtype)


def dequantize(x):
    result = np.zeros(x.shape, dtype=np.float32)
    codes = x.int_repr()
    for index in np.ndindex(*x.shape):
        if not x.qscheme().per_channel:
            result[index] = numbers.dequantize(codes[index], x.q_scale(), x.q_zero_point())
            continue
        channel = index[x.q_per_channel_axis()]
        difference = int(codes[index]) - int(x.q_per_channel_zero_points()[channel])
        result[index] = np.float32(float(difference) * float(x.q_per_channel_scales()[channel]))
    return result
