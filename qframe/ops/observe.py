"""Statistics of float data that observers collect."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engines import op
from ..errors import ArgumentError
from .checks import check_float

Array = np.ndarray[Any, Any]


def _check_not_empty(name: str, x: Array) -> None:
    check_float(name, x)
    if x.size == 0:
        raise ArgumentError(f"{name} of an empty array of shape {x.shape}", fix="Give it elements")


@op(qparams="none")
def min_max(x: Array) -> tuple[float, float]:
    """Smallest and largest element of float32 ``x``; NaN if there is one.

    Raises:
        DTypeError: ``x`` is not float32.
        ArgumentError: it is empty.
    """
    _check_not_empty("min_max", x)


@op(qparams="none")
def min_max_per_channel(x: Array, axis: int) -> tuple[Array, Array]:
    """Smallest and largest element of each slice along ``axis``, two float32 vectors.

    Raises:
        DTypeError: ``x`` is not float32.
        ArgumentError: it is empty, or has no such axis.
    """
    _check_not_empty("min_max_per_channel", x)
    if not 0 <= axis < x.ndim:
        raise ArgumentError(
            f"min_max_per_channel along axis {axis} of shape {x.shape}", fix="Choose an axis that exists"
        )


@op(qparams="none")
def histogram(x: Array, bins: int, low: float, high: float) -> Array:
    """Counts (float32, shape (bins,)) of the elements of float32 ``x`` in ``low..high``.

    The bin of ``v`` is ``int(float32(float32((v - low) / (high - low)) * bins))``, ``high`` belongs to
    the last; elements outside are dropped.

    Raises:
        DTypeError: ``x`` is not float32.
        ArgumentError: it is empty, ``bins`` below 1, or not ``low < high``.
    """
    _check_not_empty("histogram", x)
    if bins < 1 or not low < high:
        raise ArgumentError(
            f"histogram with {bins} bins from {low} to {high}", fix="Give at least one bin and low < high"
        )
