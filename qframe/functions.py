"""The functions of the ``qframe`` namespace.

Most take float arrays and quantized tensors alike, so that one ``forward`` serves the float, the
observed and the quantized model.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import ops
from .autograd.tracing import detach
from .dtypes import DType
from .errors import DTypeError, QuantizationWarning
from .nn import functional, functional_shape
from .nn.functional_fake_quantize import fake_quantize_per_channel_affine, fake_quantize_per_tensor_affine
from .qtensor import QTensor
from .qtensor.joining import cat_per_channel

__all__ = [
    "cat",
    "dequantize",
    "equal",
    "fake_quantize_per_channel_affine",
    "fake_quantize_per_tensor_affine",
    "flatten",
    "mean",
    "permute",
    "quantize_per_channel",
    "quantize_per_tensor",
    "relu",
    "reshape",
    "stack",
    "transpose",
]

Array = np.ndarray[Any, Any]
#: A float32 array or a QTensor; the result is of the same kind as the input.
Tensor = Any


def quantize_per_tensor(input: Any, scale: Any, zero_point: Any, dtype: DType) -> Any:
    """Return ``input`` quantized with one scale and zero point (mirrors ``torch.quantize_per_tensor``).

    Args:
        input: float32 array, or a list of arrays; then ``scale`` and ``zero_point`` are sequences
            and a tuple is returned.
        scale: a finite float above zero.
        zero_point: an int inside the range of ``dtype``.
        dtype: ``qframe.quint8``, ``qframe.qint8`` or ``qframe.qint32``.

    Raises:
        DTypeError: ``input`` is not float32.
        ArgumentError: scale or zero point out of range.
    """
    if isinstance(input, (list, tuple)):
        return tuple(
            quantize_per_tensor(x, s, z, dtype) for x, s, z in zip(input, scale, zero_point, strict=True)
        )
    return ops.quantize_per_tensor(input, float(scale), int(zero_point), dtype)


def quantize_per_channel(input: Array, scales: Any, zero_points: Any, axis: int, dtype: DType) -> QTensor:
    """Return ``input`` quantized slice by slice along ``axis`` (mirrors ``torch.quantize_per_channel``).

    Args:
        scales, zero_points: one entry for each slice.

    Raises:
        DTypeError: ``input`` is not float32.
        ArgumentError: vectors that do not fit the axis, or entries out of range.
    """
    return ops.quantize_per_channel(
        input, np.asarray(scales, dtype=np.float64), np.asarray(zero_points), axis, dtype
    )


def dequantize(tensor: Any) -> Any:
    """Return the real values as float32; for a list of tensors, a tuple (mirrors ``torch.dequantize``).

    Raises:
        DTypeError: not a quantized tensor.
    """
    if isinstance(tensor, (list, tuple)):
        return tuple(map(dequantize, tensor))
    return ops.dequantize(tensor)


def relu(input: Tensor) -> Tensor:
    """max(x, 0)."""
    return functional.relu(input)


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join arrays or quantized tensors along ``dim``.

    Quantized tensors are requantized to the qparams of the first; where theirs differ, a warning
    says so, since values outside the first one's range are clipped.  Per-channel tensors keep all
    qparams: joined along the channel axis those of both, else they must have the same.

    Raises:
        DTypeError: float and quantized tensors are mixed.
        QSchemeError: per-channel tensors that do not go together.
    """
    quantized = [isinstance(tensor, QTensor) for tensor in tensors]
    if not any(quantized):
        return functional_shape.joined(tensors, dim)
    if not all(quantized):
        raise DTypeError("cat of float and quantized tensors", fix="Quantize or dequantize all of them first")
    first = tensors[0]
    if any(tensor._axis is not None for tensor in tensors):
        return cat_per_channel(tensors, dim)
    if any(not first._same_qparams(other) for other in tensors[1:]):
        warnings.warn(
            f"cat requantizes its inputs to the first one's scale={first.q_scale()}, "
            f"zero_point={first.q_zero_point()}; values outside that range are clipped. "
            "Use nn.quantized.FloatFunctional().cat in the model, which is calibrated",
            QuantizationWarning,
            stacklevel=2,
        )
    return ops.cat(tensors, dim, first.q_scale(), first.q_zero_point())


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join arrays or quantized tensors of one shape along a new dimension ``dim``.

    Qparams and errors are those of :func:`cat`.
    """
    if not any(isinstance(tensor, QTensor) for tensor in tensors):
        return functional_shape.stacked(tensors, dim)
    expanded = [t.unsqueeze(dim) if isinstance(t, QTensor) else np.expand_dims(t, dim) for t in tensors]
    return cat(expanded, dim)


def mean(input: Tensor, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Tensor:
    """Mean over ``dim`` (default: all); quantized results keep the input's qparams."""
    if isinstance(input, QTensor):
        return ops.mean(input, (dim,) if isinstance(dim, int) else dim, keepdim)
    return functional_shape.mean(input, dim, keepdim)


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape."""
    return input.reshape(*shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge dimensions ``start_dim`` to ``end_dim`` into one."""
    return functional.flatten(input, start_dim, end_dim)


def permute(input: Tensor, *dims: Any) -> Tensor:
    """A view with the dimensions in the given order."""
    if isinstance(input, QTensor):
        return input.permute(*dims)
    return input.transpose(dims[0] if len(dims) == 1 else dims)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A view with two dimensions swapped."""
    if isinstance(input, QTensor):
        return input.transpose(dim0, dim1)
    return input.swapaxes(dim0, dim1)


def equal(input: Any, other: Any) -> bool:
    """Whether shape and all elements (of quantized tensors: integers, dtype and qparams) are the same."""
    if isinstance(input, QTensor):
        return input.equal(other)
    return not isinstance(other, QTensor) and np.array_equal(detach(input), detach(other))
