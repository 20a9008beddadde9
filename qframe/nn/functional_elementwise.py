"""Activation functions and dropout on float arrays; most take quantized tensors too.

Each float function stands below the gradient that belongs to it.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from .. import ops
from ..autograd.tracing import differentiable, is_traced, store
from ..errors import ArgumentError, DTypeError
from ..qtensor import QTensor
from ..random import generator
from .functional_checks import check_probability, float_array

Array = np.ndarray[Any, Any]
Tensor = TypeVar("Tensor", Array, QTensor)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0) of a float array or quantized tensor of any shape.

    Args:
        inplace: store the result in ``input`` and return it.

    Raises:
        DTypeError: an integer array.
    """
    if isinstance(input, QTensor):
        return _stored(input, ops.relu(input), inplace)
    x = float_array("relu", input)
    if inplace and not is_traced(x):
        return np.maximum(x, np.float32(0), out=x)
    return _stored(x, _relu(x), inplace)


def _relu_gradient(g: Array, out: Array, x: Array) -> tuple[Array]:
    return (g * (out > 0),)


@differentiable(_relu_gradient)
def _relu(x: Array) -> Array:
    return np.maximum(x, np.float32(0), out=np.empty_like(x))


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6), as :func:`relu`."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """``x`` limited to ``min_val..max_val``, as :func:`relu`.

    Raises:
        DTypeError: an integer array.
        ArgumentError: ``min_val`` exceeds ``max_val``.
    """
    if isinstance(input, QTensor):
        return _stored(input, ops.hardtanh(input, min_val, max_val), inplace)
    x = float_array("hardtanh", input)
    if min_val > max_val:
        raise ArgumentError(f"hardtanh: min_val {min_val} exceeds max_val {max_val}", fix="Swap them")
    if inplace and not is_traced(x):
        return np.clip(x, np.float32(min_val), np.float32(max_val), out=x)
    return _stored(x, _clip(x, np.float32(min_val), np.float32(max_val)), inplace)


def _clip_gradient(g: Array, out: Array, x: Array, low: np.float32, high: np.float32) -> tuple[Any, ...]:
    return g * ((x > low) & (x < high)), None, None


@differentiable(_clip_gradient)
def _clip(x: Array, low: np.float32, high: np.float32) -> Array:
    return np.clip(x, low, high, out=np.empty_like(x))


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where positive, else ``negative_slope * x``, as :func:`relu`."""
    if isinstance(input, QTensor):
        return _stored(input, ops.leaky_relu(input, negative_slope), inplace)
    x = float_array("leaky_relu", input)
    return _stored(x, _leaky_relu(x, np.float32(negative_slope)), inplace)


def _leaky_relu_gradient(g: Array, out: Array, x: Array, slope: np.float32) -> tuple[Any, ...]:
    return np.where(x > 0, g, g * slope), None


