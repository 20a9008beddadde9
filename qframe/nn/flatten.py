"""The layer that flattens."""

from __future__ import annotations

from typing import Any

from . import functional
from .module import Module


class Flatten(Module):
    """Merges a range of dimensions, for use in Sequential (mirrors ``torch.nn.Flatten``).

    Args:
        start_dim, end_dim: first and last dimension to merge.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Any:
        """Return the same elements of a float array or quantized tensor in fewer dimensions."""
        return functional.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
