"""Layer, group and instance normalization of float arrays: by the input's own statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.tracing import detach, differentiable
from ..errors import ArgumentError
from .functional_batchnorm import batch_norm
from .functional_checks import Array, Ints, float_array, optional_vector

_FIX = "Give this layer a qconfig before prepare(), or put a DeQuantStub before it"


def norm_input(op: str, x: Any) -> Array:
    """Return ``x`` as a float32 array, or raise DTypeError with the advice that suits a normalization."""
    return float_array(op, x, fix=_FIX)


def layer_norm(
    input: Array,
    normalized_shape: Any,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over the last dimensions.

    Args:
        input: shape (..., *normalized_shape), float32.
        weight, bias: shape normalized_shape, for each element, or None.

    Raises:
        DTypeError: quantized or integer input.
        ArgumentError: shapes that do not fit.
    """
    x = norm_input("layer_norm", input)
    shape = tuple(normalized_shape)
    if not shape or x.shape[max(x.ndim - len(shape), 0) :] != shape:
        raise ArgumentError(
            f"layer_norm: an input of shape {x.shape} does not end in normalized_shape={shape}",
            fix="Give the last dimensions of the input",
        )
    weight, bias = _elements("weight", weight, shape), _elements("bias", bias, shape)
    rows = math.prod(x.shape[: x.ndim - len(shape)])
    return _normalized(x, weight, bias, (rows, math.prod(shape)), shape, eps)


def group_norm(
    input: Array, num_groups: int, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> Array:
    """:func:`layer_norm` over groups of neighbouring channels (axis 1) of each image.

    Args:
        input: shape (N, C, ...), float32.
        num_groups: divides C.
        weight, bias: shape (C,), or None.

    Raises:
        DTypeError: quantized or integer input.
        ArgumentError: shapes and numbers that do not fit.
    """
    x = norm_input("group_norm", input)
    _check_channels_first("group_norm", x)
    channels = x.shape[1]
    if num_groups < 1 or channels % num_groups:
        raise ArgumentError(
            f"group_norm: num_groups={num_groups} does not divide the {channels} channels of an input of "
            f"shape {x.shape}",
            fix="Choose a number of groups that divides the number of channels",
        )
    weight = optional_vector("group_norm", weight, "weight", channels)
    bias = optional_vector("group_norm", bias, "bias", channels)
    rows = x.shape[0] * num_groups, channels // num_groups * math.prod(x.shape[2:])
    return _normalized(x, weight, bias, rows, (channels, *(1,) * (x.ndim - 2)), eps)


def instance_norm(
    input: Array,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    weight: Array | None = None,
    bias: Array | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """Normalize each channel of each image by itself, or by running statistics.

    Args:
        input: shape (N, C, ...), float32.
        running_mean, running_var, weight, bias: shape (C,) or None.
        use_input_stats: use each channel's own mean and variance, and move the running ones, in place,
            towards their averages over the batch (the variance without bias) by ``momentum``.

    Raises:
        DTypeError: quantized or integer input.
        ArgumentError: shapes that do not fit; one value per channel; no running statistics where they
            are wanted.  The running statistics were not changed.
    """
    x = norm_input("instance_norm", input)
    _check_channels_first("instance_norm", x)
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    count = math.prod(x.shape[2:])
    if count == 1:
        raise ArgumentError(
            f"instance_norm needs more than one value per channel, got shape {x.shape}",
            fix="Give a larger input, or use batch or layer norm",
        )
    channels = x.shape[1]
    for name, running in (("running_mean", running_mean), ("running_var", running_var)):
        optional_vector("instance_norm", running, name, channels)
    out = group_norm(x, max(channels, 1), weight, bias, eps)
    _track(detach(x), running_mean, running_var, momentum, count)
    return out


def _track(
    x: Array, running_mean: Array | None, running_var: Array | None, momentum: float, count: int
) -> None:
    """Move the running statistics towards the averages, over all images, of those of single channels."""
    axes = tuple(range(2, x.ndim))
    if running_mean is not None and x.size:
        mean = x.mean(axis=axes, dtype=np.float64).mean(axis=0)
        running_mean[...] = (1 - momentum) * running_mean + momentum * mean
    if running_var is not None and x.size:
        var = x.var(axis=axes, dtype=np.float64).mean(axis=0) * (count / (count - 1))
        running_var[...] = (1 - momentum) * running_var + momentum * var


def _normalized_gradients(
    g: Array,
    out: Array,
    x: Array,
    weight: Array | None,
    bias: Array | None,
    rows: Ints,
    shape: Ints,
    eps: float,
) -> Any:
    """What moves all values of a row alike has no effect on the row's normalized values."""
    standard, factor = _standardized(x.reshape(rows), eps)

    def by_input() -> Array:
        inner = (g if weight is None else g * weight.reshape(shape)).reshape(rows)
        shift = inner.mean(axis=1, keepdims=True)
        slope = (inner * standard).mean(axis=1, keepdims=True)
        return ((inner - shift - standard * slope) * factor).reshape(x.shape)

    def by_weight() -> Array:
        return _summed(g * standard.reshape(x.shape), shape, weight)

    return by_input, by_weight, lambda: _summed(g, shape, bias), None, None, None


@differentiable(_normalized_gradients)
def _normalized(
    x: Array, weight: Array | None, bias: Array | None, rows: Ints, shape: Ints, eps: float
) -> Array:
    """Standardize the rows that ``x`` has in the shape ``rows``; weight and bias broadcast in ``shape``."""
    out = _standardized(x.reshape(rows), eps)[0].reshape(x.shape)
    if weight is not None:
        out *= weight.reshape(shape)
    if bias is not None:
        out += bias.reshape(shape)
    return out


def _standardized(rows: Array, eps: float) -> tuple[Array, Array]:
    """Return rows with mean 0 and variance 1, both computed in float64, and what they were multiplied by."""
    if not rows.size:
        return rows.copy(), np.ones((rows.shape[0], 1), rows.dtype)
    mean = rows.mean(axis=1, keepdims=True, dtype=np.float64)
    factor = 1.0 / np.sqrt(rows.var(axis=1, keepdims=True, dtype=np.float64) + eps)
    factor = np.asarray(factor.astype(rows.dtype))
    return np.asarray((rows - mean.astype(rows.dtype)) * factor), factor


def _summed(x: Array, shape: Ints, like: Any) -> Array:
    """Return, in the shape of ``like``, sums in float64 over the dimensions where ``shape`` has no extent."""
    kept = (1,) * (x.ndim - len(shape)) + tuple(shape)
    axes = tuple(axis for axis, length in enumerate(kept) if length == 1)
    return np.asarray(x.sum(axis=axes, dtype=np.float64).astype(x.dtype).reshape(like.shape))


def _elements(name: str, values: Any, shape: Ints) -> Array | None:
    if values is None:
        return None
    array = float_array("layer_norm", values, name)
    if array.shape != shape:
        raise ArgumentError(
            f"layer_norm: {name} has shape {array.shape}, normalized_shape is {shape}",
            fix="Give both the same shape",
        )
    return array


def _check_channels_first(op: str, x: Array) -> None:
    if x.ndim < 2:
        raise ArgumentError(f"{op} takes shape (N, C, ...), got {x.shape}", fix="Add the batch dimension")
