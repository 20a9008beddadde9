"""Joining per-channel QTensors: integers are copied as they are, nothing is requantized."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import ArgumentError, DTypeError, QSchemeError
from .tensor import QTensor
from .views import dimension


def cat_per_channel(tensors: Sequence[QTensor], dim: int) -> QTensor:
    """Return the tensors joined along ``dim``.

    Raises:
        DTypeError: the tensors have several dtypes.
        QSchemeError: one is quantized per tensor or along another axis, or they are joined along another
            dimension than that of the channels, whose qparams differ.
        ArgumentError: their shapes do not go together, or there is no dimension ``dim``.
    """
    first = tensors[0]
    position = dimension(dim, first.ndim)
    if any(other.dtype is not first.dtype for other in tensors):
        raise DTypeError("cat of quantized tensors of several dtypes", fix="Quantize them to one dtype first")
    if any(other._axis != first._axis for other in tensors):
        raise QSchemeError(
            "cat of tensors that are quantized along different axes, or some of them per tensor",
            fix="Use dequantize() first",
        )
    scale, zero_point = first._scale, first._zero_point
    if position == first._axis:
        scale = np.concatenate([tensor._scale for tensor in tensors])
        zero_point = np.concatenate([tensor._zero_point for tensor in tensors])
    elif any(not first._same_qparams(other) for other in tensors):
        raise QSchemeError(
            f"cat along dimension {dim} of tensors whose channels (axis {first._axis}) have other qparams",
            fix="Use dequantize() first",
        )
    try:
        integers = np.concatenate([tensor._integers for tensor in tensors], axis=position)
    except ValueError as error:
        raise ArgumentError(
            f"cat of shapes {', '.join(str(tensor.shape) for tensor in tensors)} along dimension {dim}",
            fix="Give shapes that differ in that dimension only",
        ) from error
    return QTensor(integers, scale, zero_point, first.dtype, first._axis)
