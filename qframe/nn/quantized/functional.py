"""Functions of quantized tensors (mirrors ``torch.nn.quantized.functional``).

Functions with a weight pack it on every call; the modules pack once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...dtypes import DType, quint8
from ...errors import DTypeError, UnsupportedArgument
from ...ops.checks import check_activation, check_per_tensor, check_rank
from ...qtensor import QTensor
from ..functional_checks import whole_numbers
from .functional_elementwise import (
    clamp,
    elu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    relu,
    sigmoid,
    tanh,
    threshold,
)
from .functional_resize import interpolate, upsample, upsample_bilinear, upsample_nearest

Array = np.ndarray[Any, Any]
Size = int | tuple[int, ...]

__all__ = [
    "adaptive_avg_pool2d",
    "avg_pool2d",
    "avg_pool3d",
    "clamp",
    "conv1d",
    "conv2d",
    "conv3d",
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "interpolate",
    "leaky_relu",
    "linear",
    "max_pool2d",
    "relu",
    "sigmoid",
    "tanh",
    "threshold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]


def linear(
    input: QTensor,
    weight: QTensor,
    bias: Array | None = None,
    scale: float | None = None,
    zero_point: int | None = None,
) -> QTensor:
    """``input @ weight.T + bias``, requantized to quint8.

    Args:
        input: quint8, shape (..., in_features), at least two dimensions.
        weight: qint8, shape (out_features, in_features), per tensor or per channel axis 0.
        bias: float32, shape (out_features,), or None.
        scale, zero_point: of the output; None: the input's.

    Raises:
        DTypeError, QSchemeError, ArgumentError: arguments of another kind.
    """
    check_activation("linear", input)
    scale = input.q_scale() if scale is None else scale
    zero_point = input.q_zero_point() if zero_point is None else zero_point
    return ops.PackedLinear(weight, bias)(input, scale, zero_point)


def conv1d(
    input: QTensor,
    weight: QTensor,
    bias: Array | None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    scale: float = 1.0,
    zero_point: int = 0,
    dtype: DType = quint8,
) -> QTensor:
    """1-D convolution, requantized to quint8.

    Args:
        input: quint8, shape (N, C, L).
        weight: qint8, shape (out_channels, C / groups, kernel), per tensor or per channel axis 0.
        bias: float32, shape (out_channels,), or None.
        padding_mode: "zeros" is the only one.
        scale, zero_point: of the output.
        dtype: of the output; quint8 is the only one.

    Raises:
        UnsupportedArgument: another padding mode (also a NotImplementedError).
        DTypeError, QSchemeError, ArgumentError: arguments of another kind.
    """
    numbers = stride, padding, dilation, groups
    return _conv(1, input, weight, bias, numbers, padding_mode, scale, zero_point, dtype)


def conv2d(
    input: QTensor,
    weight: QTensor,
    bias: Array | None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    scale: float = 1.0,
    zero_point: int = 0,
    dtype: DType = quint8,
) -> QTensor:
    """2-D convolution, requantized to quint8: :func:`conv1d` for (N, C, H, W)."""
    numbers = stride, padding, dilation, groups
    return _conv(2, input, weight, bias, numbers, padding_mode, scale, zero_point, dtype)


def conv3d(
    input: QTensor,
    weight: QTensor,
    bias: Array | None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    scale: float = 1.0,
    zero_point: int = 0,
    dtype: DType = quint8,
) -> QTensor:
    """3-D convolution, requantized to quint8: :func:`conv1d` for (N, C, D, H, W)."""
    numbers = stride, padding, dilation, groups
    return _conv(3, input, weight, bias, numbers, padding_mode, scale, zero_point, dtype)


def check_padding_mode(name: str, padding_mode: str) -> None:
    """Raise unless the padding mode is "zeros".

    Raises:
        UnsupportedArgument: it is not (also a NotImplementedError).
    """
    if padding_mode != "zeros":
        raise UnsupportedArgument(
            f"{name}: padding_mode={padding_mode!r}; quantized convolutions support only zero padding",
            fix="Use padding_mode='zeros', or leave this layer in float (qconfig None)",
        )


def _conv(
    dims: int,
    input: QTensor,
    weight: QTensor,
    bias: Array | None,
    numbers: tuple[Size, Size, Size, int],
    padding_mode: str,
    scale: float,
    zero_point: int,
    dtype: DType,
) -> QTensor:
    name = f"conv{dims}d"
    check_activation(name, input)
    check_padding_mode(name, padding_mode)
    if dtype is not quint8:
        raise DTypeError(f"{name}: dtype={dtype!r}; the output is quint8", fix="Leave dtype at its default")
    stride, padding, dilation, groups = numbers
    packed = ops.PackedConv(
        weight,
        bias,
        whole_numbers("stride", stride, dims),
        whole_numbers("padding", padding, dims),
        whole_numbers("dilation", dilation, dims),
        groups,
    )
    return packed(input, scale, zero_point)


def max_pool2d(
    input: QTensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> QTensor:
    """Largest value in each window, with the input's qparams.

    Args:
        input: per-tensor quantized, shape (N, C, H, W).
        stride: None: ``kernel_size``.
        ceil_mode: keep a last, partial window.

    Raises:
        UnsupportedArgument: ``return_indices`` (also a NotImplementedError).
        DTypeError, QSchemeError, ArgumentError: the input or the window do not fit.
    """
    if return_indices:
        raise UnsupportedArgument(
            "max_pool2d: return_indices=True; quantized pooling gives no indices",
            fix="Use return_indices=False, or pool in float",
        )
    kernel, steps = _window(kernel_size, stride)
    return ops.max_pool2d(
        input, kernel, steps, _pair("padding", padding), _pair("dilation", dilation), ceil_mode
    )


def avg_pool2d(
    input: QTensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> QTensor:
    """Average of each window, with the input's qparams.

    Args:
        input: per-tensor quantized, shape (N, C, H, W).
        stride: None: ``kernel_size``.
        ceil_mode: keep a last, partial window.
        count_include_pad: padding counts in the divisor.
        divisor_override: divide by this instead.

    Raises:
        DTypeError, QSchemeError, ArgumentError: the input or the window do not fit.
    """
    kernel, steps = _window(kernel_size, stride)
    return ops.avg_pool2d(
        input, kernel, steps, _pair("padding", padding), ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: QTensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> QTensor:
    """Average of each window of volumes, with the input's qparams: :func:`avg_pool2d` for (N, C, D, H, W)."""
    kernel: Any = whole_numbers("kernel_size", kernel_size, 3)
    steps: Any = kernel if stride is None else whole_numbers("stride", stride, 3)
    border: Any = whole_numbers("padding", padding, 3)
    return ops.avg_pool3d(input, kernel, steps, border, ceil_mode, count_include_pad, divisor_override)


def adaptive_avg_pool2d(input: QTensor, output_size: int | tuple[int | None, int | None] | None) -> QTensor:
    """Average of each of ``output_size`` windows that cover the input, with the input's qparams.

    Args:
        input: per-tensor quantized, shape (N, C, H, W).
        output_size: a number, or (H, W) where None keeps the input's size.

    Raises:
        DTypeError, QSchemeError, ArgumentError: the input or the output size do not fit.
    """
    check_per_tensor("adaptive_avg_pool2d", input)
    check_rank("adaptive_avg_pool2d", input, 4, "(N, C, H, W)")
    sizes = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    if len(sizes) == 2:
        sizes = tuple(own if wish is None else wish for wish, own in zip(sizes, input.shape[2:], strict=True))
    return ops.adaptive_avg_pool2d(input, _pair("output_size", sizes))


def _pair(name: str, value: Any) -> tuple[int, int]:
    first, second = whole_numbers(name, value, 2)
    return first, second


def _window(kernel_size: Size, stride: Size | None) -> tuple[tuple[int, int], tuple[int, int]]:
    kernel = _pair("kernel_size", kernel_size)
    return kernel, kernel if stride is None else _pair("stride", stride)
