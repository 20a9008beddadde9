"""Sums."""

from __future__ import annotations

import numpy as np

from qframe.plugin import Clamp, QTensor, quint8

from ._kernels import lib
from .buffers import U8, pointer


def add(a: QTensor, b: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
    """Dequantize, add in float32, quantize."""
    if a.dtype is not quint8:
        return NotImplemented  # the fallback takes the other dtypes
    codes = np.broadcast_arrays(a.int_repr(), b.int_repr())
    x, y = (np.ascontiguousarray(array) for array in codes)
    out = np.empty(codes[0].shape, np.uint8)
    low, high = clamp or (0, 255)
    lib.mynpu_add(
        pointer(U8, x),
        a.q_scale(),
        a.q_zero_point(),
        pointer(U8, y),
        b.q_scale(),
        b.q_zero_point(),
        out.size,
        scale,
        zero_point,
        low,
        high,
        pointer(U8, out),
    )
    return QTensor(out, float(scale), int(zero_point), quint8)
