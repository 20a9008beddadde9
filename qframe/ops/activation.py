"""Elementwise functions: two ops that engines provide, and the functions built on them.

A function that is a clamp runs as ``clamp`` on codes.  Every other function of an 8-bit tensor is
*defined* by a 256-entry table that is computed here, once for each set of qparams, and applied by
``lookup``; so a new function needs no new kernel.  qint32 tensors run the same formula directly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .. import numerics
from ..dtypes import DType, dtype_of
from ..engines import op
from ..errors import ArgumentError
from ..qtensor import QTensor
from .checks import check_per_tensor, check_qparams

Array = np.ndarray[Any, Any]
Formula = Callable[..., Array]


@op(qparams="input")
def clamp(x: QTensor, low: int, high: int) -> QTensor:
    """Limit the codes of ``x`` to ``low..high``; qparams stay.

    Raises:
        DTypeError, QSchemeError: ``x`` is not per-tensor quantized.
        ArgumentError: ``low`` exceeds ``high``, or a bound is no code of the dtype.
    """
    check_per_tensor("clamp", x)
    if not x.dtype.minimum <= low <= high <= x.dtype.maximum:
        raise ArgumentError(
            f"clamp to codes {low}..{high} of {x.dtype!r} ({x.dtype.minimum}..{x.dtype.maximum})",
            fix="Give the smaller bound first, both inside the dtype's range",
        )


@op
def lookup(x: QTensor, table: Array, scale: float, zero_point: int) -> QTensor:
    """Replace each code of an 8-bit ``x`` by ``table[code - dtype.minimum]``, which has the given qparams.

    Args:
        table: 256 codes of the output dtype, which its NumPy type tells.

    Raises:
        DTypeError, QSchemeError: ``x`` is not per-tensor quantized, the table no array of codes.
        ArgumentError: ``x`` has more than 8 bits, or the table another length.
    """
    check_per_tensor("lookup", x)
    if x.dtype.bits != 8 or table.shape != (256,):
        raise ArgumentError(
            f"lookup takes an 8-bit tensor and a table of 256 codes, got {x.dtype!r} and shape {table.shape}",
            fix="Quantize to 8 bits",
        )
    check_qparams(scale, zero_point, dtype_of(table))


def relu(x: QTensor) -> QTensor:
    """max(x, 0), with the input's qparams."""
    check_per_tensor("relu", x)
    return clamp(x, x.q_zero_point(), x.dtype.maximum)


def relu6(x: QTensor) -> QTensor:
    """min(max(x, 0), 6), with the input's qparams."""
    return hardtanh(x, 0.0, 6.0)


def hardtanh(x: QTensor, min_val: float | None = -1.0, max_val: float | None = 1.0) -> QTensor:
    """Limit ``x`` to ``min_val..max_val`` (None: open), with the input's qparams.

    Raises:
        ArgumentError: ``min_val`` exceeds ``max_val``.
    """
    check_per_tensor("hardtanh", x)
    if min_val is not None and max_val is not None and min_val > max_val:
        raise ArgumentError(f"min_val {min_val} exceeds max_val {max_val}", fix="Swap them")
    return clamp(x, *numerics.clamp_codes(min_val, max_val, x.q_scale(), x.q_zero_point(), x.dtype))


def leaky_relu(
    x: QTensor, negative_slope: float = 0.01, scale: float | None = None, zero_point: int | None = None
) -> QTensor:
    """x where positive, else ``negative_slope * x``; qparams default to the input's."""
    check_per_tensor("leaky_relu", x)
    scale = x.q_scale() if scale is None else scale
    zero_point = x.q_zero_point() if zero_point is None else zero_point
    return _elementwise(x, _leaky_relu, (negative_slope,), scale, zero_point)


def threshold(x: QTensor, threshold: float, value: float) -> QTensor:
    """x where it exceeds ``threshold``, else ``value``, with the input's qparams."""
    check_per_tensor("threshold", x)
    return _elementwise(x, _threshold, (threshold, value), x.q_scale(), x.q_zero_point())


