"""Sums, products and concatenation; memory order is kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ..plugin import Clamp, DType, QTensor, ScalarShift, add_scalar_shift, requantize
from .activation import apply_table
from .buffers import Array, dense, inverse, memory_order
from .codes import FLIPS, address, bounds_of, in_and_out, lies_dense, memory
from .library import NativeLibrary


def add(
    native: NativeLibrary,
    a: QTensor,
    b: QTensor,
    scale: float,
    zero_point: int,
    *,
    clamp: Clamp | None = None,
) -> QTensor:
    """Dequantize, add in float32, quantize."""
    return _binary(native, native.lib.qf_add, a, b, scale, zero_point, clamp)


def mul(
    native: NativeLibrary,
    a: QTensor,
    b: QTensor,
    scale: float,
    zero_point: int,
    *,
    clamp: Clamp | None = None,
) -> QTensor:
    """Multiply the centered codes and requantize."""
    return _binary(native, native.lib.qf_mul, a, b, scale, zero_point, clamp)


def _binary(
    native: NativeLibrary,
    run: Any,
    a: QTensor,
    b: QTensor,
    scale: float,
    zero_point: int,
    clamp: Clamp | None,
) -> QTensor:
    dtype = a.dtype
    flip = FLIPS.get(dtype)
    if flip is None:
        return NotImplemented
    from_buffer, u8 = native.from_buffer, native.u8
    x, y = a.int_repr(), b.int_repr()
    out = np.empty_like(x)
    strides = out.strides
    usual = strides == x.strides and strides == y.strides and x.shape == y.shape
    if usual or (lies_dense(x, out) and lies_dense(y, out)):
        operands = from_buffer(u8, x.ravel("K")), from_buffer(u8, y.ravel("K")), 0, native.null, native.null
    else:
        x, y, out = _broadcast(x, y)
        steps = (*out.strides, *x.strides, *y.strides)
        operands = address(native, x), address(native, y), out.ndim, out.shape, steps
    left, right, *places = operands
    run(
        left,
        a.q_scale(),
        a.q_zero_point(),
        right,
        b.q_scale(),
        b.q_zero_point(),
        out.size,
        *places,
        scale,
        zero_point,
        *bounds_of(dtype, clamp),
        flip,
        from_buffer(u8, out.ravel("K")),
    )
    return QTensor(out, float(scale), int(zero_point), dtype)


def _broadcast(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return both in the shape of the result, and the result, which lies like the larger of them."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    like = next((z for z in (x, y) if z.shape == shape), None)
    out = np.empty(shape, x.dtype) if like is None else np.empty_like(like)
    return np.broadcast_to(x, shape), np.broadcast_to(y, shape), out


def add_scalar(native: NativeLibrary, x: QTensor, value: float, *, relu: bool = False) -> QTensor:
    """Move the zero point, growing the scale where it would leave its range."""
    flip = FLIPS.get(x.dtype)
    if flip is None:
        return NotImplemented
    shift = add_scalar_shift(value, x.q_scale(), x.q_zero_point(), x.dtype)
    codes = x.int_repr()
    if shift.multiplier is not None:
        codes = apply_table(native, codes, _shift_table(shift, x.dtype, relu), flip)
        return QTensor(codes, shift.scale, shift.zero_point, x.dtype)
    return _rectified(native, codes, shift.scale, shift.zero_point, x.dtype, relu)


@lru_cache(maxsize=64)
def _shift_table(shift: ScalarShift, dtype: DType, relu: bool) -> Array:
    centered = np.arange(dtype.minimum, dtype.maximum + 1, dtype=np.int64) - shift.zero_point_in
    codes = requantize(centered, shift.multiplier, shift.zero_point, dtype)
    return np.maximum(codes, dtype.numpy.type(shift.zero_point)) if relu else codes


def mul_scalar(native: NativeLibrary, x: QTensor, value: float, *, relu: bool = False) -> QTensor:
    """Change the scale; mirror the codes where ``value`` is negative."""
    dtype = x.dtype
    flip = FLIPS.get(dtype)
    if flip is None:
        return NotImplemented
    codes, zero_point = x.int_repr(), x.q_zero_point()
    if value == 0:
        return QTensor(np.zeros_like(codes), 1.0, 0, dtype)
    scale = abs(value) * x.q_scale()
    if value < 0:
        zero_point = dtype.minimum + dtype.maximum - zero_point
        codes = apply_table(native, codes, _mirror_table(zero_point if relu else dtype.minimum, dtype), flip)
        return QTensor(codes, scale, zero_point, dtype)
    return _rectified(native, codes, scale, zero_point, dtype, relu)


@lru_cache(maxsize=64)
def _mirror_table(low: int, dtype: DType) -> Array:
    mirrored = np.arange(dtype.maximum, dtype.minimum - 1, -1).astype(dtype.numpy)
    return np.maximum(mirrored, dtype.numpy.type(low))


def _rectified(
    native: NativeLibrary, codes: Array, scale: float, zero_point: int, dtype: DType, relu: bool
) -> QTensor:
    if not relu:
        return QTensor(codes.copy(order="K"), scale, zero_point, dtype)
    out, source, target = in_and_out(native, codes)
    native.lib.qf_clamp(source, out.size, zero_point, dtype.maximum, FLIPS[dtype], target)
    return QTensor(out, scale, zero_point, dtype)


def cat(
    native: NativeLibrary,
    tensors: Sequence[QTensor],
    dim: int,
    scale: float,
    zero_point: int,
    *,
    clamp: Clamp | None = None,
) -> QTensor:
    """Requantize each tensor and join them, in the memory order of the largest."""
    dtype = tensors[0].dtype
    flip = FLIPS.get(dtype)
    if flip is None:
        return NotImplemented
    parts, order = _in_order([x.int_repr() for x in tensors])
    axis = order.index(dim % len(order))
    first = parts[0].shape
    joined = sum(part.shape[axis] for part in parts)
    out = np.empty((*first[:axis], joined, *first[axis + 1 :]), dtype.numpy)
    rows = prod(first[:axis])
    stride = out.size // rows if rows else 0
    low, high = bounds_of(dtype, clamp)
    target = memory(native, out)
    for x, part in zip(tensors, parts, strict=True):
        length = part.size // rows if rows else 0
        native.lib.qf_cat_part(
            memory(native, part),
            rows,
            length,
            x.q_scale(),
            x.q_zero_point(),
            scale,
            zero_point,
            low,
            high,
            flip,
            target,
            stride,
        )
        target = target + length
    return QTensor(out.transpose(inverse(order)), float(scale), int(zero_point), dtype)


def _in_order(parts: list[Array]) -> tuple[list[Array], tuple[int, ...]]:
    """Return the arrays with their axes in the memory order of the largest, dense, and that order."""
    order = memory_order(max(parts, key=np.size).strides)
    return [dense(part.transpose(order)) for part in parts], order
