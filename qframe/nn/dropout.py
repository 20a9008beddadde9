"""The dropout layer."""

from __future__ import annotations

from typing import Any

from . import functional
from .functional_checks import check_probability
from .module import Module


class Dropout(Module):
    """In training zeroes elements at random, in evaluation passes all on (mirrors ``torch.nn.Dropout``).

    Args:
        p: probability of an element to be zeroed; the others are divided by ``1 - p``.
        inplace: store the result in the input.

    Raises:
        ArgumentError: ``p`` is not from 0 to 1.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_probability("Dropout", p)
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Return an array of the same shape; quantized tensors pass in evaluation."""
        return functional.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"p={self.p}, inplace={self.inplace}"
