"""Which module replaces which float one, for training and for inference.  Types are compared exactly."""

from __future__ import annotations

from ..nn import intrinsic, qat, quantized
from ..nn.activation import ELU, Hardswish, ReLU, ReLU6
from ..nn.batchnorm import BatchNorm2d, BatchNorm3d
from ..nn.containers import Sequential
from ..nn.conv import Conv1d, Conv2d, Conv3d
from ..nn.instancenorm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from ..nn.linear import Linear
from ..nn.module import Module
from ..nn.normalization import GroupNorm, LayerNorm
from ..nn.rnn import GRU, LSTM
from ..nn.rnn_cells import GRUCell, LSTMCell, RNNCell
from .stubs import DeQuantStub, QuantStub

ModuleMapping = dict[type[Module], type[Module]]

#: For ``convert`` after calibration.
DEFAULT_MODULE_MAPPING: ModuleMapping = {
    Linear: quantized.Linear,
    Conv1d: quantized.Conv1d,
    Conv2d: quantized.Conv2d,
    Conv3d: quantized.Conv3d,
    BatchNorm2d: quantized.BatchNorm2d,
    BatchNorm3d: quantized.BatchNorm3d,
    ReLU: quantized.ReLU,
    ReLU6: quantized.ReLU6,
    ELU: quantized.ELU,
    Hardswish: quantized.Hardswish,
    LayerNorm: quantized.LayerNorm,
    GroupNorm: quantized.GroupNorm,
    InstanceNorm1d: quantized.InstanceNorm1d,
    InstanceNorm2d: quantized.InstanceNorm2d,
    InstanceNorm3d: quantized.InstanceNorm3d,
    QuantStub: quantized.Quantize,
    DeQuantStub: quantized.DeQuantize,
    quantized.FloatFunctional: quantized.QFunctional,
    intrinsic.LinearReLU: intrinsic.quantized.LinearReLU,
    intrinsic.ConvReLU1d: intrinsic.quantized.ConvReLU1d,
    intrinsic.ConvReLU2d: intrinsic.quantized.ConvReLU2d,
    intrinsic.ConvReLU3d: intrinsic.quantized.ConvReLU3d,
    intrinsic.BNReLU2d: intrinsic.quantized.BNReLU2d,
    intrinsic.BNReLU3d: intrinsic.quantized.BNReLU3d,
    qat.Linear: quantized.Linear,
    qat.Conv2d: quantized.Conv2d,
    intrinsic.qat.LinearReLU: intrinsic.quantized.LinearReLU,
    intrinsic.qat.ConvReLU2d: intrinsic.quantized.ConvReLU2d,
    intrinsic.qat.ConvBn2d: quantized.Conv2d,
    intrinsic.qat.ConvBnReLU2d: intrinsic.quantized.ConvReLU2d,
}

#: For ``prepare_qat``.
DEFAULT_QAT_MODULE_MAPPING: ModuleMapping = {
    Linear: qat.Linear,
    Conv2d: qat.Conv2d,
    intrinsic.LinearReLU: intrinsic.qat.LinearReLU,
    intrinsic.ConvReLU2d: intrinsic.qat.ConvReLU2d,
    intrinsic.ConvBn2d: intrinsic.qat.ConvBn2d,
    intrinsic.ConvBnReLU2d: intrinsic.qat.ConvBnReLU2d,
}

#: For ``quantize_dynamic``.
DEFAULT_DYNAMIC_MODULE_MAPPING: ModuleMapping = {
    Linear: quantized.dynamic.Linear,
    LSTM: quantized.dynamic.LSTM,
    GRU: quantized.dynamic.GRU,
    LSTMCell: quantized.dynamic.LSTMCell,
    GRUCell: quantized.dynamic.GRUCell,
    RNNCell: quantized.dynamic.RNNCell,
}

#: Types with a dynamic form only: ``prepare`` leaves them in float.
DYNAMIC_ONLY: set[type[Module]] = DEFAULT_DYNAMIC_MODULE_MAPPING.keys() - DEFAULT_MODULE_MAPPING.keys()

#: Types that ``prepare_qat`` takes as one and ``prepare`` in parts.
QAT_ONLY: set[type[Module]] = DEFAULT_QAT_MODULE_MAPPING.keys() - DEFAULT_MODULE_MAPPING.keys()

#: The types on which ``propagate_qconfig_`` stores a qconfig.
DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST: set[type[Module]] = {Sequential}
DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST |= DEFAULT_MODULE_MAPPING.keys() | DEFAULT_DYNAMIC_MODULE_MAPPING.keys()
DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST |= DEFAULT_QAT_MODULE_MAPPING.keys()
DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST -= {DeQuantStub}
