"""A float module, its quantized form, and how to quantize models that have it."""

from __future__ import annotations

import numpy as np

from qframe import nn
from qframe import quantization as tq

from .numbers import per_tensor_power_of_two, quint4
from .ops import square


class Square(nn.Module):
    """x * x."""

    def forward(self, x):
        return x * x


class QuantizedSquare(nn.Module):
    """``Square`` on quantized tensors; what comes out has the dtype of its observer."""

    def __init__(self, scale=1.0, zero_point=0, dtype=quint4):
        super().__init__()
        self.dtype = dtype
        self.register_buffer("scale", np.array([scale], dtype=np.float64))
        self.register_buffer("zero_point", np.array([zero_point], dtype=np.int64))

    def forward(self, x):
        return square(x, float(self.scale[0]), int(self.zero_point[0]), self.dtype)

    @classmethod
    def from_float(cls, mod):
        observer = mod.activation_post_process
        scale, zero_point = observer.calculate_qparams()
        return cls(float(scale[0]), int(zero_point[0]), observer.dtype)


qconfig = tq.QConfig(
    activation=tq.HistogramObserver.with_args(dtype=quint4, qscheme=per_tensor_power_of_two),
    weight=tq.default_weight_observer,
)
mapping = {**tq.DEFAULT_MODULE_MAPPING, Square: QuantizedSquare}
white_list = tq.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST | {Square}
