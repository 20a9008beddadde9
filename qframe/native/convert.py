"""Quantize, requantize and dequantize; memory order is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin import DType, QTensor, qint8, qint32, quint8
from .buffers import Array, in_memory_order
from .codes import FLIPS
from .library import NativeLibrary

#: What these kernels take; others are declined.
DTYPES = (quint8, qint8, qint32)


def codes_of(native: NativeLibrary, codes: Array) -> Any:
    """Return a pointer to codes of 8 or 32 bits, as C takes them."""
    return native.from_buffer(native.u8 if codes.itemsize == 1 else native.i32, codes)


def quantize_per_tensor(
    native: NativeLibrary, x: Array, scale: float, zero_point: int, dtype: DType
) -> QTensor:
    """Round to the grid of one scale and zero point; memory order is kept."""
    if dtype not in DTYPES:
        return NotImplemented
    x, back = in_memory_order(np.asarray(x))
    out = np.empty(x.shape, dtype.numpy)
    source, target = native.from_buffer(native.f32, x), codes_of(native, out)
    if dtype is qint32:
        native.lib.qf_quantize32(source, x.size, scale, zero_point, target)
    else:
        native.lib.qf_quantize8(source, x.size, scale, zero_point, dtype.minimum, dtype.maximum, target)
    return QTensor(out.transpose(back) if back else out, float(scale), int(zero_point), dtype)


def quantize_per_channel(
    native: NativeLibrary, x: Array, scales: Array, zero_points: Array, axis: int, dtype: DType
) -> QTensor:
    """Round each slice along ``axis`` to its own grid."""
    if dtype not in (quint8, qint8):
        return NotImplemented
    slices = np.ascontiguousarray(np.moveaxis(x, axis, 0))
    out = np.empty(slices.shape, dtype.numpy)
    rows = slices.reshape(len(scales), -1), out.reshape(len(scales), -1)
    for source, target, scale, zero_point in zip(*rows, scales, zero_points, strict=True):
        floats, codes = native.from_buffer(native.f32, source), native.from_buffer(native.u8, target)
        low, high = dtype.minimum, dtype.maximum
        native.lib.qf_quantize8(floats, source.size, scale, int(zero_point), low, high, codes)
    qparams = np.array(scales, dtype=np.float64), np.array(zero_points, dtype=np.int64)
    return QTensor(np.moveaxis(out, 0, axis), *qparams, dtype, axis)


def requantize(native: NativeLibrary, x: QTensor, scale: float, zero_point: int, dtype: DType) -> QTensor:
    """Round to another grid."""
    if x.dtype not in DTYPES or dtype not in DTYPES:
        return NotImplemented
    codes, back = in_memory_order(x.int_repr())
    out = np.empty(codes.shape, dtype.numpy)
    source, target = codes_of(native, codes), codes_of(native, out)
    given, wanted = (out.size, x.q_scale(), x.q_zero_point()), (scale, zero_point)
    if x.dtype is not qint32 and dtype is not qint32:
        native.lib.qf_requantize(source, *given, FLIPS[x.dtype], *wanted, FLIPS[dtype], target)
    elif x.dtype is not qint32:
        native.lib.qf_requantize_from8(source, *given, FLIPS[x.dtype], *wanted, target)
    elif dtype is not qint32:
        native.lib.qf_requantize_to8(source, *given, *wanted, dtype.minimum, dtype.maximum, target)
    else:
        native.lib.qf_requantize_to32(source, *given, *wanted, target)
    return QTensor(out.transpose(back) if back else out, float(scale), int(zero_point), dtype)


def dequantize(native: NativeLibrary, x: QTensor) -> Array:
    """Return the real values; memory order is kept."""
    if x.dtype not in (quint8, qint8) or x.qscheme().per_channel:
        return x.dequantize()
    codes, back = in_memory_order(x.int_repr())
    out = np.empty(codes.shape, np.float32)
    scale, zero_point = x.q_scale(), x.q_zero_point()
    if x.dtype is quint8:
        native.lib.qf_dequantize_u8(
            native.from_buffer(native.u8, codes),
            codes.size,
            scale,
            zero_point,
            native.from_buffer(native.f32, out),
        )
    else:
        native.lib.qf_dequantize_i8(
            native.from_buffer(native.i8, codes),
            codes.size,
            scale,
            zero_point,
            native.from_buffer(native.f32, out),
        )
    return out.transpose(back) if back else out
