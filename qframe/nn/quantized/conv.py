"""Convolutions with quantized input and output."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...ops.packed import PackedConv
from ...qtensor import QTensor
from .. import conv as float_conv
from ..functional_checks import whole_numbers
from .functional import check_padding_mode
from .observed import (
    ACTIVATION_DTYPE,
    output_qparams,
    quantized_parameters,
    require_convertible,
)
from .requantizing import Requantizing
from .weighted import WeightedModule

Array = np.ndarray[Any, Any]
Size = int | tuple[int, ...]


class ConvNd(Requantizing, WeightedModule):
    """Base of the quantized convolutions."""

    _dims: int
    _float_module: type

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__()
        check_padding_mode(self._get_name(), padding_mode)
        _check_groups(self._get_name(), in_channels, out_channels, groups)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = whole_numbers("kernel_size", kernel_size, self._dims)
        self.stride = whole_numbers("stride", stride, self._dims)
        self.padding = whole_numbers("padding", padding, self._dims)
        self.dilation = whole_numbers("dilation", dilation, self._dims)
        self.groups = groups
        self.padding_mode = padding_mode
        weight = QTensor.per_tensor(np.zeros(self._weight_shape(), dtype=np.int8), 1.0, 0)
        self._packed_params = self._holder(weight, np.zeros(out_channels, dtype=np.float32) if bias else None)

    def _weight_shape(self) -> tuple[int, ...]:
        return self.out_channels, self.in_channels // self.groups, *self.kernel_size

    def _holder(self, weight: Any, bias: Array | None) -> PackedConv:
        return PackedConv(weight, bias, self.stride, self.padding, self.dilation, self.groups)

    def forward(self, input: QTensor) -> QTensor:
        packed: Any = self._packed_params
        return packed(input, self.scale, self.zero_point, clamp=self._clamp())

    def _get_name(self) -> str:
        return f"QuantizedConv{self._dims}d"

    def extra_repr(self) -> str:
        pieces = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}",
            f"scale={self.scale}, zero_point={self.zero_point}",
        ]
        if any(self.padding):
            pieces.append(f"padding={self.padding}")
        if any(step != 1 for step in self.dilation):
            pieces.append(f"dilation={self.dilation}")
        if self.groups != 1:
            pieces.append(f"groups={self.groups}")
        if self._packed_params.bias is None:
            pieces.append("bias=False")
        return ", ".join(pieces)

    @classmethod
    def from_float(cls, mod: Any) -> Any:
        """Return the quantized form of a float convolution that was calibrated, or trained with rounding.

        Args:
            mod: exactly the float module of the same name, with ``qconfig`` and ``activation_post_process``,
                or its form for quantization-aware training, with or without batch norm.

        Raises:
            ConfigurationError: another type, no qconfig, no observer, or observers for other dtypes.
            UnsupportedArgument: its padding mode is not "zeros".
        """
        require_convertible(cls, mod, cls._float_module)
        return cls._from_observed(mod, mod)

    @classmethod
    def _from_observed(cls, mod: Any, conv: Any) -> Any:
        weight, bias = quantized_parameters(mod, conv)
        quantized = cls(
            conv.in_channels,
            conv.out_channels,
            conv.kernel_size,
            conv.stride,
            conv.padding,
            conv.dilation,
            conv.groups,
            bias is not None,
            conv.padding_mode,
        )
        quantized.set_weight_bias(weight, bias)
        quantized.scale, quantized.zero_point = output_qparams(mod, ACTIVATION_DTYPE)
        return quantized


class Conv1d(ConvNd):
    """1-D convolution, requantized to (scale, zero_point) (mirrors ``torch.nn.quantized.Conv1d``).

    Args:
        in_channels, out_channels: channels of input and output.
        kernel_size, stride, padding, dilation: a number, or one for each spatial dimension.
        groups: splits the channels; divides both numbers of channels.
        bias: whether there is a bias, zero at first.
        padding_mode: "zeros" is the only one.

    ``forward`` takes quint8 of shape (N, C, L) and returns quint8.  It raises DTypeError for float arrays and
    other dtypes, ArgumentError for other shapes.

    Attributes:
        scale: float, of the output, 1.0 at first.
        zero_point: int, of the output, 0 at first.

    Raises:
        UnsupportedArgument: another padding mode (also a NotImplementedError).
        ArgumentError: numbers that do not fit together.
    """

    _dims = 1
    _float_module: type = float_conv.Conv1d


class Conv2d(ConvNd):
    """2-D convolution, requantized to (scale, zero_point) (mirrors ``torch.nn.quantized.Conv2d``).

    As :class:`Conv1d`, for inputs of shape (N, C, H, W).
    """

    _dims = 2
    _float_module: type = float_conv.Conv2d


class Conv3d(ConvNd):
    """3-D convolution, requantized to (scale, zero_point) (mirrors ``torch.nn.quantized.Conv3d``).

    As :class:`Conv1d`, for inputs of shape (N, C, D, H, W).
    """

    _dims = 3
    _float_module: type = float_conv.Conv3d


def _check_groups(name: str, in_channels: int, out_channels: int, groups: int) -> None:
    for what, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if groups < 1 or channels % groups:
            raise ArgumentError(
                f"{name}: {what}={channels} is not divisible by groups={groups}",
                fix="Choose groups that divide both numbers of channels",
            )
