"""Normalization layers that use the statistics of their input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from . import functional, init
from .functional_checks import Array, check_channels, check_counts
from .functional_norms import norm_input
from .module import Module


class LayerNorm(Module):
    """Normalize the last dimensions of each element of a batch (mirrors ``torch.nn.LayerNorm``).

    Args:
        normalized_shape: the last dimensions of the input, or their size if it is one.
        eps: added to the variance.
        elementwise_affine: learn ``weight`` and ``bias`` of that shape.

    ``forward`` takes float arrays (..., *normalized_shape).

    Raises:
        ArgumentError: no shape; in ``forward``: an input that does not end in it.
        DTypeError: a quantized or integer input.
    """

    weight: Array | None
    bias: Array | None

    def __init__(self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True) -> None:
        super().__init__()
        sizes = normalized_shape if isinstance(normalized_shape, Iterable) else (normalized_shape,)
        self.normalized_shape = tuple(sizes)
        if not self.normalized_shape:
            raise ArgumentError("LayerNorm: normalized_shape is empty", fix="Give at least one dimension")
        check_counts(
            type(self).__name__, **{f"normalized_shape[{i}]": n for i, n in enumerate(self.normalized_shape)}
        )
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        for name in ("weight", "bias"):
            empty = np.empty(self.normalized_shape, np.float32) if elementwise_affine else None
            self.register_parameter(name, empty)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight 1 and bias 0."""
        if self.weight is not None and self.bias is not None:
            init.ones_(self.weight)
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        """Return the normalized input, of the same shape."""
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Normalize groups of channels of each element of a batch (mirrors ``torch.nn.GroupNorm``).

    Args:
        num_groups: how many groups of neighbouring channels; divides ``num_channels``.
        num_channels: number of channels C.
        eps: added to the variance.
        affine: learn ``weight`` and ``bias``, shape (C,).

    ``forward`` takes float arrays (N, C, ...).

    Raises:
        ArgumentError: numbers that do not fit together; in ``forward``: another number of channels.
        DTypeError: a quantized or integer input.
    """

    weight: Array | None
    bias: Array | None

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__()
        check_counts(type(self).__name__, num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise ArgumentError(
                f"{type(self).__name__}: num_groups={num_groups} does not divide num_channels={num_channels}",
                fix="Choose a number of groups that divides the number of channels",
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        for name in ("weight", "bias"):
            self.register_parameter(name, np.empty(num_channels, np.float32) if affine else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight 1 and bias 0."""
        if self.weight is not None and self.bias is not None:
            init.ones_(self.weight)
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        """Return the normalized input, of the same shape."""
        x = norm_input("GroupNorm", input)
        if x.ndim > 1:
            check_channels("GroupNorm", x, self.num_channels)
        return functional.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
