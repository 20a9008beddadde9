"""Modules that compute on quantized tensors (mirrors ``torch.nn.quantized``)."""

from . import dynamic, functional
from .activation import ELU, Hardswish, LeakyReLU, ReLU, ReLU6, Sigmoid
from .batchnorm import BatchNorm2d, BatchNorm3d
from .boundary import DeQuantize, Quantize
from .conv import Conv1d, Conv2d, Conv3d
from .float_functional import FloatFunctional, QFunctional
from .linear import Linear
from .normalization import GroupNorm, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, LayerNorm
from .pooling import MaxPool2d

__all__ = [
    "ELU",
    "BatchNorm2d",
    "BatchNorm3d",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "DeQuantize",
    "FloatFunctional",
    "GroupNorm",
    "Hardswish",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "QFunctional",
    "Quantize",
    "ReLU",
    "ReLU6",
    "Sigmoid",
    "dynamic",
    "functional",
]
