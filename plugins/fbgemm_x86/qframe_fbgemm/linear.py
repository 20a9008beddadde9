"""Linear layers: static, dynamic, and with half-precision weights."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from qframe.plugin import Clamp, QTensor, choose_dynamic_qparams, quint8

from ._kernels import ffi, lib
from .buffers import F32, U8, U16, Array, check, dense, from_buffer
from .weights import fits, kernel_name, owned, pack_matrix, take_apart

_FULL = (0, 255)


class PackedLinear:
    """A qint8 weight (N, K) in panels, with its bias.

    Attributes:
        kernel: name of the microkernel that multiplies, or of both that do.
    """

    __slots__ = ("_inputs", "_outputs", "_weights", "kernel")

    def __init__(self, weights: Any, outputs: int, inputs: int) -> None:
        self._weights = weights
        self._outputs, self._inputs = outputs, inputs
        self.kernel = kernel_name(weights)

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Multiply quint8 ``x`` (..., K) and requantize."""
        codes = dense(x.int_repr())
        leading = codes.shape[:-1]
        out = np.empty((*leading, self._outputs), np.uint8)
        low, high = clamp or _FULL
        check(
            lib.qf_linear(
                self._weights,
                from_buffer(U8, codes),
                prod(leading),
                x.q_scale(),
                x.q_zero_point(),
                scale,
                zero_point,
                low,
                high,
                from_buffer(U8, out),
            )
        )
        return QTensor(out, float(scale), int(zero_point), quint8)

    def dynamic(self, x: Array, *, relu: bool = False, reduce_range: bool = False) -> Array:
        """Quantize float32 ``x`` (..., K) with one scale for all of it, multiply, return float32."""
        x = dense(x)
        leading = x.shape[:-1]
        out = np.empty((*leading, self._outputs), np.float32)
        status = lib.qf_linear_dynamic(
            self._weights, from_buffer(F32, x), prod(leading), relu, reduce_range, from_buffer(F32, out)
        )
        if status == lib.QF_NOT_FINITE:
            choose_dynamic_qparams(float(x.min()), float(x.max()), reduce_range)  # raises the core's error
        check(status)
        return out


class PackedLinearFp16:
    """A weight (N, K) in half precision, with its float32 bias."""

    __slots__ = ("_outputs", "_weights")

    def __init__(self, weight: Array, bias: Array | None) -> None:
        self._weights = pack_half(weight, bias)
        self._outputs = weight.shape[0]

    def __call__(self, x: Array, *, relu: bool = False) -> Array:
        """Multiply float32 ``x`` (..., K), accumulating in float32."""
        x = dense(x)
        leading = x.shape[:-1]
        out = np.empty((*leading, self._outputs), np.float32)
        rows = prod(leading)
        check(lib.qf_half_linear(self._weights, from_buffer(F32, x), rows, relu, from_buffer(F32, out)))
        return out


def pack_half(weight: Array, bias: Array | None) -> Any:
    """Return a float32 weight (N, K) rounded to half precision, saturated and packed, with its bias.

    Raises:
        MemoryError: there is no memory for it.
    """
    half = np.finfo(np.float16)
    codes = np.ascontiguousarray(np.clip(weight, half.min, half.max).astype(np.float16)).view(np.uint16)
    pointer = ffi.NULL if bias is None else from_buffer(F32, dense(bias))
    return owned(lib.qf_half_pack(from_buffer(U16, codes), *codes.shape, pointer), lib.qf_half_free)


def linear_pack(weight: QTensor, bias: Array | None) -> PackedLinear:
    """Lay out a qint8 weight; declines one with sums of products beyond 32 bits."""
    logical = take_apart(weight, bias)
    if not fits(logical):
        return NotImplemented
    return PackedLinear(pack_matrix(logical), *logical.codes.shape)


def linear_pack_fp16(weight: Array, bias: Array | None) -> PackedLinearFp16:
    """Round a float32 weight to half precision."""
    return PackedLinearFp16(weight, bias)
