"""Activation layers."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
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


class ELU(Module):
    """x where positive, else ``alpha * (exp(x) - 1)``, of float arrays (mirrors ``torch.nn.ELU``).

    Args:
        alpha: how far the output goes below zero.
        inplace: store the result in the input.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"alpha={self.alpha}{_inplace(self)}"


class Hardswish(Module):
    """``x * min(max(x + 3, 0), 6) / 6``, of float arrays (mirrors ``torch.nn.Hardswish``).

    Args:
        inplace: store the result in the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.hardswish(input, self.inplace)


class LeakyReLU(Module):
    """x where positive, else ``negative_slope * x`` (mirrors ``torch.nn.LeakyReLU``).

    Quantized tensors keep their qparams.

    Args:
        inplace: store the result in the input.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"negative_slope={self.negative_slope}{_inplace(self)}"


class Sigmoid(Module):
    """1 / (1 + exp(-x)) (mirrors ``torch.nn.Sigmoid``).

    The result of a quantized tensor has the fixed range 0..1.
    """

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.sigmoid(input)


class Tanh(Module):
    """tanh(x) (mirrors ``torch.nn.Tanh``).

    The result of a quantized tensor has the fixed range -1..1.
    """

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.tanh(input)


class Hardtanh(Module):
    """``x`` limited to ``min_val..max_val`` (mirrors ``torch.nn.Hardtanh``).

    Quantized tensors keep their qparams.

    Args:
        inplace: store the result in the input.

    Raises:
        ArgumentError: ``min_val`` is not below ``max_val``.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if not min_val < max_val:
            raise ArgumentError(
                f"Hardtanh: min_val={min_val} is not below max_val={max_val}", fix="Swap them"
            )
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"min_val={self.min_val}, max_val={self.max_val}{_inplace(self)}"


class Hardsigmoid(Module):
    """``min(max(x + 3, 0), 6) / 6`` (mirrors ``torch.nn.Hardsigmoid``).

    The result of a quantized tensor has the fixed range 0..1.

    Args:
        inplace: store the result in the input, a float array.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.hardsigmoid(input, self.inplace)


class Threshold(Module):
    """x where it exceeds ``threshold``, else ``value`` (mirrors ``torch.nn.Threshold``).

    Quantized tensors keep their qparams.

    Args:
        inplace: store the result in the input.
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Return the activated input, of the same shape."""
        return functional.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"threshold={self.threshold}, value={self.value}{_inplace(self)}"


class Softmax(Module):
    """exp(x), divided by its sum along ``dim``, of float arrays (mirrors ``torch.nn.Softmax``).

    Args:
        dim: unlike PyTorch's it must be given.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """Return an array of the same shape."""
        return functional.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return the argument."""
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """The logarithm of :class:`Softmax` (mirrors ``torch.nn.LogSoftmax``).

    Args:
        dim: unlike PyTorch's it must be given.
    """

    def forward(self, input: Any) -> Any:
        """Return an array of the same shape."""
        return functional.log_softmax(input, self.dim)


def _inplace(module: Any) -> str:
    return ", inplace=True" if module.inplace else ""
