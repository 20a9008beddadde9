"""Losses on float arrays, and their gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd.tracing import detach, differentiable
from ..errors import ArgumentError, DTypeError
from ..ops.checks import describe
from .functional_checks import Array, check_choice, check_probability, float_array, optional_vector
from .functional_softmax import log_softmax

REDUCTIONS = ("none", "mean", "sum")


def mse_loss(input: Array, target: Array, *, reduction: str = "mean") -> Any:
    """Squared difference, averaged, summed or (``reduction="none"``) for each element.

    Raises:
        DTypeError: no float arrays.
        ArgumentError: different shapes, or an unknown reduction.
    """
    return _squared_error(*_pair("mse_loss", input, target, reduction), reduction)


def _squared_error_gradients(g: Array, out: Any, x: Array, target: Array, reduction: str) -> tuple[Any, ...]:
    gradient = _for_each(g, reduction, x) * (x - target) * np.float32(2)
    return gradient, lambda: -gradient, None


@differentiable(_squared_error_gradients)
def _squared_error(x: Array, target: Array, reduction: str) -> Any:
    difference = np.asarray(x - target)
    return _reduced(difference * difference, reduction)


def l1_loss(input: Array, target: Array, *, reduction: str = "mean") -> Any:
    """Absolute difference; as :func:`mse_loss`."""
    return _absolute_error(*_pair("l1_loss", input, target, reduction), reduction)


def _absolute_error_gradients(g: Array, out: Any, x: Array, target: Array, reduction: str) -> tuple[Any, ...]:
    gradient = _for_each(g, reduction, x) * np.sign(x - target)
    return gradient, lambda: -gradient, None


@differentiable(_absolute_error_gradients)
def _absolute_error(x: Array, target: Array, reduction: str) -> Any:
    return _reduced(np.asarray(np.abs(x - target)), reduction)


def cross_entropy(
    input: Array,
    target: Array,
    weight: Array | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Negative log of the softmax probability of the target class.

    Args:
        input: logits of shape (N, C) or (N, C, d1, ...), float32.
        target: class numbers of shape (N,) or (N, d1, ...), an integer array.
        weight: a factor for each class; ``"mean"`` then is the weighted mean.
        ignore_index: targets that do not count.
        label_smoothing: share of the target that is spread evenly over all classes.

    Raises:
        DTypeError: quantized or integer logits; float targets (class probabilities are not supported).
        ArgumentError: shapes that do not fit, a target out of range, an unknown reduction.
    """
    check_probability("cross_entropy (label_smoothing)", label_smoothing)
    log_p = _scores("cross_entropy", input)
    return _class_loss(
        "cross_entropy", log_softmax(log_p, 1), target, weight, ignore_index, reduction, label_smoothing
    )


