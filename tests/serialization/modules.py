"""One row for each module of qframe: how it is built, in each form that its state can take."""

import inspect
from functools import partial

import numpy as np

from qframe import nn, quantization
from qframe.dtypes import float16, qint8, qint32, quint8
from qframe.nn import intrinsic as nni
from qframe.nn import quantized as nnq
from qframe.qtensor import QTensor

#: The namespaces whose modules must all have a row.
NAMESPACES = [nn, nn.qat, nni, nni.qat, nni.quantized, nnq, nnq.dynamic, quantization]

#: Bases and functions that only look like classes of modules: they are never part of a model.
ABSTRACT = {nn.Module, quantization.ObserverBase}


def conv(kind):
    return [lambda: kind(2, 3, 3), lambda: kind(2, 4, 2, groups=2, bias=False)]


def fused(kind, *parts):
    return [lambda: kind(*(part() for part in parts))]


def linear():
    return nn.Linear(4, 3)


def conv1d():
    return nn.Conv1d(2, 3, 3)


def conv2d():
    return nn.Conv2d(2, 3, 3)


def conv3d():
    return nn.Conv3d(2, 3, 2)


def recurrent(kind):
    return [lambda: kind(4, 3), lambda: kind(4, 3, 2, bias=False, bidirectional=True)]


def norm(dims):
    kind = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}[dims]
    return lambda: kind(3)


def quantized_norm(kind, *sizes, plain=False):
    """A norm over three channels, with weight and bias unless ``plain``."""
    weight = None if plain else np.ones(3, np.float32)
    return lambda: kind(*sizes, weight, weight, 1.0, 0)


def observer(kind, **arguments):
    """An observer that saw nothing, and one that saw data."""

    def seen():
        new = kind(**arguments)
        new(np.random.default_rng(5).normal(size=(3, 4)).astype(np.float32))
        return new

    return [lambda: kind(**arguments), seen]


def rounding(kind, *sizes, **arguments):
    """A layer that is trained with rounding, with one scale for its weight and with one for each channel."""
    qconfigs = quantization.default_qat_qconfig, quantization.get_default_qat_qconfig("fbgemm")
    return [partial(kind, *sizes, qconfig=qconfig, **arguments) for qconfig in qconfigs]


