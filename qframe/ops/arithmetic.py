"""Sums, products and concatenation."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..engines import op
from ..errors import ArgumentError
from ..numerics import Clamp
from ..qtensor import QTensor
from .checks import (
    check_broadcastable,
    check_clamp,
    check_per_tensor,
    check_qparams,
    check_same_dtype,
)


def _check_binary(
    name: str, a: QTensor, b: QTensor, scale: float, zero_point: int, clamp: Clamp | None
) -> None:
    check_per_tensor(name, a)
    check_per_tensor(name, b)
    check_same_dtype(name, a, b)
    check_broadcastable(name, a, b)
    check_qparams(scale, zero_point, a.dtype)
    if clamp is not None:
        check_clamp(name, clamp, a.dtype)


@op
def add(a: QTensor, b: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
    """Sum of two per-tensor tensors of one dtype, broadcast, requantized to (scale, zero_point).

    Both are dequantized, added in float32 and quantized.

    Raises:
        DTypeError, QSchemeError, ArgumentError: the operands or the qparams do not fit.
    """
    _check_binary("add", a, b, scale, zero_point, clamp)


@op
def mul(a: QTensor, b: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
    """Product of two per-tensor tensors of one dtype, broadcast, requantized to (scale, zero_point).

    The integer product of the centered codes is multiplied by ``a_scale * b_scale * (1 / scale)``.

    Raises:
        DTypeError, QSchemeError, ArgumentError: the operands or the qparams do not fit.
    """
    _check_binary("mul", a, b, scale, zero_point, clamp)


def _check_scalar(name: str, x: QTensor, value: float) -> None:
    check_per_tensor(name, x)
    if not math.isfinite(value):
        raise ArgumentError(f"{name}: the scalar {value!r} is not finite", fix="Give a finite number")


@op(qparams="derived")
def add_scalar(x: QTensor, value: float, *, relu: bool = False) -> QTensor:
    """``x + value``: moves the zero point; the scale grows only where the zero point would leave its range.

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x`` is not per-tensor quantized, ``value`` not finite.
    """
    _check_scalar("add_scalar", x, value)


@op(qparams="derived")
def mul_scalar(x: QTensor, value: float, *, relu: bool = False) -> QTensor:
    """``x * value``: changes the scale; a negative ``value`` mirrors codes and zero point, 0 gives codes 0.

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x`` is not per-tensor quantized, ``value`` not finite,
            or the new scale too small or large.
    """
    _check_scalar("mul_scalar", x, value)
    if value != 0:
        check_qparams(abs(value) * x.q_scale(), 0, x.dtype)


@op
def cat(
    tensors: Sequence[QTensor], dim: int, scale: float, zero_point: int, *, clamp: Clamp | None = None
) -> QTensor:
    """Join per-tensor tensors of one dtype along ``dim``, each requantized to (scale, zero_point).

    Raises:
        DTypeError, QSchemeError, ArgumentError: no tensors, or tensors that do not fit together.
    """
    if not tensors:
        raise ArgumentError("cat of no tensors", fix="Give at least one")
    for tensor in tensors:
        check_per_tensor("cat", tensor)
        check_same_dtype("cat", tensors[0], tensor)
    first = tensors[0].shape
    if not -len(first) <= dim < len(first):
        raise ArgumentError(f"cat along dimension {dim} of shape {first}", fix="Choose one that exists")
    dim %= len(first)
    for tensor in tensors:
        if tensor.shape[:dim] + tensor.shape[dim + 1 :] != first[:dim] + first[dim + 1 :]:
            raise ArgumentError(
                f"cat along dimension {dim}: shapes {[t.shape for t in tensors]} differ elsewhere",
                fix="Make all other dimensions equal",
            )
    check_qparams(scale, zero_point, tensors[0].dtype)
    check_clamp("cat", clamp, tensors[0].dtype)
