"""Activation layers."""

from __future__ import annotations

from typing import Any

from . import functional
from .module import Module


class ReLU(Module):
    """max(x, 0), of float arrays and quantized tensors (mirrors ``torch.nn.ReLU``).

    Args:
        inplace: store the result in the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """Return the argument, if it is set."""
        return "inplace=True" if self.inplace else ""


class ReLU6(Module):
    """min(max(x, 0), 6), of float arrays and quantized tensors (mirrors ``torch.nn.ReLU6``).

    Args:
        inplace: store the result in the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.relu6(input, self.inplace)

    def extra_repr(self) -> str:
        """Return the argument, if it is set."""
        return "inplace=True" if self.inplace else ""
