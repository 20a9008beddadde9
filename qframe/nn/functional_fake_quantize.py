"""Rounding of float arrays to a grid of codes, with the gradient that passes straight through."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..autograd.tracing import detach, differentiable, dtype_of
from .functional_checks import Array, float_array

_QUANTIZED = "Fake quantization is for float data: leave it out where data is quantized already"


def fake_quantize_per_tensor_affine(
    input: Array, scale: Any, zero_point: Any, quant_min: int, quant_max: int
) -> Array:
    """Return ``input`` rounded to what codes can represent, in float.

    Mirrors ``torch.fake_quantize_per_tensor_affine``: ``q = zero_point + rint(input / scale)``, then
    ``(clamp(q, quant_min, quant_max) - zero_point) * scale``.  The gradient passes where ``q`` lies between
    ``quant_min`` and ``quant_max`` and is zero elsewhere (a straight-through estimator).

    Args:
        input: float32, any shape.
        scale, zero_point: numbers.
        quant_min, quant_max: the smallest and the largest code.

    Raises:
        DTypeError: quantized or integer input.
        ArgumentError: a bad scale, or a zero point outside of the codes.
    """
    x = float_array("fake_quantize_per_tensor_affine", input, fix=_QUANTIZED)
    values, inside = ops.fake_quantize_per_tensor(
        _values(x), float(scale), int(zero_point), int(quant_min), int(quant_max)
    )
    return _rounded(x, values, inside)


def fake_quantize_per_channel_affine(
    input: Array, scale: Any, zero_point: Any, axis: int, quant_min: int, quant_max: int
) -> Array:
    """Return ``input`` rounded slice by slice along ``axis`` to what codes can represent, in float.

    Mirrors ``torch.fake_quantize_per_channel_affine``; otherwise as
    :func:`fake_quantize_per_tensor_affine`.

    Args:
        scale, zero_point: one entry for each slice.
        axis: from 0.

    Raises:
        DTypeError: quantized or integer input.
        ArgumentError: vectors that do not fit the axis, a bad scale, or a zero point outside of the codes.
    """
    x = float_array("fake_quantize_per_channel_affine", input, fix=_QUANTIZED)
    scales, zero_points = np.asarray(scale, dtype=np.float32), np.asarray(zero_point)
    values, inside = ops.fake_quantize_per_channel(
        _values(x), scales, zero_points, axis, int(quant_min), int(quant_max)
    )
    return _rounded(x, values, inside)


def _values(x: Any) -> Array:
    """Return the values of an array, traced or not, in the dtype that the ops take."""
    return np.asarray(detach(x), dtype=np.float32)


def _rounded(x: Any, values: Array, inside: Array) -> Array:
    """Return ``values`` in the dtype of ``x``, from which the gradient comes back."""
    return _straight_through(x, values.astype(dtype_of(x), copy=False), inside)


@differentiable(lambda g, out, x, values, inside: (g * inside, None, None))
def _straight_through(x: Array, values: Array, inside: Array) -> Array:
    """Return ``values``, which stand for ``x``; the gradient passes where ``inside``."""
    return values
