"""Checks that op contracts share: they raise before anything is computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.tracing import dtype_of, is_traced
from ..dtypes import DType, qint8, quint8
from ..errors import ArgumentError, DTypeError, GradientError, QSchemeError
from ..numerics import Clamp
from ..qparams import check_scale, check_zero_point
from ..qtensor import QTensor

Array = np.ndarray[Any, Any]


def describe(x: Any) -> str:
    """Return a short description of an argument for error messages."""
    if isinstance(x, QTensor):
        return f"a {x.dtype.name} tensor of shape {x.shape}"
    if isinstance(x, np.ndarray):
        return f"a {x.dtype} array of shape {x.shape}"
    if is_traced(x):
        return f"a {dtype_of(x)} array of shape {x.shape}, which is differentiated"
    return f"{type(x).__name__} {x!r:.60}"


def check_not_traced(op: str, x: Any) -> None:
    """Raise GradientError if ``x`` is differentiated."""
    if is_traced(x):
        raise GradientError(
            f"{op} got {describe(x)}; a quantized operation has no gradient",
            fix="Train the float model, or the one that prepare_qat makes of it, and convert it afterwards; "
            "use detach(x) if no gradient is wanted",
        )


def check_quantized(op: str, x: Any) -> None:
    """Raise unless ``x`` is a QTensor."""
    if not isinstance(x, QTensor):
        check_not_traced(op, x)
        raise DTypeError(
            f"{op} got {describe(x)}; it needs a quantized tensor",
            fix="Put a QuantStub before this layer (nn.quantized.Quantize after convert), "
            "or call qframe.quantize_per_tensor",
        )


def check_per_tensor(op: str, x: Any) -> None:
    """Raise unless ``x`` is quantized with one scale for all elements."""
    if type(x) is QTensor and x._axis is None:  # the usual case, on the path of every call
        return
    check_quantized(op, x)
    if x._axis is not None:
        raise QSchemeError(
            f"{op} needs activations quantized per tensor, got one quantized per channel (axis {x._axis})",
            fix="Use dequantize() and quantize_per_tensor() first; only weights are quantized per channel",
        )


def check_activation(op: str, x: Any) -> None:
    """Raise unless ``x`` is a per-tensor quint8 tensor, what linear and convolutions take."""
    check_per_tensor(op, x)
    if x._dtype is not quint8:
        raise DTypeError(
            f"{op} takes quint8 activations, got {describe(x)}",
            fix="Use an activation observer with dtype=qframe.quint8",
        )


def check_float(op: str, x: Any, name: str = "input") -> None:
    """Raise unless ``x`` is a float32 array."""
    if isinstance(x, QTensor):
        raise DTypeError(
            f"{op}: {name} is {describe(x)}; it needs a float32 array",
            fix="Put a DeQuantStub before this layer, or call dequantize()",
        )
    if not isinstance(x, (np.ndarray, np.float32)) or x.dtype != np.float32:
        check_not_traced(op, x)
        raise DTypeError(
            f"{op}: {name} is {describe(x)}; it needs a float32 array", fix="Use .astype('float32')"
        )


def check_same_dtype(op: str, a: QTensor, b: QTensor) -> None:
    """Raise unless both tensors have one dtype."""
    if a._dtype is not b._dtype:
        raise DTypeError(
            f"{op} got {a.dtype!r} and {b.dtype!r}; both must have the same dtype",
            fix="Use the same activation dtype for both branches",
        )


def check_broadcastable(op: str, a: QTensor, b: QTensor) -> None:
    """Raise unless the shapes broadcast as in NumPy."""
    if a._integers.shape == b._integers.shape:
        return
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ArgumentError(
            f"{op}: shapes {a.shape} and {b.shape} do not broadcast", fix="Give both the same shape"
        ) from None


def check_qparams(scale: float, zero_point: int, dtype: DType) -> None:
    """Raise unless scale and zero point suit ``dtype``."""
    if not (1e-30 < scale < 1e30):  # the full check only where it is close
        check_scale(scale)
    if type(zero_point) is not int or not dtype.minimum <= zero_point <= dtype.maximum:
        check_zero_point(zero_point, dtype)


def check_clamp(op: str, clamp: Clamp | None, dtype: DType) -> None:
    """Raise unless ``clamp`` is None or an ordered pair of codes of ``dtype``."""
    if clamp is not None and not dtype.minimum <= clamp[0] <= clamp[1] <= dtype.maximum:
        raise ArgumentError(
            f"{op}: clamp {tuple(clamp)} is not an ordered pair of {dtype.name} codes "
            f"({dtype.minimum}..{dtype.maximum})",
            fix="Compute it with qframe.plugin.clamp_codes",
        )


def check_rank(op: str, x: QTensor | Array, rank: int, layout: str) -> None:
    """Raise unless ``x`` has ``rank`` dimensions."""
    if x.ndim != rank:
        raise ArgumentError(
            f"{op} takes shape {layout}, got {x.shape}",
            fix="Add the batch dimension" if x.ndim == rank - 1 else "Reshape the input",
        )


def check_weight(op: str, weight: Any, rank: int) -> None:
    """Raise unless ``weight`` is qint8, with ``rank`` dimensions, per tensor or per output channel."""
    check_quantized(op, weight)
    if weight.dtype is not qint8:
        raise DTypeError(
            f"{op}: the weight is {weight.dtype!r}; it must be qframe.qint8",
            fix="Use a weight observer with dtype=qframe.qint8",
        )
    if weight.ndim != rank:
        raise ArgumentError(
            f"{op}: the weight has shape {weight.shape}; it must have {rank} dimensions",
            fix="Give (out, in) for linear, (out, in / groups, kernel...) for convolutions",
        )
    if weight.qscheme().per_channel and weight.q_per_channel_axis() != 0:
        raise QSchemeError(
            f"{op}: the weight is quantized per channel along axis {weight.q_per_channel_axis()}; "
            "only axis 0 (output channels) is supported",
            fix="Use a per-channel observer with ch_axis=0",
        )


def check_bias(op: str, bias: Any, channels: int) -> None:
    """Raise unless ``bias`` is None or a float32 vector with one entry for each output channel."""
    if bias is None:
        return
    check_float(op, bias, "the bias")
    if bias.shape != (channels,):
        raise ArgumentError(
            f"{op}: the bias has shape {bias.shape}, but there are {channels} output channels",
            fix=f"Give shape ({channels},)",
        )


def check_vector(op: str, name: str, vector: Any, length: int) -> None:
    """Raise unless ``vector`` is float32 of shape ``(length,)``."""
    check_float(op, vector, name)
    if vector.shape != (length,):
        raise ArgumentError(
            f"{op}: {name} has shape {vector.shape}, but there are {length} channels",
            fix=f"Give shape ({length},)",
        )
