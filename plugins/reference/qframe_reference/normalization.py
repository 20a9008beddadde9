"""Normalisation with fixed statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from qframe import plugin
from qframe.plugin import Clamp, QTensor, along_axis

Array = np.ndarray[Any, Any]


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
    alpha, beta = plugin.batch_norm_coefficients(weight, bias, mean, var, eps, x.q_scale(), scale)
    centered = plugin.centered(x.int_repr(), x.q_zero_point()).astype(np.float64)
    values = centered * along_axis(alpha.astype(np.float64), 1, x.ndim)
    values += along_axis(beta.astype(np.float64), 1, x.ndim)
    codes = plugin.round_to_codes(values, zero_point, x.dtype, clamp)
    return QTensor(codes, float(scale), int(zero_point), x.dtype)
