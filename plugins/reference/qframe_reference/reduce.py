"""Reductions."""

from __future__ import annotations

from qframe.plugin import QTensor, mean_codes


def mean(x: QTensor, dim: tuple[int, ...] | None, keepdim: bool) -> QTensor:
    """Mean over dimensions, rounded once from the exact sum."""
    return QTensor(mean_codes(x, dim, keepdim), x.q_scale(), x.q_zero_point(), x.dtype)