#: Class of module: functions that build it.
MODULES = {
    nn.AdaptiveAvgPool2d: [lambda: nn.AdaptiveAvgPool2d(1)],
    nn.AvgPool2d: [lambda: nn.AvgPool2d(2)],
    nn.AvgPool3d: [lambda: nn.AvgPool3d(2)],
    nn.BatchNorm1d: [norm(1), lambda: nn.BatchNorm1d(3, affine=False, track_running_stats=False)],
    nn.BatchNorm2d: [norm(2)],
    nn.BatchNorm3d: [norm(3)],
    nn.Conv1d: conv(nn.Conv1d),
    nn.Conv2d: conv(nn.Conv2d),
    nn.Conv3d: conv(nn.Conv3d),
    nn.CrossEntropyLoss: [nn.CrossEntropyLoss],
    nn.Dropout: [nn.Dropout],
    nn.ELU: [nn.ELU],
    nn.Embedding: [lambda: nn.Embedding(4, 3), lambda: nn.Embedding(4, 3, padding_idx=1)],
    nn.Flatten: [nn.Flatten],
    nn.GRU: recurrent(nn.GRU),
    nn.GRUCell: [lambda: nn.GRUCell(4, 3), lambda: nn.GRUCell(4, 3, bias=False)],
    nn.GroupNorm: [lambda: nn.GroupNorm(1, 3), lambda: nn.GroupNorm(1, 3, affine=False)],
    nn.Hardsigmoid: [nn.Hardsigmoid],
    nn.Hardswish: [nn.Hardswish],
    nn.Hardtanh: [nn.Hardtanh],
    nn.Identity: [nn.Identity],
    nn.InstanceNorm1d: [lambda: nn.InstanceNorm1d(3), lambda: nn.InstanceNorm1d(3, affine=True)],
    nn.InstanceNorm2d: [lambda: nn.InstanceNorm2d(3, affine=True, track_running_stats=True)],
    nn.InstanceNorm3d: [lambda: nn.InstanceNorm3d(3)],
    nn.L1Loss: [nn.L1Loss],
    nn.LayerNorm: [lambda: nn.LayerNorm((2, 3)), lambda: nn.LayerNorm(3, elementwise_affine=False)],
    nn.LeakyReLU: [nn.LeakyReLU],
    nn.LSTM: recurrent(nn.LSTM),
    nn.LSTMCell: [lambda: nn.LSTMCell(4, 3), lambda: nn.LSTMCell(4, 3, bias=False)],
    nn.Linear: [linear, lambda: nn.Linear(4, 3, bias=False)],
    nn.LogSoftmax: [lambda: nn.LogSoftmax(1)],
    nn.MSELoss: [nn.MSELoss],
    nn.MaxPool2d: [lambda: nn.MaxPool2d(2)],
    nn.ModuleDict: [lambda: nn.ModuleDict({"a": linear()})],
    nn.ModuleList: [lambda: nn.ModuleList([linear()])],
    nn.NLLLoss: [nn.NLLLoss],
    nn.RNNCell: [lambda: nn.RNNCell(4, 3), lambda: nn.RNNCell(4, 3, nonlinearity="relu")],
    nn.ReLU: [nn.ReLU],
    nn.ReLU6: [nn.ReLU6],
    nn.Sequential: [lambda: nn.Sequential(linear(), nn.ReLU(), nn.Linear(3, 2))],
    nn.Sigmoid: [nn.Sigmoid],
    nn.Softmax: [lambda: nn.Softmax(1)],
    nn.Tanh: [nn.Tanh],
    nn.Threshold: [lambda: nn.Threshold(0.1, 2.0)],
    nn.Upsample: [lambda: nn.Upsample(scale_factor=2)],
    nn.UpsamplingBilinear2d: [lambda: nn.UpsamplingBilinear2d(3)],
    nn.UpsamplingNearest2d: [lambda: nn.UpsamplingNearest2d(3)],
    nni.BNReLU2d: fused(nni.BNReLU2d, norm(2), nn.ReLU),
    nni.BNReLU3d: fused(nni.BNReLU3d, norm(3), nn.ReLU),
    nni.ConvBn1d: fused(nni.ConvBn1d, conv1d, norm(1)),
    nni.ConvBn2d: fused(nni.ConvBn2d, conv2d, norm(2)),
    nni.ConvBn3d: fused(nni.ConvBn3d, conv3d, norm(3)),
    nni.ConvBnReLU1d: fused(nni.ConvBnReLU1d, conv1d, norm(1), nn.ReLU),
    nni.ConvBnReLU2d: fused(nni.ConvBnReLU2d, conv2d, norm(2), nn.ReLU),
    nni.ConvBnReLU3d: fused(nni.ConvBnReLU3d, conv3d, norm(3), nn.ReLU),
    nni.ConvReLU1d: fused(nni.ConvReLU1d, conv1d, nn.ReLU),
    nni.ConvReLU2d: fused(nni.ConvReLU2d, conv2d, nn.ReLU),
    nni.ConvReLU3d: fused(nni.ConvReLU3d, conv3d, nn.ReLU),
    nni.LinearBn1d: fused(nni.LinearBn1d, linear, norm(1)),
    nni.LinearReLU: fused(nni.LinearReLU, linear, nn.ReLU),
    nn.qat.Conv2d: rounding(nn.qat.Conv2d, 2, 3, 3),
    nn.qat.Linear: rounding(nn.qat.Linear, 4, 3, bias=False),
    nni.qat.ConvBn2d: rounding(nni.qat.ConvBn2d, 2, 3, 3),
    nni.qat.ConvBnReLU2d: rounding(nni.qat.ConvBnReLU2d, 2, 3, 3, bias=True),
    nni.qat.ConvReLU2d: rounding(nni.qat.ConvReLU2d, 2, 3, 3),
    nni.qat.LinearReLU: rounding(nni.qat.LinearReLU, 4, 3),
    nni.quantized.BNReLU2d: [lambda: nni.quantized.BNReLU2d(3)],
    nni.quantized.BNReLU3d: [lambda: nni.quantized.BNReLU3d(3)],
    nni.quantized.ConvReLU1d: conv(nni.quantized.ConvReLU1d),
    nni.quantized.ConvReLU2d: conv(nni.quantized.ConvReLU2d),
    nni.quantized.ConvReLU3d: conv(nni.quantized.ConvReLU3d),
    nni.quantized.LinearReLU: [
        lambda: nni.quantized.LinearReLU(4, 3),
        lambda: nni.quantized.LinearReLU(4, 3, bias=False),
    ],
    nnq.BatchNorm2d: [lambda: nnq.BatchNorm2d(3)],
    nnq.BatchNorm3d: [lambda: nnq.BatchNorm3d(3)],
    nnq.Conv1d: conv(nnq.Conv1d),
    nnq.Conv2d: conv(nnq.Conv2d),
    nnq.Conv3d: conv(nnq.Conv3d),
    nnq.DeQuantize: [nnq.DeQuantize],
    nnq.ELU: [lambda: nnq.ELU(1.0, 0)],
    nnq.FloatFunctional: [nnq.FloatFunctional],
    nnq.GroupNorm: [quantized_norm(nnq.GroupNorm, 1, 3), quantized_norm(nnq.GroupNorm, 1, 3, plain=True)],
    nnq.Hardswish: [lambda: nnq.Hardswish(1.0, 0)],
    nnq.InstanceNorm1d: [quantized_norm(nnq.InstanceNorm1d, 3)],
    nnq.InstanceNorm2d: [quantized_norm(nnq.InstanceNorm2d, 3, plain=True)],
    nnq.InstanceNorm3d: [quantized_norm(nnq.InstanceNorm3d, 3)],
    nnq.LayerNorm: [quantized_norm(nnq.LayerNorm, 3), quantized_norm(nnq.LayerNorm, 3, plain=True)],
    nnq.LeakyReLU: [lambda: nnq.LeakyReLU(1.0, 0)],
    nnq.Linear: [lambda: nnq.Linear(4, 3), lambda: nnq.Linear(4, 3, bias_=False)],
    nnq.MaxPool2d: [lambda: nnq.MaxPool2d(2)],
    nnq.QFunctional: [nnq.QFunctional],
    nnq.Quantize: [
        lambda: nnq.Quantize(1.0, 0, quint8),
        lambda: nnq.Quantize(1.0, 0, qint8),
        lambda: nnq.Quantize(1.0, 0, qint32),
    ],
    nnq.ReLU: [nnq.ReLU],
    nnq.ReLU6: [nnq.ReLU6],
    nnq.Sigmoid: [lambda: nnq.Sigmoid(1.0, 0)],
    nnq.dynamic.GRU: [*recurrent(nnq.dynamic.GRU), lambda: nnq.dynamic.GRU(4, 3, dtype=float16)],
    nnq.dynamic.GRUCell: [
        lambda: nnq.dynamic.GRUCell(4, 3),
        lambda: nnq.dynamic.GRUCell(4, 3, dtype=float16),
    ],
    nnq.dynamic.LSTM: [*recurrent(nnq.dynamic.LSTM), lambda: nnq.dynamic.LSTM(4, 3, dtype=float16)],
    nnq.dynamic.LSTMCell: [
        lambda: nnq.dynamic.LSTMCell(4, 3),
        lambda: nnq.dynamic.LSTMCell(4, 3, bias=False, dtype=float16),
    ],
    nnq.dynamic.RNNCell: [
        lambda: nnq.dynamic.RNNCell(4, 3),
        lambda: nnq.dynamic.RNNCell(4, 3, nonlinearity="relu", dtype=float16),
    ],
    nnq.dynamic.Linear: [
        lambda: nnq.dynamic.Linear(4, 3),
        lambda: nnq.dynamic.Linear(4, 3, bias_=False, dtype=float16),
    ],
    quantization.DeQuantStub: [quantization.DeQuantStub],
    quantization.FakeQuantize: observer(
        quantization.FakeQuantize, observer=quantization.PerChannelMinMaxObserver
    ),
    quantization.HistogramObserver: observer(quantization.HistogramObserver),
    quantization.MinMaxDynamicQuantObserver: observer(quantization.MinMaxDynamicQuantObserver),
    quantization.MinMaxObserver: observer(quantization.MinMaxObserver, dtype=qint8),
    quantization.MovingAverageMinMaxObserver: observer(quantization.MovingAverageMinMaxObserver),
    quantization.MovingAveragePerChannelMinMaxObserver: observer(
        quantization.MovingAveragePerChannelMinMaxObserver
    ),
    quantization.NoopObserver: observer(quantization.NoopObserver),
    quantization.PerChannelMinMaxObserver: observer(quantization.PerChannelMinMaxObserver, ch_axis=1),
    quantization.QuantStub: [quantization.QuantStub],
    quantization.QuantWrapper: [lambda: quantization.QuantWrapper(linear())],
    quantization.RecordingObserver: observer(quantization.RecordingObserver),
}


def listed_modules():
    """Every class of module that one of the namespaces lists."""
    found = [getattr(space, name) for space in NAMESPACES for name in space.__all__]
    return {item for item in found if inspect.isclass(item) and issubclass(item, nn.Module)} - ABSTRACT


def randomised(state, per_channel):
    """Other values for every entry, of the same kinds and shapes; qint8 weights per channel or per tensor."""
    rng = np.random.default_rng(11)
    return {key: _other(value, rng, per_channel) for key, value in state.items()}


def _other(value, rng, per_channel):
    if isinstance(value, QTensor):
        low, high = value.dtype.minimum, value.dtype.maximum
        codes = rng.integers(low, high, value.shape, endpoint=True).astype(value.dtype.numpy)
        if per_channel:
            channels = value.shape[0]
            return QTensor.per_channel(codes, rng.uniform(0.01, 1, channels), np.zeros(channels, int), 0)
        return QTensor.per_tensor(codes, 0.1, 0, value.dtype)
    if value.dtype.kind == "f":
        return rng.uniform(0.5, 1.5, value.shape).astype(value.dtype)
    return rng.integers(0, 100, value.shape).astype(value.dtype)
