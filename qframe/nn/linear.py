"""The fully connected layer."""

from __future__ import annotations

import math

import numpy as np

from . import functional, init
from .functional_checks import Array, check_counts
from .module import Module


class Linear(Module):
    """``x @ weight.T + bias`` over the last dimension (mirrors ``torch.nn.Linear``).

    Args:
        in_features, out_features: lengths of the last dimension of input and output.
        bias: learn a bias.

    Attributes:
        weight: shape (out_features, in_features), drawn evenly from ±1/sqrt(in_features).
        bias: shape (out_features,), drawn likewise, or None.

    Raises:
        ArgumentError: a length below 0; an input of another last dimension.
        DTypeError: a quantized or integer input.
    """

    weight: Array
    bias: Array | None

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        check_counts("Linear", 0, in_features=in_features, out_features=out_features)
        self.in_features = in_features
        self.out_features = out_features
        self.register_parameter("weight", np.empty((out_features, in_features), np.float32))
        self.register_parameter("bias", np.empty(out_features, np.float32) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1.0 / math.sqrt(self.in_features) if self.in_features else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Array) -> Array:
        """Return shape (..., out_features) for an input of shape (..., in_features)."""
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )
