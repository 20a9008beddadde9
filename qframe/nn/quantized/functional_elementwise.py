"""Activations of quantized tensors."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...errors import ArgumentError
from ...qtensor import QTensor


def relu(input: QTensor, inplace: bool = False) -> QTensor:
    """max(x, 0), with the input's qparams.

    Args:
        input: per-tensor quantized, any shape and dtype.
        inplace: write the result into ``input`` and return it.

    Raises:
        DTypeError, QSchemeError: ``input`` is float or quantized per channel.
    """
    return _stored(input, ops.relu(input), inplace)


def hardtanh(input: QTensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> QTensor:
    """``x`` limited to ``min_val..max_val``, with the input's qparams, as :func:`relu`.

    Raises:
        ArgumentError: ``min_val`` exceeds ``max_val``.
    """
    return _stored(input, ops.hardtanh(input, min_val, max_val), inplace)


def clamp(input: QTensor, min_: float, max_: float) -> QTensor:
    """``x`` limited to ``min_..max_`` (None: open), with the input's qparams, as :func:`hardtanh`."""
    return ops.hardtanh(input, min_, max_)


def leaky_relu(
    input: QTensor,
    negative_slope: float = 0.01,
    inplace: bool = False,
    scale: float | None = None,
    zero_point: int | None = None,
) -> QTensor:
    """x where positive, else ``negative_slope * x``, as :func:`relu`.

    Args:
        scale, zero_point: of the output; None: the input's.

    Raises:
        ArgumentError: ``inplace`` together with output qparams.
    """
    if inplace and not (scale is None and zero_point is None):
        raise ArgumentError(
            f"leaky_relu in place cannot rescale its input to scale={scale}, zero_point={zero_point}",
            fix="Use inplace=False, or leave out scale and zero_point",
        )
    return _stored(input, ops.leaky_relu(input, negative_slope, scale, zero_point), inplace)


def threshold(input: QTensor, threshold: float, value: float) -> QTensor:
    """x where it exceeds ``threshold``, else ``value``, with the input's qparams, as :func:`relu`."""
    given: dict[str, Any] = {"threshold": threshold, "value": value}
    for name, number in given.items():
        if number is None:
            raise ArgumentError(f"threshold: {name} is None", fix="Give a number")
    return ops.threshold(input, threshold, value)


def elu(input: QTensor, scale: float, zero_point: int, alpha: float = 1.0) -> QTensor:
    """x where positive, else ``alpha * (exp(x) - 1)``, requantized to (scale, zero_point).

    Raises:
        DTypeError, QSchemeError: ``input`` is float or quantized per channel.
        ArgumentError: scale or zero point out of range.
    """
    return ops.elu(input, scale, zero_point, alpha)


def hardswish(input: QTensor, scale: float, zero_point: int) -> QTensor:
    """``x * min(max(x + 3, 0), 6) / 6``, requantized to (scale, zero_point), as :func:`elu`."""
    return ops.hardswish(input, scale, zero_point)


def hardsigmoid(input: QTensor) -> QTensor:
    """``min(max(x + 3, 0), 6) / 6``; the output covers 0..1 with scale 1/256."""
    return ops.hardsigmoid(input)


def sigmoid(input: QTensor) -> QTensor:
    """1 / (1 + exp(-x)); the output covers 0..1 with scale 1/256."""
    return ops.sigmoid(input)


def tanh(input: QTensor) -> QTensor:
    """tanh(x); the output covers -1..1 with scale 2/256."""
    return ops.tanh(input)


def _stored(input: QTensor, output: QTensor, inplace: bool) -> QTensor:
    return input.copy_(output) if inplace else output
