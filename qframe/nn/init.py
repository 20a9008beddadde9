"""Initialisers: fill float arrays in place with random or constant values (mirrors ``torch.nn.init``).

Random numbers come from :func:`qframe.random.generator`; ``qframe.manual_seed`` makes them repeat.
Every function returns the array it was given.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError
from ..ops.checks import describe
from ..random import generator

Array = np.ndarray[Any, Any]

_PLAIN = ("linear", "conv1d", "conv2d", "conv3d", "sigmoid", "selu")


def uniform_(tensor: Array, a: float = 0.0, b: float = 1.0) -> Array:
    """Fill with numbers drawn evenly from ``a`` to ``b``.

    Raises:
        DTypeError: not a float array.
    """
    return _fill(tensor, generator().uniform(a, b, _float(tensor).shape))


def normal_(tensor: Array, mean: float = 0.0, std: float = 1.0) -> Array:
    """Fill from the normal distribution.

    Raises:
        DTypeError: not a float array.
        ArgumentError: ``std`` below zero.
    """
    if std < 0:
        raise ArgumentError(
            f"normal_: std={std} is below zero", fix="Give a standard deviation of at least 0"
        )
    return _fill(tensor, generator().normal(mean, std, _float(tensor).shape))


def constant_(tensor: Array, val: float) -> Array:
    """Fill with ``val``."""
    return _fill(tensor, val)


def zeros_(tensor: Array) -> Array:
    """Fill with 0."""
    return _fill(tensor, 0.0)


def ones_(tensor: Array) -> Array:
    """Fill with 1."""
    return _fill(tensor, 1.0)


def xavier_uniform_(tensor: Array, gain: float = 1.0) -> Array:
    """Fill evenly from ±gain · sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Raises:
        DTypeError: not a float array.
        ArgumentError: fewer than two dimensions.
    """
    bound = gain * math.sqrt(6.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Array, gain: float = 1.0) -> Array:
    """Fill normally with std gain · sqrt(2 / (fan_in + fan_out)); as :func:`xavier_uniform_`."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))))


def kaiming_uniform_(
    tensor: Array, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Array:
    """Fill evenly from ±gain · sqrt(3 / fan) (He et al., 2015).

    Args:
        a: slope of the leaky ReLU that follows, if it is one.
        mode: ``fan_in`` or ``fan_out``.
        nonlinearity: what follows, see :func:`calculate_gain`.

    Raises:
        DTypeError: not a float array.
        ArgumentError: fewer than two dimensions, unknown mode or nonlinearity.
    """
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Array, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Array:
    """Fill from a normal distribution with std = gain / sqrt(fan); as :func:`kaiming_uniform_`."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which weights before a nonlinearity are scaled up.

    Args:
        nonlinearity: linear, conv1d, conv2d, conv3d, sigmoid, selu, tanh, relu or leaky_relu.
        param: the slope of leaky_relu, by default 0.01.

    Raises:
        ArgumentError: unknown nonlinearity.
    """
    if nonlinearity == "selu":
        return 0.75
    if nonlinearity in _PLAIN:
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3.0
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1.0 + (0.01 if param is None else param) ** 2))
    known = ", ".join((*_PLAIN, "tanh", "relu", "leaky_relu"))
    raise ArgumentError(f"nonlinearity {nonlinearity!r} is unknown", fix=f"Choose one of {known}")


def fans(tensor: Array) -> tuple[int, int]:
    """Return how many inputs each output has and how many outputs each input has (fan_in, fan_out).

    Raises:
        DTypeError: not a float array.
        ArgumentError: fewer than two dimensions.
    """
    shape = _float(tensor).shape
    if len(shape) < 2:
        raise ArgumentError(
            f"an array of shape {shape} has no fan in and fan out",
            fix="Give a weight of at least two dimensions",
        )
    taps = math.prod(shape[2:])
    return shape[1] * taps, shape[0] * taps


def _kaiming_std(tensor: Array, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"mode {mode!r} is unknown", fix="Choose fan_in or fan_out")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan, 1))


def _float(tensor: Any) -> Array:
    if not isinstance(tensor, np.ndarray) or tensor.dtype.kind != "f":
        raise DTypeError(
            f"an initialiser fills a float array in place, got {describe(tensor)}",
            fix="Give a parameter of a float module",
        )
    return tensor


def _fill(tensor: Array, values: Any) -> Array:
    _float(tensor)[...] = values
    return tensor
