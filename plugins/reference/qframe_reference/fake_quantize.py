"""Simulated quantization."""

from __future__ import annotations

from typing import Any

import numpy as np

from qframe import plugin
from qframe.plugin import along_axis

Array = np.ndarray[Any, Any]


def fake_quantize_per_tensor(
    x: Array, scale: float, zero_point: int, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    """Round to the grid of one scale and zero point."""
    return plugin.fake_quantize(x, scale, zero_point, quant_min, quant_max)


def fake_quantize_per_channel(
    x: Array, scales: Array, zero_points: Array, axis: int, quant_min: int, quant_max: int
) -> tuple[Array, Array]:
    """Round each slice along ``axis`` to its own grid."""
    scale, zero_point = along_axis(scales, axis, x.ndim), along_axis(zero_points, axis, x.ndim)
    return plugin.fake_quantize(x, scale, zero_point, quant_min, quant_max)
