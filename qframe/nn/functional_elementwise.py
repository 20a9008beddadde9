"""Activation functions, softmax and dropout on float arrays; most take quantized tensors too."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from .. import ops
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
    return np.maximum(x, np.float32(0), out=_target(x, inplace))


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
    return np.clip(x, np.float32(min_val), np.float32(max_val), out=_target(x, inplace))


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where positive, else ``negative_slope * x``, as :func:`relu`."""
    if isinstance(input, QTensor):
        return _stored(input, ops.leaky_relu(input, negative_slope), inplace)
    x = float_array("leaky_relu", input)
    return _stored(x, np.where(x > 0, x, x * np.float32(negative_slope)), inplace)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where it exceeds ``threshold``, else ``value``, as :func:`relu`."""
    if isinstance(input, QTensor):
        return _stored(input, ops.threshold(input, threshold, value), inplace)
    x = float_array("threshold", input)
    kept = ~(x <= np.float32(threshold))  # NaN passes
    return _stored(x, np.where(kept, x, np.float32(value)), inplace)


def elu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Array:
    """x where positive, else ``alpha * (exp(x) - 1)``.

    Raises:
        DTypeError: no float array; a quantized tensor, whose result needs qparams of its own.
    """
    x = float_array("elu", input, fix=_needs_qparams("elu"))
    negative = np.float32(alpha) * np.expm1(np.minimum(x, np.float32(0)))
    return _stored(x, np.where(x > 0, x, negative), inplace)


def hardswish(input: Array, inplace: bool = False) -> Array:
    """``x * min(max(x + 3, 0), 6) / 6``.

    Raises:
        DTypeError: no float array; a quantized tensor, whose result needs qparams of its own.
    """
    x = float_array("hardswish", input, fix=_needs_qparams("hardswish"))
    gate = np.clip(x + np.float32(3), np.float32(0), np.float32(6))
    return _stored(x, x * gate / np.float32(6), inplace)


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
    gate = np.clip(x + np.float32(3), np.float32(0), np.float32(6))
    return _stored(x, gate / np.float32(6), inplace)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-x)); of a quantized tensor with the fixed output range 0..1."""
    if isinstance(input, QTensor):
        return ops.sigmoid(input)
    x = float_array("sigmoid", input)
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, np.float32(1), small) / (np.float32(1) + small)


def tanh(input: Tensor) -> Tensor:
    """tanh(x); of a quantized tensor with the fixed output range -1..1."""
    if isinstance(input, QTensor):
        return ops.tanh(input)
    return np.asarray(np.tanh(float_array("tanh", input)))


def softmax(input: Array, dim: int) -> Array:
    """exp(x), divided by its sum along ``dim``.

    Raises:
        DTypeError: no float array.
        ArgumentError: there is no dimension ``dim``.
    """
    powers = np.exp(_below_zero("softmax", input, dim))
    return np.asarray(powers / powers.sum(axis=dim, keepdims=True))


def log_softmax(input: Array, dim: int) -> Array:
    """The logarithm of :func:`softmax`, without its loss of small values."""
    x = _below_zero("log_softmax", input, dim)
    return np.asarray(x - np.log(np.exp(x).sum(axis=dim, keepdims=True)))


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
    return _stored(x, np.where(kept, x * scale, np.float32(0)), inplace)


def _needs_qparams(op: str) -> str:
    """Return what to advise where a quantized tensor meets a function that must requantize."""
    return (
        "Give this layer a qconfig before prepare(), put a DeQuantStub before it, or use "
        f"qframe.ops.{op} with an output scale and zero point"
    )


def _below_zero(op: str, input: Any, dim: int) -> Array:
    """Return x less its maximum along ``dim``, so that no exponential overflows."""
    x = float_array(op, input)
    if not -x.ndim <= dim < x.ndim:
        raise ArgumentError(
            f"{op}: dim={dim} for an input of shape {x.shape}", fix="Name an existing dimension"
        )
    return np.asarray(x - x.max(axis=dim, keepdims=True, initial=-np.inf))


def _target(x: Array, inplace: bool) -> Array:
    return x if inplace else np.empty_like(x)


def _stored(input: Tensor, result: Tensor, inplace: bool) -> Tensor:
    """Return ``result``, or ``input`` with the result stored in it."""
    if not inplace:
        return result
    if isinstance(input, QTensor):
        input.copy_(result)
    else:
        input[...] = result
    return input
