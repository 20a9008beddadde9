"""A call of each public name that computes through an engine: what the parity table finds its ops by.

A name of a module is called with a small input; a name of a function with its arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import qframe
from qframe import nn
from qframe import quantization as q
from qframe.nn import quantized as nnq
from qframe.nn.intrinsic import qat as niqat
from qframe.nn.intrinsic import quantized as nniq
from qframe.nn.quantized import functional
from qframe.qtensor import QTensor

Example = Callable[[], Any]


def codes(*shape: int) -> QTensor:
    """A quint8 tensor."""
    return QTensor.per_tensor(np.arange(np.prod(shape), dtype=np.uint8).reshape(shape), 0.1, 3)


def weight(*shape: int) -> QTensor:
    """A qint8 weight."""
    return QTensor.per_tensor(np.ones(shape, np.int8), 0.1, 0)


def floats(*shape: int) -> Any:
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def module(make: Callable[[], Any], *shape: int) -> Example:
    """A quantized module and the shape of its input."""
    return lambda: make()(codes(*shape))


def function(name: str, *arguments: Any, shape: tuple[int, ...] = (1, 2, 4, 4), **keywords: Any) -> Example:
    """A function of ``nn.quantized.functional`` and its arguments after the input."""
    return lambda: getattr(functional, name)(codes(*shape), *arguments, **keywords)


def observer(make: Callable[[], Any]) -> Example:
    return lambda: make()(floats(2, 3))


def rounding(make: Callable[[Any], Any], *shape: int) -> Example:
    """A module for quantization-aware training and the shape of its input."""
    return lambda: make(q.default_qat_qconfig)(floats(*shape))


def operation(kind: type, name: str, *arguments: Any) -> Example:
    """A method of QFunctional."""
    return lambda: getattr(kind(), name)(*arguments)


def recurrent(name: str, *shape: int) -> Example:
    """A recurrent module of ``nn.quantized.dynamic``, looked up only when it is there."""
    return lambda: getattr(nnq.dynamic, name)(4, 3)(floats(*shape, 4))


A, B = codes(2, 3), codes(2, 3)
ONE = 0.1, 3

TENSORS = {
    "quantize_per_tensor": lambda: qframe.quantize_per_tensor(floats(2), 0.1, 3, qframe.quint8),
    "quantize_per_channel": lambda: qframe.quantize_per_channel(floats(1), [0.1], [0], 0, qframe.qint8),
    "dequantize": lambda: qframe.dequantize(A),
    "fake_quantize_per_tensor_affine": lambda: qframe.fake_quantize_per_tensor_affine(
        floats(2), *ONE, 0, 255
    ),
    "fake_quantize_per_channel_affine": lambda: qframe.fake_quantize_per_channel_affine(
        floats(1), [0.1], [3], 0, 0, 255
    ),
}
OBSERVERS = {
    "quantization.MinMaxObserver": observer(q.MinMaxObserver),
    "quantization.MovingAverageMinMaxObserver": observer(q.MovingAverageMinMaxObserver),
    "quantization.PerChannelMinMaxObserver": observer(q.PerChannelMinMaxObserver),
    "quantization.MovingAveragePerChannelMinMaxObserver": observer(q.MovingAveragePerChannelMinMaxObserver),
    "quantization.HistogramObserver": observer(q.HistogramObserver),
    "quantization.MinMaxDynamicQuantObserver": observer(q.MinMaxDynamicQuantObserver),
}
TRAINING = {
    "quantization.FakeQuantize": observer(q.FakeQuantize),
    "quantization.default_fake_quant": observer(q.default_fake_quant),
    "quantization.default_weight_fake_quant": observer(q.default_weight_fake_quant),
    "quantization.default_per_channel_weight_fake_quant": observer(q.default_per_channel_weight_fake_quant),
    "quantization.default_histogram_fake_quant": observer(q.default_histogram_fake_quant),
    "nn.qat.Linear": rounding(lambda qconfig: nn.qat.Linear(4, 3, qconfig=qconfig), 2, 4),
    "nn.qat.Conv2d": rounding(lambda qconfig: nn.qat.Conv2d(2, 3, 1, qconfig=qconfig), 1, 2, 4, 4),
    "nn.intrinsic.qat.LinearReLU": rounding(lambda qconfig: niqat.LinearReLU(4, 3, qconfig=qconfig), 2, 4),
    "nn.intrinsic.qat.ConvReLU2d": rounding(
        lambda qconfig: niqat.ConvReLU2d(2, 3, 1, qconfig=qconfig), 1, 2, 4, 4
    ),
    "nn.intrinsic.qat.ConvBn2d": rounding(
        lambda qconfig: niqat.ConvBn2d(2, 3, 1, qconfig=qconfig), 1, 2, 4, 4
    ),
    "nn.intrinsic.qat.ConvBnReLU2d": rounding(
        lambda qconfig: niqat.ConvBnReLU2d(2, 3, 1, qconfig=qconfig), 1, 2, 4, 4
    ),
}
FUSED = {
    "nn.intrinsic.quantized.ConvReLU1d": module(lambda: nniq.ConvReLU1d(2, 3, 1), 1, 2, 4),
    "nn.intrinsic.quantized.ConvReLU2d": module(lambda: nniq.ConvReLU2d(2, 3, 1), 1, 2, 4, 4),
    "nn.intrinsic.quantized.ConvReLU3d": module(lambda: nniq.ConvReLU3d(2, 3, 1), 1, 2, 4, 4, 4),
    "nn.intrinsic.quantized.LinearReLU": module(lambda: nniq.LinearReLU(4, 3), 2, 4),
    "nn.intrinsic.quantized.BNReLU2d": module(lambda: nniq.BNReLU2d(2), 1, 2, 4, 4),
    "nn.intrinsic.quantized.BNReLU3d": module(lambda: nniq.BNReLU3d(2), 1, 2, 4, 4, 4),
}
QUANTIZED = {
    "nn.quantized.Quantize": lambda: nnq.Quantize(*ONE, qframe.quint8)(floats(2)),
    "nn.quantized.DeQuantize": module(nnq.DeQuantize, 2),
    "nn.quantized.QFunctional.add": operation(nnq.QFunctional, "add", A, B),
    "nn.quantized.QFunctional.cat": operation(nnq.QFunctional, "cat", [A, B]),
    "nn.quantized.QFunctional.mul": operation(nnq.QFunctional, "mul", A, B),
    "nn.quantized.QFunctional.add_relu": operation(nnq.QFunctional, "add_relu", A, B),
    "nn.quantized.QFunctional.add_scalar": operation(nnq.QFunctional, "add_scalar", A, 1.5),
    "nn.quantized.QFunctional.mul_scalar": operation(nnq.QFunctional, "mul_scalar", A, 1.5),
    "nn.quantized.Linear": module(lambda: nnq.Linear(4, 3), 2, 4),
    "nn.quantized.Conv1d": module(lambda: nnq.Conv1d(2, 3, 1), 1, 2, 4),
    "nn.quantized.Conv2d": module(lambda: nnq.Conv2d(2, 3, 1), 1, 2, 4, 4),
    "nn.quantized.Conv3d": module(lambda: nnq.Conv3d(2, 3, 1), 1, 2, 4, 4, 4),
    "nn.quantized.ReLU": module(nnq.ReLU, 2),
    "nn.quantized.ReLU6": module(nnq.ReLU6, 2),
    "nn.quantized.ELU": module(partial(nnq.ELU, *ONE), 2),
    "nn.quantized.Hardswish": module(partial(nnq.Hardswish, *ONE), 2),
    "nn.quantized.LeakyReLU": module(partial(nnq.LeakyReLU, *ONE), 2),
    "nn.quantized.Sigmoid": module(partial(nnq.Sigmoid, *ONE), 2),
    "nn.quantized.MaxPool2d": module(lambda: nnq.MaxPool2d(2), 1, 2, 4, 4),
    "nn.quantized.BatchNorm2d": module(lambda: nnq.BatchNorm2d(2), 1, 2, 4, 4),
    "nn.quantized.BatchNorm3d": module(lambda: nnq.BatchNorm3d(2), 1, 2, 4, 4, 4),
    "nn.quantized.LayerNorm": module(lambda: nnq.LayerNorm(4, None, None, *ONE), 2, 4),
    "nn.quantized.GroupNorm": module(lambda: nnq.GroupNorm(1, 2, None, None, *ONE), 1, 2, 4),
    "nn.quantized.InstanceNorm1d": module(lambda: nnq.InstanceNorm1d(2, None, None, *ONE), 1, 2, 4),
    "nn.quantized.InstanceNorm2d": module(lambda: nnq.InstanceNorm2d(2, None, None, *ONE), 1, 2, 4, 4),
    "nn.quantized.InstanceNorm3d": module(lambda: nnq.InstanceNorm3d(2, None, None, *ONE), 1, 2, 4, 4, 4),
    "nn.quantized.dynamic.Linear": lambda: nnq.dynamic.Linear(4, 3)(floats(2, 4)),
    "nn.quantized.dynamic.LSTM": recurrent("LSTM", 5, 2),
    "nn.quantized.dynamic.GRU": recurrent("GRU", 5, 2),
    "nn.quantized.dynamic.LSTMCell": recurrent("LSTMCell", 2),
    "nn.quantized.dynamic.GRUCell": recurrent("GRUCell", 2),
    "nn.quantized.dynamic.RNNCell": recurrent("RNNCell", 2),
}
FUNCTIONAL = {
    "nn.quantized.functional.relu": function("relu"),
    "nn.quantized.functional.linear": function("linear", weight(3, 4)),
    "nn.quantized.functional.conv1d": function("conv1d", weight(3, 2, 1), None, shape=(1, 2, 4)),
    "nn.quantized.functional.conv2d": function("conv2d", weight(3, 2, 1, 1), None),
    "nn.quantized.functional.conv3d": function("conv3d", weight(3, 2, 1, 1, 1), None, shape=(1, 2, 4, 4, 4)),
    "nn.quantized.functional.max_pool2d": function("max_pool2d", 2),
    "nn.quantized.functional.adaptive_avg_pool2d": function("adaptive_avg_pool2d", 2),
    "nn.quantized.functional.avg_pool2d": function("avg_pool2d", 2),
    "nn.quantized.functional.avg_pool3d": function("avg_pool3d", 2, shape=(1, 2, 4, 4, 4)),
    "nn.quantized.functional.interpolate": lambda: (
        function("interpolate", 3)(),
        function("interpolate", 3, mode="bilinear")(),
    ),
    "nn.quantized.functional.hardswish": function("hardswish", *ONE),
    "nn.quantized.functional.hardsigmoid": function("hardsigmoid"),
    "nn.quantized.functional.hardtanh": function("hardtanh"),
    "nn.quantized.functional.leaky_relu": function("leaky_relu"),
    "nn.quantized.functional.elu": function("elu", *ONE),
    "nn.quantized.functional.clamp": function("clamp", -1.0, 1.0),
    "nn.quantized.functional.threshold": function("threshold", 0.1, 0.2),
    "nn.quantized.functional.upsample": function("upsample", 3),
    "nn.quantized.functional.upsample_bilinear": function("upsample_bilinear", 3),
    "nn.quantized.functional.upsample_nearest": function("upsample_nearest", 3),
}
EXAMPLES: dict[str, Example] = {**TENSORS, **OBSERVERS, **TRAINING, **FUSED, **QUANTIZED, **FUNCTIONAL}

#: Beginnings of the names that must have an example, and names that compute nothing themselves.
COMPUTING = ("nn.qat.", "nn.intrinsic.qat.", "nn.intrinsic.quantized.", "nn.quantized.")
WITHOUT = (
    "nn.quantized.FloatFunctional",
    "nn.quantized.QFunctional",
    "nn.intrinsic.qat.freeze_bn_stats",
    "nn.intrinsic.qat.update_bn_stats",
)
