"""Scales and zero points of weights, per tensor or per output channel."""

from __future__ import annotations

from typing import Any

from qframe.plugin import QTensor


def weight_qparams(weight: QTensor) -> tuple[Any, Any]:
    """Return (scale, zero_point): numbers, or vectors with one entry for each output channel."""
    if weight.qscheme().per_channel:
        return weight.q_per_channel_scales(), weight.q_per_channel_zero_points()
    return weight.q_scale(), weight.q_zero_point()
