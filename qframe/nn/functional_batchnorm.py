"""Batch normalization of float arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.tracing import detach, differentiable
from ..errors import ArgumentError
from .functional_checks import Array, float_array, optional_vector

_FUSE = (
    "Fuse the batch norm into the convolution before it (fuse_modules, before prepare), "
    "give it a qconfig, or put a DeQuantStub before it"
)


def batch_norm(
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` for each channel (axis 1).

    Args:
        input: shape (N, C, ...), float32.
        running_mean, running_var, weight, bias: shape (C,) or None.
        training: use the batch's own mean and variance, and move the running ones, in place, towards
            them (the variance without bias) by ``momentum``.

    Raises:
        DTypeError: quantized or integer input.
        ArgumentError: shapes that do not fit; one value per channel while training; no running
            statistics otherwise.  The running statistics were not changed.
    """
    x = batch_norm_input("batch_norm", input)
    if x.ndim < 2:
        raise ArgumentError(
            f"batch_norm takes shape (N, C, ...), got {x.shape}", fix="Add the batch dimension"
        )
    weight = optional_vector("batch_norm", weight, "weight", x.shape[1])
    bias = optional_vector("batch_norm", bias, "bias", x.shape[1])
    for name, running in (("running_mean", running_mean), ("running_var", running_var)):
        optional_vector("batch_norm", running, name, x.shape[1])
    if training:
        mean, var = _batch_statistics(detach(x), running_mean, running_var, momentum)
    elif running_mean is None or running_var is None:
        raise ArgumentError(
            "batch_norm in evaluation needs running_mean and running_var",
            fix="Use training=True, or track_running_stats=True while training",
        )
    else:
        mean, var = running_mean, running_var
    return _normalized(x, weight, bias, mean, var, eps, training)


def batch_norm_input(op: str, x: Any) -> Array:
    """Return ``x`` as a float32 array, or raise DTypeError with the advice that suits a batch norm."""
    return float_array(op, x, fix=_FUSE)


def _batch_statistics(
    x: Array, running_mean: Array | None, running_var: Array | None, momentum: float
) -> tuple[Array, Array]:
    """Mean and variance of each channel, summed in float64; the running ones move towards them."""
    axes = (0, *range(2, x.ndim))
    count = x.size // max(1, x.shape[1])
    if count < 2:
        raise ArgumentError(
            f"batch_norm in training needs more than one value per channel, got shape {x.shape}",
            fix="Use a larger batch, or call eval()",
        )
    mean = x.mean(axis=axes, dtype=np.float64)
    var = x.var(axis=axes, dtype=np.float64)
    for running, now in ((running_mean, mean), (running_var, var * (count / (count - 1)))):
        if running is not None:
            running[...] = (1 - momentum) * running + momentum * now
    return mean.astype(x.dtype), var.astype(x.dtype)


def _normalized_gradients(
    g: Array,
    out: Array,
    x: Array,
    weight: Array | None,
    bias: Array | None,
    mean: Array,
    var: Array,
    eps: float,
    training: bool,
) -> Any:
    """With the batch's own statistics, what moves all values of a channel alike has no effect on them."""
    factor = _channels(1.0 / np.sqrt(var.astype(np.float64) + eps), x)
    centered = (x - _channels(mean, x)) * factor
    by_bias, by_weight = _channel_sums(g), _channel_sums(g * centered)

    def by_input() -> Array:
        scale = factor if weight is None else factor * _channels(weight, x)
        if not training:
            return g * scale
        count = x.size // x.shape[1]
        return scale * (g - _channels(by_bias / count, x) - centered * _channels(by_weight / count, x))

    return by_input, by_weight, by_bias, None, None, None, None


@differentiable(_normalized_gradients)
def _normalized(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    mean: Array,
    var: Array,
    eps: float,
    training: bool,
) -> Array:
    """Normalize by ``mean`` and ``var``; ``training`` says that they are those of ``x``."""
    scale = 1.0 / np.sqrt(var.astype(np.float64) + eps)
    if weight is not None:
        scale = scale * weight
    out = x - _channels(mean, x)
    out *= _channels(scale, x)
    if bias is not None:
        out += _channels(bias, x)
    return out


def _channels(vector: Array, like: Array) -> Array:
    """Return a vector with an entry for each channel, in the dtype of ``like``, as it broadcasts there."""
    shape: Any = (-1, *(1,) * (like.ndim - 2))
    return vector.astype(like.dtype, copy=False).reshape(shape)


def _channel_sums(x: Array) -> Array:
    """Return the sum over each channel, computed in float64."""
    return np.asarray(x.sum(axis=(0, *range(2, x.ndim)), dtype=np.float64).astype(x.dtype))
