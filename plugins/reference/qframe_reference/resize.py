"""Interpolation along the spatial dimensions."""

from __future__ import annotations

import numpy as np

from qframe import plugin
from qframe.plugin import QTensor


def interpolate_nearest(
    x: QTensor, output_size: tuple[int, ...], scale_factors: tuple[float | None, ...]
) -> QTensor:
    """Copy the codes at the nearest source positions."""
    codes = x.int_repr()
    for axis, (output, factor) in enumerate(zip(output_size, scale_factors, strict=True), 2):
        codes = codes.take(plugin.nearest_sources(x.shape[axis], output, factor), axis=axis)
    return QTensor(codes, x.q_scale(), x.q_zero_point(), x.dtype)


def interpolate_bilinear(
    x: QTensor,
    output_size: tuple[int, int],
    align_corners: bool,
    scale_factors: tuple[float | None, float | None],
) -> QTensor:
    """Interpolate the codes along rows, then between rows; every product and sum is rounded to float32."""
    rows, columns = (
        plugin.linear_sources(length, output, align_corners, factor)
        for length, output, factor in zip(x.shape[2:], output_size, scale_factors, strict=True)
    )
    codes = x.int_repr().astype(np.float32)
    above, below = (
        columns.first_weight * codes[:, :, row][..., columns.first]
        + columns.second_weight * codes[:, :, row][..., columns.second]
        for row in (rows.first, rows.second)
    )
    values = rows.first_weight[:, None] * above + rows.second_weight[:, None] * below
    values -= np.float32(x.q_zero_point())
    result = plugin.round_to_codes(values, x.q_zero_point(), x.dtype)
    return QTensor(result, x.q_scale(), x.q_zero_point(), x.dtype)
