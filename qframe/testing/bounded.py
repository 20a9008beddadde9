"""How far two float32 evaluations of one formula may lie apart, whatever the order of their sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Half a unit in the last place of 1: what one operation loses.
ROUNDING = 2.0**-24
#: What the sigmoid and tanh of :mod:`qframe.numerics.transcendental` lose, relative to their result.
TRANSCENDENTAL = 2.5 * 2.0**-23
#: Below this a float32 has fewer bits.
SMALLEST = 2.0**-126


@dataclass(frozen=True)
class Bounded:
    """Exact values (float64) and a bound on how far a float32 evaluation is from each.

    Sums, differences and products of two of these, and the functions below, carry the bounds along.
    """

    value: Array
    error: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the values."""
        return self.value.shape

    def __getitem__(self, key: Any) -> Bounded:
        return Bounded(self.value[key], self.error[key])

    def __add__(self, other: Bounded) -> Bounded:
        return _rounded(self.value + other.value, self.error + other.error)

    def __sub__(self, other: Bounded) -> Bounded:
        return _rounded(self.value - other.value, self.error + other.error)

    def __mul__(self, other: Bounded) -> Bounded:
        error = np.abs(self.value) * other.error + np.abs(other.value) * self.error + self.error * other.error
        return _rounded(self.value * other.value, error)


def exactly(values: Array) -> Bounded:
    """Return numbers that are given, hence not off."""
    return Bounded(values.astype(np.float64), np.zeros(values.shape))


def _rounded(value: Array, error: Array) -> Bounded:
    return Bounded(value, error + ROUNDING * (np.abs(value) + error + SMALLEST))


def product(x: Bounded, weight: Array, bias: Array | None, step: float = 0.0) -> Bounded:
    """Return ``x @ weight.T + bias``: K additions and products in any order.

    Args:
        step: how far each activation may be off beside its own error, because it is quantized.
    """
    magnitude = (np.abs(x.value) + x.error) @ np.abs(weight).T
    error = (x.error + step) @ np.abs(weight).T if x.shape[0] else np.zeros(magnitude.shape)
    value = x.value @ weight.T
    if bias is not None:
        value, magnitude = value + bias, magnitude + np.abs(bias)
    return Bounded(value, error + (x.shape[1] + 2) * ROUNDING * magnitude)


def _function(
    exact: Callable[[Array], Array], slope: float, width: float, loss: float
) -> Callable[[Bounded], Bounded]:
    """Return a function on bounds, from its largest slope, the width of its range and its own loss."""

    def apply(x: Bounded) -> Bounded:
        value = exact(x.value)
        error = np.minimum(slope * x.error, width)
        return Bounded(value, error + loss * (np.abs(value) + error + SMALLEST))

    return apply


sigmoid = _function(lambda x: 1 / (1 + np.exp(-np.clip(x, -700, 700))), 0.25, 1.0, TRANSCENDENTAL)
tanh = _function(np.tanh, 1.0, 2.0, TRANSCENDENTAL)
relu = _function(lambda x: np.maximum(x, 0), 1.0, np.inf, 0.0)
