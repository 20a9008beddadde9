"""The linear function on float arrays, and its gradients."""

from __future__ import annotations

import math
from typing import Any

from ..autograd.tracing import differentiable
from ..errors import ArgumentError
from .functional_checks import Array, float_array, optional_vector, weighted_input


def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """``input @ weight.T + bias``.

    Args:
        input: shape (..., in_features), float32.
        weight: shape (out_features, in_features).
        bias: shape (out_features,) or None.

    Returns:
        float32 array of shape (..., out_features).

    Raises:
        DTypeError: quantized or integer input.
        ArgumentError: shapes that do not fit.
    """
    x = weighted_input("linear", input)
    weight = float_array("linear", weight, "the weight")
    if weight.ndim != 2 or x.ndim < 1 or x.shape[-1] != weight.shape[1]:
        raise ArgumentError(
            f"linear: an input of shape {x.shape} does not fit the weight of shape {weight.shape} (out, in)",
            fix=f"The last dimension of the input must be {weight.shape[-1]}; flatten images first",
        )
    return _linear(x, weight, optional_vector("linear", bias, "the bias", weight.shape[0]))


def _linear_gradients(g: Array, out: Array, x: Array, weight: Array, bias: Array | None) -> Any:
    rows, inputs = g.reshape(-1, weight.shape[0]), x.reshape(-1, weight.shape[1])
    return (
        lambda: (rows @ weight).reshape(x.shape),
        lambda: rows.T @ inputs,
        lambda: rows.sum(axis=0),
    )


@differentiable(_linear_gradients)
def _linear(x: Array, weight: Array, bias: Array | None) -> Array:
    out = x.reshape(math.prod(x.shape[:-1]), weight.shape[1]) @ weight.T
    if bias is not None:
        out += bias
    return out.reshape(*x.shape[:-1], weight.shape[0])
