"""Linear layers: static, dynamic, and with half-precision weights."""

import struct

import numpy as np

from qframe.plugin import QTensor, quint8

from . import numbers
from .numbers import f32


def channel_qparams(weight, channel):
    """The scale and zero point of one output channel."""
    if weight.qscheme().per_channel:
        return weight.q_per_channel_scales()[channel], int(weight.q_per_channel_zero_points()[channel])
    return weight.q_scale(), weight.q_zero_point()


def output_code(accumulator, weight, bias, channel, input_scale, scale, zero_point, clamp):
    """Turn one exact accumulator into one output code; the bias is divided by the accumulator's scale."""
    accumulator_scale = f32(input_scale) * f32(channel_qparams(weight, channel)[0])
    value = f32(accumulator)
    if bias is not None and weight.qscheme().per_channel:
        value = value + bias[channel] / accumulator_scale
    elif bias is not None:
        value = value + bias[channel] * f32(1.0 / float(accumulator_scale))
    rounded = round(float(value * (accumulator_scale / f32(scale))))
    return numbers.saturate(zero_point + rounded, quint8, clamp)


def centered_codes(x):
    """The codes of an activation minus their zero point, as exact integers."""
    return x.int_repr().astype(np.int64) - x.q_zero_point()


def centered_weight(weight):
    """The codes of a weight minus the zero point of their output channel, as exact integers."""
    rows = [
        weight.int_repr()[channel].astype(np.int64) - channel_qparams(weight, channel)[1]
        for channel in range(weight.shape[0])
    ]
    return np.stack(rows)


class linear_pack:  # noqa: N801
    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias

    def __call__(self, x, scale, zero_point, *, clamp=None):
        accumulators = self.accumulate(centered_codes(x))
        codes = np.zeros(accumulators.shape, dtype=np.uint8)
        for index in np.ndindex(*codes.shape):
            codes[index] = output_code(
                int(accumulators[index]),
                self.weight,
                self.bias,
                index[-1],
                x.q_scale(),
                scale,
                zero_point,
                clamp,
            )
        return QTensor.per_tensor(codes, scale, zero_point)

    def accumulate(self, centered):
        weights = centered_weight(self.weight)
        result = np.zeros((*centered.shape[:-1], self.weight.shape[0]), dtype=np.int64)
        for index in np.ndindex(*result.shape):
            result[index] = (centered[index[:-1]] * weights[index[-1]]).sum()
        return result

    def dynamic(self, x, *, relu=False, reduce_range=False):
        scale, zero_point = dynamic_qparams(x, reduce_range)
        codes = [numbers.quantize(v, scale, zero_point, quint8) for v in x.ravel()]
        accumulators = self.accumulate(np.array(codes, dtype=np.int64).reshape(x.shape) - zero_point)
        result = np.zeros(accumulators.shape, dtype=np.float32)
        for index in np.ndindex(*result.shape):
            channel = index[-1]
            y = f32(int(accumulators[index])) * (f32(scale) * f32(channel_qparams(self.weight, channel)[0]))
            if self.bias is not None:
                y = y + self.bias[channel]
            result[index] = max(y, f32(0)) if relu else y
        return result


def dynamic_qparams(x, reduce_range):
    """The scale, in double, and the zero point from the end of the range that loses less."""
    quant_max = 127 if reduce_range else 255
    low = min([0.0, *(float(v) for v in x.ravel())])
    high = max([0.0, *(float(v) for v in x.ravel())])
    scale = (high - low) / quant_max
    if f32(scale) == 0:
        scale = 0.1
    if -abs(low / scale) < quant_max - abs(high / scale):
        zero_point = 0 - low / scale
    else:
        zero_point = quant_max - high / scale
    return scale, round(min(max(zero_point, 0.0), float(quant_max)))


class linear_pack_fp16:  # noqa: N801
    """Sums in float64: the order of an engine's float32 sum is its own choice."""

    def __init__(self, weight, bias):
        halves = [half(v) for v in weight.ravel()]
        self.weight = np.array(halves, dtype=np.float64).reshape(weight.shape)
        self.bias = bias

    def __call__(self, x, *, relu=False):
        result = np.zeros((*x.shape[:-1], self.weight.shape[0]), dtype=np.float32)
        for index in np.ndindex(*result.shape):
            row = x[index[:-1]].astype(np.float64)
            y = float((row * self.weight[index[-1]]).sum())
            if self.bias is not None:
                y += float(self.bias[index[-1]])
            result[index] = max(y, 0.0) if relu else y
        return result


def half(value):
    """One number rounded to IEEE half precision, saturated."""
    saturated = min(max(float(value), -65504.0), 65504.0)
    return struct.unpack("<e", struct.pack("<e", saturated))[0]
