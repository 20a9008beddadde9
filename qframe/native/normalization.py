"""Normalisation: with fixed statistics on channels-last memory, or with those of the input itself."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..plugin import Clamp, QTensor, batch_norm_coefficients
from .buffers import Array, channels_first_order, channels_last, channels_last_order, check, dense
from .codes import FLIPS, bounds_of, memory
from .library import NativeLibrary

#: Coefficients of few channels are repeated to about this many, so that kernels find work for all lanes.
PERIOD = 256


def batch_norm(
    native: NativeLibrary,
    x: QTensor,
    weight: Array,
    bias: Array,
    mean: Array,
    var: Array,
    eps: float,
    scale: float,
    zero_point: int,
    *,
    clamp: Clamp | None = None,
) -> QTensor:
    """One multiplication and one addition for each element, in float64."""
    flip = FLIPS.get(x.dtype)
    if flip is None:
        return NotImplemented
    coefficients = batch_norm_coefficients(weight, bias, mean, var, eps, x.q_scale(), scale)
    repeats = max(1, PERIOD // max(1, x.shape[1]))
    alpha, beta = (np.tile(values.astype(np.float64), repeats) for values in coefficients)
    codes = channels_last(native, x.int_repr())
    out = np.empty(codes.shape, codes.dtype)
    if out.size:
        native.lib.qf_batch_norm(
            memory(native, codes),
            codes.size,
            alpha.size,
            native.from_buffer(native.f64, alpha),
            native.from_buffer(native.f64, beta),
            x.q_zero_point(),
            zero_point,
            *bounds_of(x.dtype, clamp),
            flip,
            memory(native, out),
        )
    return QTensor(out.transpose(channels_first_order(x.ndim)), float(scale), int(zero_point), x.dtype)


def layer_norm(
    native: NativeLibrary,
    x: QTensor,
    normalized_shape: tuple[int, ...],
    weight: Array | None,
    bias: Array | None,
    eps: float,
    scale: float,
    zero_point: int,
) -> QTensor:
    """Rows of codes, one after the other."""
    flip = FLIPS.get(x.dtype)
    if flip is None:
        return NotImplemented
    if weight is None and bias is not None:
        weight = np.ones(bias.shape, np.float32)
    elif bias is None and weight is not None:
        bias = np.zeros(weight.shape, np.float32)
    codes = dense(x.int_repr())
    out = np.empty(codes.shape, codes.dtype)
    if out.size:
        length = prod(normalized_shape)
        native.lib.qf_layer_norm(
            memory(native, codes),
            codes.size // length,
            length,
            _floats(native, weight),
            _floats(native, bias),
            eps,
            x.q_scale(),
            x.q_zero_point(),
            scale,
            zero_point,
            flip,
            memory(native, out),
        )
    return QTensor(out, float(scale), int(zero_point), x.dtype)


def group_norm(
    native: NativeLibrary,
    x: QTensor,
    num_groups: int,
    weight: Array | None,
    bias: Array | None,
    eps: float,
    scale: float,
    zero_point: int,
) -> QTensor:
    """In the memory order of the input: channels first or last."""
    flip = FLIPS.get(x.dtype)
    if flip is None:
        return NotImplemented
    codes = x.int_repr()
    is_last = False
    if not codes.flags.c_contiguous:
        last = codes.transpose(channels_last_order(x.ndim))
        is_last = last.flags.c_contiguous
        codes = last if is_last else dense(codes)
    out = np.empty(codes.shape, codes.dtype)
    if out.size:
        images, channels = x.shape[:2]
        status = (native.lib.qf_group_norm_last if is_last else native.lib.qf_group_norm)(
            memory(native, codes),
            images,
            channels,
            codes.size // (images * channels),
            num_groups,
            _floats(native, weight),
            _floats(native, bias),
            eps,
            x.q_scale(),
            x.q_zero_point(),
            scale,
            zero_point,
            flip,
            memory(native, out),
        )
        check(status or 0)
    result = out.transpose(channels_first_order(x.ndim)) if is_last else out
    return QTensor(result, float(scale), int(zero_point), x.dtype)


def _floats(native: NativeLibrary, values: Array | None) -> Any:
    """Return a pointer to float32 numbers, NULL for None."""
    return native.null if values is None else native.from_buffer(native.f32, dense(values))
