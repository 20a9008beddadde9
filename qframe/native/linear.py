"""Linear layers: static, dynamic, and with half-precision weights."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..plugin import Clamp, QTensor, choose_dynamic_qparams, quint8
from .buffers import Array, check, dense
from .library import NativeLibrary
from .weights import fits, kernel_name, owned, pack_matrix, take_apart

_FULL = (0, 255)


class PackedLinear:
    """A qint8 weight (N, K) in panels, with its bias.

    Attributes:
        kernel: name of the microkernel that multiplies, or of both that do.
    """

    __slots__ = ("_native", "_outputs", "_weights", "kernel")

    def __init__(self, native: NativeLibrary, weights: Any, outputs: int) -> None:
        self._native, self._weights = native, weights
        self._outputs = outputs
        self.kernel = kernel_name(native, weights)

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Multiply quint8 ``x`` (..., K) and requantize."""
        native, codes = self._native, dense(x.int_repr())
        leading = codes.shape[:-1]
        out = np.empty((*leading, self._outputs), np.uint8)
        low, high = clamp or _FULL
        check(
            native.lib.qf_linear(
                self._weights,
                native.from_buffer(native.u8, codes),
                prod(leading),
                x.q_scale(),
                x.q_zero_point(),
                scale,
                zero_point,
                low,
                high,
                native.from_buffer(native.u8, out),
            )
        )
        return QTensor(out, float(scale), int(zero_point), quint8)

    def dynamic(self, x: Array, *, relu: bool = False, reduce_range: bool = False) -> Array:
        """Quantize float32 ``x`` (..., K) with one scale for all of it, multiply, return float32."""
        native, x = self._native, dense(x)
        leading = x.shape[:-1]
        out = np.empty((*leading, self._outputs), np.float32)
        status = native.lib.qf_linear_dynamic(
            self._weights,
            native.from_buffer(native.f32, x),
            prod(leading),
            relu,
            reduce_range,
            native.from_buffer(native.f32, out),
        )
        if status == native.lib.QF_NOT_FINITE:
            choose_dynamic_qparams(float(x.min()), float(x.max()), reduce_range)  # raises the core's error
        check(status)
        return out


class PackedLinearFp16:
    """A weight (N, K) in half precision, with its float32 bias."""

    __slots__ = ("_native", "_outputs", "_weights")

    def __init__(self, native: NativeLibrary, weight: Array, bias: Array | None) -> None:
        self._native, self._weights = native, pack_half(native, weight, bias)
        self._outputs = weight.shape[0]

    def __call__(self, x: Array, *, relu: bool = False) -> Array:
        """Multiply float32 ``x`` (..., K), accumulating in float32."""
        native, x = self._native, dense(x)
        leading = x.shape[:-1]
        out = np.empty((*leading, self._outputs), np.float32)
        pointers = native.from_buffer(native.f32, x), native.from_buffer(native.f32, out)
        check(native.lib.qf_half_linear(self._weights, pointers[0], prod(leading), relu, pointers[1]))
        return out


def pack_half(native: NativeLibrary, weight: Array, bias: Array | None) -> Any:
    """Return a float32 weight (N, K) rounded to half precision, saturated and packed, with its bias.

    Raises:
        MemoryError: there is no memory for it.
    """
    half = np.finfo(np.float16)
    codes = np.ascontiguousarray(np.clip(weight, half.min, half.max).astype(np.float16)).view(np.uint16)
    pointer = native.null if bias is None else native.from_buffer(native.f32, dense(bias))
    packed = native.lib.qf_half_pack(native.from_buffer(native.u16, codes), *codes.shape, pointer)
    return owned(native, packed, native.lib.qf_half_free)


def linear_pack(native: NativeLibrary, weight: QTensor, bias: Array | None) -> PackedLinear:
    """Lay out a qint8 weight; declines one with sums of products beyond 32 bits."""
    logical = take_apart(weight, bias)
    if not fits(native, logical):
        return NotImplemented
    return PackedLinear(native, pack_matrix(native, logical), logical.codes.shape[0])


def linear_pack_fp16(native: NativeLibrary, weight: Array, bias: Array | None) -> PackedLinearFp16:
    """Round a float32 weight to half precision."""
    return PackedLinearFp16(native, weight, bias)
