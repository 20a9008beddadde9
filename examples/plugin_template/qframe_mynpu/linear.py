"""Linear layers: a packed weight is a callable object that only this engine understands."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from qframe.plugin import Clamp, QTensor, choose_dynamic_qparams, output_transform, quantize, quint8

from ._kernels import lib
from .buffers import F32, I8, I32, U8, Array, pointer


class PackedLinear:
    """A qint8 weight (N, K) in panels, with its bias: all that a call needs, in arrays of its own."""

    def __init__(self, panels: Array, weight: QTensor, zero_points: Array, bias: Array | None) -> None:
        self._panels = panels
        self._outputs, self._inputs = weight.shape
        per_channel = weight.qscheme().per_channel
        self._scales: Any = weight.q_per_channel_scales().copy() if per_channel else weight.q_scale()
        self._zero_points = zero_points
        self._bias = None if bias is None else bias.copy()

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Multiply quint8 ``x`` (..., K) and requantize."""
        codes = np.ascontiguousarray(x.int_repr())
        out = np.empty((*codes.shape[:-1], self._outputs), np.uint8)
        transform = output_transform(x.q_scale(), self._scales, self._bias, scale)
        multiplier = self._for_each_output(transform.multiplier)
        bias = self._for_each_output(0.0 if transform.bias is None else transform.bias)
        low, high = clamp or (0, 255)
        lib.mynpu_linear(
            *self._operands(codes, x.q_zero_point()),
            pointer(F32, multiplier),
            pointer(F32, bias),
            zero_point,
            low,
            high,
            pointer(U8, out),
        )
        return QTensor(out, float(scale), int(zero_point), quint8)

    def dynamic(self, x: Array, *, relu: bool = False, reduce_range: bool = False) -> Array:
        """Quantize float32 ``x`` (..., K) with one scale for all of it, multiply, return float32."""
        low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 0.0)
        scale, zero_point = choose_dynamic_qparams(low, high, reduce_range)
        codes = np.ascontiguousarray(quantize(x, scale, zero_point, quint8))
        out = np.empty((*x.shape[:-1], self._outputs), np.float32)
        scales = self._for_each_output(np.float32(scale) * np.asarray(self._scales, np.float32))
        lib.mynpu_linear_dynamic(
            *self._operands(codes, zero_point),
            pointer(F32, scales),
            pointer(F32, self._bias),
            relu,
            pointer(F32, out),
        )
        return out

    def _operands(self, codes: Array, zero_point: int) -> tuple[Any, ...]:
        """Return the arguments that both C functions begin with."""
        weights = pointer(I8, self._panels), pointer(I32, self._zero_points), self._outputs, self._inputs
        return *weights, pointer(U8, codes), prod(codes.shape[:-1]), zero_point

    def _for_each_output(self, values: Any) -> Array:
        return np.ascontiguousarray(np.broadcast_to(values, self._outputs), dtype=np.float32)


def linear_pack(weight: QTensor, bias: Array | None) -> PackedLinear:
    """Lay out a qint8 weight; declines one with sums of products beyond 32 bits."""
    outputs, inputs = weight.shape
    per_channel = weight.qscheme().per_channel
    given = weight.q_per_channel_zero_points() if per_channel else weight.q_zero_point()
    zero_points = np.ascontiguousarray(np.broadcast_to(given, outputs), dtype=np.int32)
    codes = np.ascontiguousarray(weight.int_repr())
    panels = np.empty(lib.mynpu_packed_size(outputs, inputs), np.int8)
    if not lib.mynpu_pack(
        pointer(I8, codes), pointer(I32, zero_points), outputs, inputs, pointer(I8, panels)
    ):
        return NotImplemented
    return PackedLinear(panels, weight, zero_points, bias)
