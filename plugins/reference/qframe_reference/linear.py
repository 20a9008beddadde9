"""Linear layers: static, dynamic, and with half-precision weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from qframe import plugin
from qframe.plugin import Clamp, QTensor, quint8

from .exact import ExactMatrix, centered_weight
from .weights import weight_qparams

Array = np.ndarray[Any, Any]


class PackedLinear:
    """A qint8 weight (N, K) with its bias."""

    def __init__(self, weight: QTensor, bias: Array | None) -> None:
        self._scales, zero_points = weight_qparams(weight)
        self._matrix = ExactMatrix(centered_weight(weight.int_repr(), zero_points))
        self._bias = None if bias is None else bias.copy()

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Multiply quint8 ``x`` (..., K) and requantize."""
        accumulator = self._accumulate(x.int_repr(), x.q_zero_point())
        transform = plugin.output_transform(x.q_scale(), self._scales, self._bias, scale)
        codes = plugin.requantize_channels_last(accumulator, transform, zero_point, quint8, clamp)
        return QTensor(self._shaped(codes, x.shape), float(scale), int(zero_point), quint8)

    def dynamic(self, x: Array, *, relu: bool = False, reduce_range: bool = False) -> Array:
        """Quantize float32 ``x`` (..., K) with one scale for all of it, multiply, return float32."""
        low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 0.0)
        scale, zero_point = plugin.choose_dynamic_qparams(low, high, reduce_range)
        codes = plugin.quantize(x, scale, zero_point, quint8)
        result = self._accumulate(codes, zero_point).astype(np.float32)
        result *= np.float32(scale) * np.asarray(self._scales, dtype=np.float32)
        if self._bias is not None:
            result += self._bias
        if relu:
            np.maximum(result, np.float32(0), out=result)
        return self._shaped(result, x.shape)

    def _accumulate(self, codes: Array, zero_point: int) -> Array:
        rows = codes.reshape(int(np.prod(codes.shape[:-1])), self._matrix.inputs)
        return self._matrix(plugin.centered(rows, zero_point))

    def _shaped(self, rows: Array, shape: tuple[int, ...]) -> Array:
        return rows.reshape(*shape[:-1], self._matrix.outputs)


class PackedLinearFp16:
    """A weight (N, K) rounded to half precision, with its float32 bias."""

    def __init__(self, weight: Array, bias: Array | None) -> None:
        half = np.finfo(np.float16)
        saturated = np.clip(weight, half.min, half.max).astype(np.float16)
        self._columns = np.ascontiguousarray(saturated.T.astype(np.float32))
        self._bias = None if bias is None else bias.copy()

    def __call__(self, x: Array, *, relu: bool = False) -> Array:
        """Multiply float32 ``x`` (..., K), accumulating in float32."""
        result = x @ self._columns
        if self._bias is not None:
            result = result + self._bias
        return np.maximum(result, np.float32(0)) if relu else result


def linear_pack(weight: QTensor, bias: Array | None) -> PackedLinear:
    """Lay out a qint8 weight."""
    return PackedLinear(weight, bias)


def linear_pack_fp16(weight: Array, bias: Array | None) -> PackedLinearFp16:
    """Round a float32 weight to half precision."""
    return PackedLinearFp16(weight, bias)
