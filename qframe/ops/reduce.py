"""Reductions; the result keeps the input's qparams."""

from __future__ import annotations

from ..engines import op
from ..errors import ArgumentError
from ..qtensor import QTensor
from .checks import check_per_tensor


@op(qparams="input")
def mean(x: QTensor, dim: tuple[int, ...] | None, keepdim: bool) -> QTensor:
    """Mean over dimensions ``dim`` (None: all), rounded once from the exact integer sum.

    Raises:
        DTypeError, QSchemeError: ``x`` is not per-tensor quantized.
        ArgumentError: a dimension does not exist, appears twice, or has length zero.
    """
    check_per_tensor("mean", x)
    dims = range(x.ndim) if dim is None else dim
    positive = [d % x.ndim for d in dims if -x.ndim <= d < x.ndim]
    if len(set(positive)) != len(list(dims)):
        raise ArgumentError(
            f"mean over dimensions {dim} of shape {x.shape}", fix="Name existing ones, once each"
        )
    if any(x.shape[d] == 0 for d in positive):
        raise ArgumentError(f"mean over nothing: dimensions {dim} of shape {x.shape}", fix="Give it elements")
