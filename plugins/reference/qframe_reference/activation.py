"""Functions of single elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from qframe.plugin import QTensor, dtype_of

Array = np.ndarray[Any, Any]


def clamp(x: QTensor, low: int, high: int) -> QTensor:
    """Limit the codes."""
    codes = x.int_repr()
    bounds = codes.dtype.type(low), codes.dtype.type(high)
    return QTensor(np.clip(codes, *bounds), x.q_scale(), x.q_zero_point(), x.dtype)


def lookup(x: QTensor, table: Array, scale: float, zero_point: int) -> QTensor:
    """Replace each code by its entry in the table."""
    indices = x.int_repr().astype(np.intp) - x.dtype.minimum
    return QTensor(table[indices], float(scale), int(zero_point), dtype_of(table))
