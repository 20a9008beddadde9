"""Normalisation: with fixed statistics, or with those of the input itself."""

from __future__ import annotations

from math import prod
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


def layer_norm(
    x: QTensor,
    normalized_shape: tuple[int, ...],
    weight: Array | None,
    bias: Array | None,
    eps: float,
    scale: float,
    zero_point: int,
) -> QTensor:
    """Four float32 roundings for each element: less the mean, times the factor, weight and bias."""
    rows = prod(x.shape[: x.ndim - len(normalized_shape)])
    values, factor = _centered(x, x.int_repr().reshape(rows, prod(normalized_shape)), eps)
    with np.errstate(over="ignore", invalid="ignore"):
        values *= factor[:, None]
        if weight is not None:
            values *= weight.reshape(-1)
        if bias is not None:
            values += bias.reshape(-1)
    return _quantized(values.reshape(x.shape), x, scale, zero_point)


def group_norm(
    x: QTensor,
    num_groups: int,
    weight: Array | None,
    bias: Array | None,
    eps: float,
    scale: float,
    zero_point: int,
) -> QTensor:
    """Three float32 roundings for each element: factor and weight are multiplied first."""
    images, channels = x.shape[:2]
    space = prod(x.shape[2:])
    groups = x.int_repr().reshape(images * num_groups, channels // num_groups * space)
    centered, factor = _centered(x, groups, eps)
    values = centered.reshape(images, channels, space)
    with np.errstate(over="ignore", invalid="ignore"):
        factors = np.repeat(factor.reshape(images, num_groups), channels // num_groups, axis=1)
        values *= (factors if weight is None else factors * weight)[:, :, None]
        if bias is not None:
            values += bias[:, None]
    return _quantized(values.reshape(x.shape), x, scale, zero_point)


def _centered(x: QTensor, groups: Array, eps: float) -> tuple[Array, Array]:
    """Return the codes of ``groups`` (groups, elements) less zero point and mean, and each group's factor."""
    wide = groups.astype(np.int64)
    sums = wide.sum(axis=1), np.square(wide).sum(axis=1)
    mean, factor = plugin.norm_statistics(*sums, groups.shape[1], eps, x.q_scale(), x.q_zero_point())
    centered = plugin.centered(groups, x.q_zero_point())
    centered -= mean[:, None]
    return centered, factor


def _quantized(values: Array, x: QTensor, scale: float, zero_point: int) -> QTensor:
    codes = plugin.quantize(values, scale, zero_point, x.dtype)
    return QTensor(codes, float(scale), int(zero_point), x.dtype)
