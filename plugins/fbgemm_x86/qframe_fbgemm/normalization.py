"""Normalisation with fixed statistics, on channels-last memory."""

from __future__ import annotations

import numpy as np

from qframe.plugin import Clamp, QTensor, batch_norm_coefficients

from ._kernels import ffi, lib
from .buffers import Array, dense, from_buffer
from .codes import FLIPS, bounds_of, memory

F64 = ffi.typeof("double[]")

#: Coefficients of few channels are repeated to about this many, so that kernels find work for all lanes.
PERIOD = 256


def batch_norm(
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
    codes = dense(np.moveaxis(x.int_repr(), 1, -1))
    out = np.empty(codes.shape, codes.dtype)
    if out.size:
        lib.qf_batch_norm(
            memory(codes),
            codes.size,
            alpha.size,
            from_buffer(F64, alpha),
            from_buffer(F64, beta),
            x.q_zero_point(),
            zero_point,
            *bounds_of(x.dtype, clamp),
            flip,
            memory(out),
        )
    return QTensor(np.moveaxis(out, -1, 1), float(scale), int(zero_point), x.dtype)
