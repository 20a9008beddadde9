"""Quantize, requantize and dequantize; memory order is kept."""

from __future__ import annotations

import numpy as np

from qframe.plugin import DType, QTensor, qint8, qint32, quint8

from ._kernels import lib
from .buffers import F32, I8, I32, U8, Array, from_buffer, in_memory_order
from .codes import FLIPS

#: How C takes the codes of each dtype.
POINTERS = {quint8: U8, qint8: U8, qint32: I32}


def quantize_per_tensor(x: Array, scale: float, zero_point: int, dtype: DType) -> QTensor:
    """Round to the grid of one scale and zero point; memory order is kept."""
    if dtype not in (quint8, qint8, qint32):
        return NotImplemented
    x, back = in_memory_order(np.asarray(x))
    out = np.empty(x.shape, dtype.numpy)
    if dtype is qint32:
        lib.qf_quantize32(from_buffer(F32, x), x.size, scale, zero_point, from_buffer(I32, out))
    else:
        low, high = dtype.minimum, dtype.maximum
        lib.qf_quantize8(from_buffer(F32, x), x.size, scale, zero_point, low, high, from_buffer(U8, out))
    return QTensor(out.transpose(back) if back else out, float(scale), int(zero_point), dtype)


def quantize_per_channel(x: Array, scales: Array, zero_points: Array, axis: int, dtype: DType) -> QTensor:
    """Round each slice along ``axis`` to its own grid."""
    if dtype not in (quint8, qint8):
        return NotImplemented
    slices = np.ascontiguousarray(np.moveaxis(x, axis, 0))
    out = np.empty(slices.shape, dtype.numpy)
    rows = slices.reshape(len(scales), -1), out.reshape(len(scales), -1)
    for source, target, scale, zero_point in zip(*rows, scales, zero_points, strict=True):
        low, high = dtype.minimum, dtype.maximum
        codes = from_buffer(U8, target)
        lib.qf_quantize8(from_buffer(F32, source), source.size, scale, int(zero_point), low, high, codes)
    qparams = np.array(scales, dtype=np.float64), np.array(zero_points, dtype=np.int64)
    return QTensor(np.moveaxis(out, 0, axis), *qparams, dtype, axis)


def requantize(x: QTensor, scale: float, zero_point: int, dtype: DType) -> QTensor:
    """Round to another grid."""
    if x.dtype not in POINTERS or dtype not in POINTERS:
        return NotImplemented
    codes, back = in_memory_order(x.int_repr())
    out = np.empty(codes.shape, dtype.numpy)
    source, target = from_buffer(POINTERS[x.dtype], codes), from_buffer(POINTERS[dtype], out)
    given, wanted = (out.size, x.q_scale(), x.q_zero_point()), (scale, zero_point)
    if x.dtype is not qint32 and dtype is not qint32:
        lib.qf_requantize(source, *given, FLIPS[x.dtype], *wanted, FLIPS[dtype], target)
    elif x.dtype is not qint32:
        lib.qf_requantize_from8(source, *given, FLIPS[x.dtype], *wanted, target)
    elif dtype is not qint32:
        lib.qf_requantize_to8(source, *given, *wanted, dtype.minimum, dtype.maximum, target)
    else:
        lib.qf_requantize_to32(source, *given, *wanted, target)
    return QTensor(out.transpose(back) if back else out, float(scale), int(zero_point), dtype)


def dequantize(x: QTensor) -> Array:
    """Return the real values; memory order is kept."""
    if x.dtype not in (quint8, qint8) or x.qscheme().per_channel:
        return x.dequantize()
    codes, back = in_memory_order(x.int_repr())
    out = np.empty(codes.shape, np.float32)
    scale, zero_point = x.q_scale(), x.q_zero_point()
    if x.dtype is quint8:
        lib.qf_dequantize_u8(from_buffer(U8, codes), codes.size, scale, zero_point, from_buffer(F32, out))
    else:
        lib.qf_dequantize_i8(from_buffer(I8, codes), codes.size, scale, zero_point, from_buffer(F32, out))
    return out.transpose(back) if back else out
