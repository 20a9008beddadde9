"""Softmax of float arrays and its logarithm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.tracing import differentiable
from ..errors import ArgumentError
from .functional_checks import Array, float_array


def softmax(input: Array, dim: int) -> Array:
    """exp(x), divided by its sum along ``dim``.

    Raises:
        DTypeError: no float array.
        ArgumentError: there is no dimension ``dim``.
    """
    return _softmax(_with_dimension("softmax", input, dim), dim)


def _softmax_gradient(g: Array, out: Array, x: Array, dim: int) -> tuple[Any, ...]:
    return out * (g - (g * out).sum(axis=dim, keepdims=True)), None


@differentiable(_softmax_gradient)
def _softmax(x: Array, dim: int) -> Array:
    powers = np.exp(_below_zero(x, dim))
    return np.asarray(powers / powers.sum(axis=dim, keepdims=True))


def log_softmax(input: Array, dim: int) -> Array:
    """The logarithm of :func:`softmax`, without its loss of small values."""
    return _log_softmax(_with_dimension("log_softmax", input, dim), dim)


def _log_softmax_gradient(g: Array, out: Array, x: Array, dim: int) -> tuple[Any, ...]:
    return g - np.exp(out) * g.sum(axis=dim, keepdims=True), None


@differentiable(_log_softmax_gradient)
def _log_softmax(x: Array, dim: int) -> Array:
    below = _below_zero(x, dim)
    return np.asarray(below - np.log(np.exp(below).sum(axis=dim, keepdims=True)))


def _with_dimension(op: str, input: Any, dim: int) -> Array:
    x = float_array(op, input)
    if not -x.ndim <= dim < x.ndim:
        raise ArgumentError(
            f"{op}: dim={dim} for an input of shape {x.shape}", fix="Name an existing dimension"
        )
    return x


def _below_zero(x: Array, dim: int) -> Array:
    """Return x less its maximum along ``dim``, so that no exponential overflows."""
    return np.asarray(x - x.max(axis=dim, keepdims=True, initial=-np.inf))
