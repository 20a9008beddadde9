"""The contract of an op: it only checks; engines compute."""

from __future__ import annotations

from qframe.plugin import (
    ArgumentError,
    Clamp,
    DType,
    DTypeError,
    QSchemeError,
    QTensor,
    op,
)


def samples():
    """Return the samples for the conformance suite, which is imported when it asks."""
    from .samples import square

    return square()


@op(samples=samples)
def square(x: QTensor, scale: float, zero_point: int, dtype: DType, *, clamp: Clamp | None = None) -> QTensor:
    """``x * x`` requantized to (scale, zero_point) and ``dtype``.

    Raises:
        DTypeError, QSchemeError: ``x`` is no 8-bit or narrower tensor, quantized per tensor.
        ArgumentError: the zero point is no code of ``dtype``.
    """
    if not isinstance(x, QTensor) or x.dtype.bits != 8:
        raise DTypeError(f"square got {x!r:.60}; it needs a tensor of codes of at most 8 bits")
    if x.qscheme().per_channel:
        raise QSchemeError("square needs a tensor that is quantized per tensor")
    if not dtype.minimum <= zero_point <= dtype.maximum:
        raise ArgumentError(f"square: zero_point {zero_point} is no code of {dtype!r}")
