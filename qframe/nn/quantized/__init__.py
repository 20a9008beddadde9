"""Modules that compute on quantized tensors (mirrors ``torch.nn.quantized``)."""

from . import dynamic, functional
from .activation import ReLU, ReLU6
from .batchnorm import BatchNorm2d, BatchNorm3d
from .boundary import DeQuantize, Quantize
from .conv import Conv1d, Conv2d, Conv3d
from .float_functional import FloatFunctional, QFunctional
from .linear import Linear
from .pooling import MaxPool2d

__all__ = [
    "BatchNorm2d",
    "BatchNorm3d",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "DeQuantize",
    "FloatFunctional",
    "Linear",
    "MaxPool2d",
    "QFunctional",
    "Quantize",
    "ReLU",
    "ReLU6",
    "dynamic",
    "functional",
]
