"""Convolution layers for one, two and three spatial dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..errors import ArgumentError
from . import functional, init
from .functional_checks import (
    Array,
    Ints,
    check_choice,
    check_counts,
    check_ranks,
    weighted_input,
    whole_numbers,
)
from .module import Module

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What the convolutions share; subclasses tell the number of spatial dimensions."""

    _dims: ClassVar[int]
    _layout: ClassVar[str]
    _function: ClassVar[Callable[..., Array]]

    weight: Array
    bias: Array | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__()
        _check_channels(type(self).__name__, in_channels, out_channels, groups)
        check_choice("padding_mode", padding_mode, PADDING_MODES)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = whole_numbers("kernel_size", kernel_size, self._dims, 1)
        self.stride = whole_numbers("stride", stride, self._dims, 1)
        self.padding = whole_numbers("padding", padding, self._dims)
        self.dilation = whole_numbers("dilation", dilation, self._dims, 1)
        self.transposed = False
        self.output_padding = (0,) * self._dims
        self.groups = groups
        self.padding_mode = padding_mode
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.register_parameter("weight", np.empty(shape, np.float32))
        self.register_parameter("bias", np.empty(out_channels, np.float32) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, evenly from ±1/sqrt(in_channels / groups · taps)."""
        bound = 1.0 / math.sqrt(init.fans(self.weight)[0])
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Array) -> Array:
        """Return shape (N, out_channels, ...) for an input of shape (N, in_channels, ...)."""
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Array, weight: Array, bias: Array | None) -> Array:
        """Convolve with a weight and a bias that may stand in for the module's own."""
        padding = self.padding
        if self.padding_mode != "zeros":
            name = type(self).__name__
            input = weighted_input(name, input)
            check_ranks(name, input, self._layout)
            both = [p for length in reversed(padding) for p in (length, length)]
            input = functional.pad(input, both, mode=self.padding_mode)
            padding = (0,) * self._dims
        convolve = type(self)._function
        return convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """Return the arguments, without those that have their default."""
        parts = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        ]
        if any(self.padding):
            parts.append(f"padding={self.padding}")
        if any(d != 1 for d in self.dilation):
            parts.append(f"dilation={self.dilation}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class Conv1d(_ConvNd):
    """Convolution over (N, C, L); arguments as :class:`Conv2d` (mirrors ``torch.nn.Conv1d``)."""

    kernel_size: Ints
    _dims = 1
    _layout = "(N, C, L)"
    _function = staticmethod(functional.conv1d)


class Conv2d(_ConvNd):
    """Convolution (cross-correlation) over (N, C, H, W) (mirrors ``torch.nn.Conv2d``).

    Args:
        in_channels, out_channels: lengths of axis 1 of input and output.
        kernel_size, stride, padding, dilation: an int, or one for each spatial dimension.
        groups: how many blocks of channels are convolved apart; divides both numbers of channels.
        bias: learn a bias.
        padding_mode: ``zeros``, ``reflect``, ``replicate`` or ``circular``.

    Attributes:
        weight: shape (out_channels, in_channels / groups, kernel...).
        bias: shape (out_channels,) or None.

    Raises:
        ArgumentError: arguments or an input shape that do not fit.
        DTypeError: a quantized or integer input.
    """

    _dims = 2
    _layout = "(N, C, H, W)"
    _function = staticmethod(functional.conv2d)


class Conv3d(_ConvNd):
    """Convolution over (N, C, D, H, W); arguments as :class:`Conv2d` (mirrors ``torch.nn.Conv3d``)."""

    _dims = 3
    _layout = "(N, C, D, H, W)"
    _function = staticmethod(functional.conv3d)


def _check_channels(name: str, in_channels: int, out_channels: int, groups: int) -> None:
    check_counts(name, in_channels=in_channels, out_channels=out_channels, groups=groups)
    if in_channels % groups or out_channels % groups:
        raise ArgumentError(
            f"{name}: in_channels={in_channels} and out_channels={out_channels} must be divisible "
            f"by groups={groups}",
            fix="Choose groups that divides both numbers of channels",
        )
