"""Normalisation: with fixed statistics, or with those of the input itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engines import op
from ..errors import ArgumentError, DTypeError
from ..numerics import Clamp
from ..qtensor import QTensor
from .checks import check_clamp, check_float, check_per_tensor, check_qparams, check_vector, describe

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
    _check_channels_first("batch_norm", x)
    vectors = {"weight": weight, "bias": bias, "mean": mean, "var": var}
    for name, vector in vectors.items():
        check_vector("batch_norm", name, vector, x.shape[1])
    check_qparams(scale, zero_point, x.dtype)
    check_clamp("batch_norm", clamp, x.dtype)


@op
def layer_norm(
    x: QTensor,
    normalized_shape: tuple[int, ...],
    weight: Array | None,
    bias: Array | None,
    eps: float,
    scale: float,
    zero_point: int,
) -> QTensor:
    """Normalise the trailing dimensions of an 8-bit ``x``, requantized to (scale, zero_point).

    Mean and variance of each group of codes come from exact integer sums.

    Args:
        normalized_shape: the last dimensions of ``x``, which are normalised together.
        weight, bias: float32 of that shape, for each element; None: ones, zeros.
        eps: added to the variance.

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x``, an array or the qparams do not fit.
    """
    _check_codes("layer_norm", x, eps)
    dims = len(normalized_shape)
    if not 0 < dims <= x.ndim or x.shape[x.ndim - dims :] != tuple(normalized_shape):
        raise ArgumentError(
            f"layer_norm: an input of shape {x.shape} does not end in "
            f"normalized_shape={tuple(normalized_shape)}",
            fix="Give the last dimensions of the input",
        )
    for name, values in (("weight", weight), ("bias", bias)):
        if values is not None:
            _check_elements(name, values, tuple(normalized_shape))
    check_qparams(scale, zero_point, x.dtype)


@op
def group_norm(
    x: QTensor,
    num_groups: int,
    weight: Array | None,
    bias: Array | None,
    eps: float,
    scale: float,
    zero_point: int,
) -> QTensor:
    """Normalise groups of channels of an 8-bit ``x`` (N, C, ...), requantized to (scale, zero_point).

    Mean and variance of each group of codes come from exact integer sums.

    Args:
        num_groups: how many groups of neighbouring channels each image has; divides C.
        weight, bias: float32, shape (C,); None: ones, zeros.
        eps: added to the variance.

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x``, a vector or the numbers do not fit.
    """
    _check_codes("group_norm", x, eps)
    _check_channels_first("group_norm", x)
    if num_groups < 1 or x.shape[1] % num_groups:
        raise ArgumentError(
            f"group_norm: num_groups={num_groups} does not divide the {x.shape[1]} channels of an input of "
            f"shape {x.shape}",
            fix="Choose a number of groups that divides the number of channels",
        )
    for name, vector in (("weight", weight), ("bias", bias)):
        if vector is not None:
            check_vector("group_norm", name, vector, x.shape[1])
    check_qparams(scale, zero_point, x.dtype)


def instance_norm(
    x: QTensor, weight: Array | None, bias: Array | None, eps: float, scale: float, zero_point: int
) -> QTensor:
    """:func:`group_norm` with a group for each channel."""
    _check_codes("instance_norm", x, eps)
    _check_channels_first("instance_norm", x)
    return group_norm(x, max(x.shape[1], 1), weight, bias, eps, scale, zero_point)


def _check_codes(op: str, x: QTensor, eps: float) -> None:
    check_per_tensor(op, x)
    if x.dtype.bits != 8:
        raise DTypeError(f"{op} takes 8-bit tensors, got {describe(x)}", fix="Quantize to 8 bits")
    if not (math.isfinite(eps) and eps >= 0):
        raise ArgumentError(f"{op}: eps={eps} must be a finite number of at least 0", fix="Give e.g. 1e-5")


def _check_channels_first(op: str, x: QTensor) -> None:
    if x.ndim < 2:
        raise ArgumentError(f"{op} takes shape (N, C, ...), got {x.shape}", fix="Add dimensions")


def _check_elements(name: str, values: Array, shape: tuple[int, ...]) -> None:
    check_float("layer_norm", values, name)
    if values.shape != shape:
        raise ArgumentError(
            f"layer_norm: {name} has shape {values.shape}, normalized_shape is {shape}",
            fix="Give both the same shape",
        )