@differentiable(_leaky_relu_gradient)
def _leaky_relu(x: Array, slope: np.float32) -> Array:
    return np.where(x > 0, x, x * slope)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where it exceeds ``threshold``, else ``value``, as :func:`relu`."""
    if isinstance(input, QTensor):
        return _stored(input, ops.threshold(input, threshold, value), inplace)
    x = float_array("threshold", input)
    return _stored(x, _threshold(x, np.float32(threshold), np.float32(value)), inplace)


def _threshold_gradient(g: Array, out: Array, x: Array, threshold: np.float32, _: Any) -> tuple[Any, ...]:
    return g * ~(x <= threshold), None, None


@differentiable(_threshold_gradient)
def _threshold(x: Array, threshold: np.float32, value: np.float32) -> Array:
    return np.where(~(x <= threshold), x, value)  # NaN passes


def elu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Array:
    """x where positive, else ``alpha * (exp(x) - 1)``.

    Raises:
        DTypeError: no float array; a quantized tensor, whose result needs qparams of its own.
    """
    x = float_array("elu", input, fix=_needs_qparams("elu"))
    return _stored(x, _elu(x, np.float32(alpha)), inplace)


def _elu_gradient(g: Array, out: Array, x: Array, alpha: np.float32) -> tuple[Any, ...]:
    return np.where(x > 0, g, g * (alpha * np.exp(np.minimum(x, np.float32(0))))), None


@differentiable(_elu_gradient)
def _elu(x: Array, alpha: np.float32) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, np.float32(0))))


def hardswish(input: Array, inplace: bool = False) -> Array:
    """``x * min(max(x + 3, 0), 6) / 6``.

    Raises:
        DTypeError: no float array; a quantized tensor, whose result needs qparams of its own.
    """
    x = float_array("hardswish", input, fix=_needs_qparams("hardswish"))
    return _stored(x, _hardswish(x), inplace)


def _hardswish_gradient(g: Array, out: Array, x: Array) -> tuple[Array]:
    slope = x / np.float32(3) + np.float32(0.5)
    return (g * np.where(x <= -3, np.float32(0), np.where(x < 3, slope, np.float32(1))),)


@differentiable(_hardswish_gradient)
def _hardswish(x: Array) -> Array:
    gate = np.clip(x + np.float32(3), np.float32(0), np.float32(6))
    return x * gate / np.float32(6)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """``min(max(x + 3, 0), 6) / 6``; of a quantized tensor with the fixed output range 0..1.

    Raises:
        DTypeError: an integer array.
        ArgumentError: ``inplace`` for a quantized tensor, whose result has other qparams.
    """
    if isinstance(input, QTensor):
        if inplace:
            raise ArgumentError(
                "hardsigmoid in place: the result of a quantized tensor has qparams of its own",
                fix="Use inplace=False",
            )
        return ops.hardsigmoid(input)
    x = float_array("hardsigmoid", input)
    return _stored(x, _hardsigmoid(x), inplace)


def _hardsigmoid_gradient(g: Array, out: Array, x: Array) -> tuple[Array]:
    return (g * ((x > -3) & (x < 3)) / np.float32(6),)


@differentiable(_hardsigmoid_gradient)
def _hardsigmoid(x: Array) -> Array:
    gate = np.clip(x + np.float32(3), np.float32(0), np.float32(6))
    return gate / np.float32(6)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-x)); of a quantized tensor with the fixed output range 0..1."""
    if isinstance(input, QTensor):
        return ops.sigmoid(input)
    return _sigmoid(float_array("sigmoid", input))


def _sigmoid_gradient(g: Array, out: Array, x: Array) -> tuple[Array]:
    return (g * out * (1 - out),)


@differentiable(_sigmoid_gradient)
def _sigmoid(x: Array) -> Array:
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, np.float32(1), small) / (np.float32(1) + small)


def tanh(input: Tensor) -> Tensor:
    """tanh(x); of a quantized tensor with the fixed output range -1..1."""
    if isinstance(input, QTensor):
        return ops.tanh(input)
    return _tanh(float_array("tanh", input))


def _tanh_gradient(g: Array, out: Array, x: Array) -> tuple[Array]:
    return (g * (1 - out * out),)


@differentiable(_tanh_gradient)
def _tanh(x: Array) -> Array:
    return np.asarray(np.tanh(x))


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability ``p`` and divide the others by ``1 - p``.

    Nothing happens unless ``training``; then quantized tensors pass too.  The random numbers come
    from :func:`qframe.random.generator`.

    Raises:
        ArgumentError: ``p`` is no probability.
        DTypeError: an integer array, or a quantized tensor while training.
    """
    check_probability("dropout", p)
    if isinstance(input, QTensor) and not training:
        return input
    if isinstance(input, QTensor):
        raise DTypeError("dropout of a quantized tensor in training mode", fix="Call eval() on the model")
    x = float_array("dropout", input)
    if not training or p == 0.0:
        return x
    kept = generator().random(x.shape, dtype=np.float32) >= np.float32(p)
    scale = np.float32(1.0 / (1.0 - p) if p < 1.0 else 1.0)
    return _stored(x, _masked(x, kept, scale), inplace)


def _masked_gradient(g: Array, out: Array, x: Array, kept: Array, scale: np.float32) -> tuple[Any, ...]:
    return np.where(kept, g * scale, np.float32(0)), None, None


@differentiable(_masked_gradient)
def _masked(x: Array, kept: Array, scale: np.float32) -> Array:
    return np.where(kept, x * scale, np.float32(0))


def _needs_qparams(op: str) -> str:
    """Return what to advise where a quantized tensor meets a function that must requantize."""
    return (
        "Give this layer a qconfig before prepare(), put a DeQuantStub before it, or use "
        f"qframe.ops.{op} with an output scale and zero point"
    )


def _stored(input: Tensor, result: Tensor, inplace: bool) -> Tensor:
    """Return ``result``, or ``input`` with the result stored in it."""
    if not inplace:
        return result
    if is_traced(input):
        return store(input, result)
    if isinstance(input, QTensor):
        input.copy_(result)
    else:
        input[...] = result
    return input