def nll_loss(
    input: Array,
    target: Array,
    weight: Array | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """Negative of the log-probability of the target class; as :func:`cross_entropy` of log-probabilities."""
    return _class_loss("nll_loss", _scores("nll_loss", input), target, weight, ignore_index, reduction, 0.0)


def _pair(op: str, input: Any, target: Any, reduction: str) -> tuple[Array, Array]:
    check_choice("reduction", reduction, REDUCTIONS)
    x, y = float_array(op, input), float_array(op, target, "the target")
    if x.shape != y.shape:
        raise ArgumentError(
            f"{op}: input {x.shape} and target {y.shape} have different shapes",
            fix="Reshape the target; broadcasting here hides mistakes",
        )
    return x, y


def _reduced(losses: Array, reduction: str) -> Any:
    if reduction == "none":
        return losses
    total = losses.sum(dtype=np.float64)
    return losses.dtype.type(total if reduction == "sum" else total / losses.size if losses.size else np.nan)


def _for_each(g: Array, reduction: str, losses: Array) -> Array:
    """Return the gradient of each element's loss from that of what :func:`_reduced` made of them."""
    return g / losses.dtype.type(losses.size) if reduction == "mean" else g


def _scores(op: str, input: Any) -> Array:
    x = float_array(op, input)
    if x.ndim < 2:
        raise ArgumentError(
            f"{op} takes shape (N, C, ...), got {x.shape}", fix="Add the batch dimension: x[None]"
        )
    return x


def _checked_target(op: str, target: Any, log_p: Array, ignore_index: int) -> Array:
    if not isinstance(target, (np.ndarray, np.generic)) or target.dtype.kind not in "iu":
        raise DTypeError(
            f"{op}: the target is {describe(target)}; it needs an integer array of class numbers",
            fix="Use .astype('int64')",
        )
    target = np.asarray(target)
    if target.shape != log_p.shape[:1] + log_p.shape[2:]:
        raise ArgumentError(
            f"{op}: the target has shape {target.shape}, but the input {log_p.shape}",
            fix=f"Give shape {log_p.shape[:1] + log_p.shape[2:]}",
        )
    wrong: Array = (target != ignore_index) & ((target < 0) | (target >= log_p.shape[1]))
    if wrong.any():
        raise ArgumentError(
            f"{op}: target class {target[wrong].flat[0]} of {log_p.shape[1]} classes",
            fix=f"Classes run from 0 to {log_p.shape[1] - 1}; {ignore_index} is ignored",
        )
    return target


class _Targets(NamedTuple):
    """What the classes say: shape (N, ...), but for ``weight`` with a factor for each class.

    Attributes:
        label: the classes, 0 where ignored.
        kept: which are not ignored.
        factor: the weight of each label, 0 where ignored.
    """

    label: Array
    kept: Array
    factor: Array
    weight: Array


def _class_loss(
    op: str, log_p: Array, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Any:
    check_choice("reduction", reduction, REDUCTIONS)
    target = _checked_target(op, target, log_p, ignore_index)
    vector = optional_vector(op, detach(weight), "weight", log_p.shape[1])
    vector = np.ones(log_p.shape[1], np.float32) if vector is None else vector
    kept = target != ignore_index
    label = np.where(kept, target, 0)
    factor = np.where(kept, vector[label], np.float32(0))
    return _likelihood_loss(log_p, _Targets(label, kept, factor, vector), reduction, smoothing)


def _likelihood_gradients(
    g: Array, out: Any, log_p: Array, targets: _Targets, reduction: str, smoothing: float
) -> tuple[Any, ...]:
    if reduction == "mean":
        g = g / log_p.dtype.type(targets.factor.sum(dtype=np.float64))
    share = (g * np.float32(1 - smoothing)) * targets.factor
    gradient = np.zeros_like(log_p)
    np.put_along_axis(gradient, targets.label[:, None], -share[:, None], axis=1)
    if smoothing:
        weight = targets.weight.reshape(-1, *(1,) * (log_p.ndim - 2))
        spread = np.where(targets.kept, g * np.float32(smoothing / log_p.shape[1]), np.float32(0))
        gradient -= spread[:, None] * weight
    return gradient, None, None, None


@differentiable(_likelihood_gradients)
def _likelihood_loss(log_p: Array, targets: _Targets, reduction: str, smoothing: float) -> Any:
    label, kept, factor, weight = targets
    chosen = np.take_along_axis(log_p, label[:, None], axis=1)[:, 0]
    losses = -np.where(kept, chosen, np.float32(0)) * factor
    if smoothing:
        spread = -np.tensordot(weight, log_p, axes=(0, 1)) / np.float32(log_p.shape[1])
        losses = np.float32(1 - smoothing) * losses + np.where(
            kept, np.float32(smoothing) * spread, np.float32(0)
        )
    if reduction != "mean":
        return _reduced(losses, reduction)
    with np.errstate(invalid="ignore"):  # all targets ignored: the mean of nothing is NaN
        return losses.dtype.type(losses.sum(dtype=np.float64) / factor.sum(dtype=np.float64))