def sigmoid(x: QTensor, scale: float | None = None, zero_point: int | None = None) -> QTensor:
    """1 / (1 + exp(-x)); by default the output covers 0..1 with scale 2**-bits."""
    check_per_tensor("sigmoid", x)
    lowest = x.dtype.minimum if x.dtype.bits == 8 else 0
    scale = 2.0**-x.dtype.bits if scale is None else scale
    return _elementwise(x, _sigmoid, (), scale, lowest if zero_point is None else zero_point)


def tanh(x: QTensor) -> QTensor:
    """tanh(x); the output covers -1..1 with scale 2**(1 - bits)."""
    check_per_tensor("tanh", x)
    zero_point = (x.dtype.minimum + x.dtype.maximum + 1) // 2
    return _elementwise(x, _tanh, (), 2.0 ** (1 - x.dtype.bits), zero_point)


def hardsigmoid(x: QTensor) -> QTensor:
    """min(max(x + 3, 0), 6) / 6; the output covers 0..1 with scale 2**-bits."""
    check_per_tensor("hardsigmoid", x)
    zero_point = x.dtype.minimum if x.dtype.bits == 8 else 0
    return _elementwise(x, _hardsigmoid, (), 2.0**-x.dtype.bits, zero_point)


def hardswish(x: QTensor, scale: float, zero_point: int) -> QTensor:
    """x * min(max(x + 3, 0), 6) / 6, requantized to (scale, zero_point)."""
    check_per_tensor("hardswish", x)
    return _elementwise(x, _hardswish, (), scale, zero_point)


def elu(x: QTensor, scale: float, zero_point: int, alpha: float = 1.0) -> QTensor:
    """x where positive, else ``alpha * (exp(x) - 1)``, requantized to (scale, zero_point)."""
    check_per_tensor("elu", x)
    return _elementwise(x, _elu, (alpha,), scale, zero_point)


def _elementwise(
    x: QTensor, formula: Formula, constants: tuple[float, ...], scale: float, zero_point: int
) -> QTensor:
    if x.dtype.bits == 8:
        table = lookup_table(formula, constants, x.q_scale(), x.q_zero_point(), scale, zero_point, x.dtype)
        return lookup(x, table, scale, zero_point)
    check_qparams(scale, zero_point, x.dtype)
    real = formula(x.dequantize(), *constants)
    codes = numerics.quantize(real.astype(np.float32, copy=False), scale, zero_point, x.dtype)
    return QTensor(codes, scale, zero_point, x.dtype)


@lru_cache(maxsize=256)
def lookup_table(
    formula: Formula,
    constants: tuple[float, ...],
    input_scale: float,
    input_zero_point: int,
    scale: float,
    zero_point: int,
    dtype: DType,
) -> Array:
    """Return the 256 output codes of an elementwise function of an 8-bit dtype, in code order (read-only)."""
    check_qparams(scale, zero_point, dtype)
    codes = np.arange(dtype.minimum, dtype.maximum + 1).astype(dtype.numpy)
    real = formula(numerics.dequantize(codes, input_scale, input_zero_point), *constants)
    table = numerics.quantize(real.astype(np.float32, copy=False), scale, zero_point, dtype)
    table.flags.writeable = False
    return table


# The formulas take float32 and keep its roundings; transcendental functions go through float64.


def _leaky_relu(x: Array, slope: float) -> Array:
    return np.where(x > 0, x, x * np.float32(slope))


def _threshold(x: Array, threshold: float, value: float) -> Array:
    return np.where(x > np.float32(threshold), x, np.float32(value))


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-x.astype(np.float64))))


def _tanh(x: Array) -> Array:
    return np.asarray(np.tanh(x.astype(np.float64)))


def _hardsigmoid(x: Array) -> Array:
    return np.asarray(np.clip(x + np.float32(3), 0, 6) / np.float32(6))


def _hardswish(x: Array) -> Array:
    return np.asarray(x * np.clip(x + np.float32(3), 0, 6) / np.float32(6))


def _elu(x: Array, alpha: float) -> Array:
    negative = np.expm1(np.minimum(x, 0).astype(np.float64)).astype(np.float32)
    return np.where(x > 0, x, negative * np.float32(alpha))
