"""Normalisation with fixed statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engines import op
from ..errors import ArgumentError
from ..numerics import Clamp
from ..qtensor import QTensor
from .checks import check_clamp, check_per_tensor, check_qparams, check_vector

Array = np.ndarray[Any, Any]


@op
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
    """Normalise channel 1 of ``x`` (N, C, ...) with running statistics, requantized to (scale, zero_point).

    Args:
        weight, bias, mean, var: float32, shape (C,).

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x``, a vector or the qparams do not fit.
    """
    check_per_tensor("batch_norm", x)
    if x.ndim < 2:
        raise ArgumentError(f"batch_norm takes shape (N, C, ...), got {x.shape}", fix="Add dimensions")
    vectors = {"weight": weight, "bias": bias, "mean": mean, "var": var}
    for name, vector in vectors.items():
        check_vector("batch_norm", name, vector, x.shape[1])
    check_qparams(scale, zero_point, x.dtype)
    check_clamp("batch_norm", clamp, x.dtype)
