"""Activations on codes."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...qtensor import QTensor
from .. import activation as float_activation
from ..module import Module
from . import functional
from .observed import require_exact_type


class ReLU(Module):
    """max(x, 0) on a quantized tensor of any dtype; qparams stay (mirrors ``torch.nn.quantized.ReLU``).

    Args:
        inplace: write into the input.

    ``forward`` raises DTypeError for a float array and QSchemeError for per-channel tensors.
    """

    _float_module: type = float_activation.ReLU

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: QTensor) -> QTensor:
        return functional.relu(input, self.inplace)

    def _get_name(self) -> str:
        return "QuantizedReLU"

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""

    @classmethod
    def from_float(cls, mod: Any) -> Any:
        """Return the quantized form of a float module of the same name; it has no qparams of its own.

        Raises:
            ConfigurationError: ``mod`` is of another type.
        """
        require_exact_type(cls, mod, cls._float_module)
        return cls(mod.inplace)


class ReLU6(ReLU):
    """min(max(x, 0), 6) on a quantized tensor of any dtype; qparams stay.

    Mirrors ``torch.nn.quantized.ReLU6``; 6 is clamped to the largest code.

    Args:
        inplace: write into the input.

    ``forward`` raises DTypeError for a float array and QSchemeError for per-channel tensors.
    """

    _float_module: type = float_activation.ReLU6

    def forward(self, input: QTensor) -> QTensor:
        output = ops.relu6(input)
        return input.copy_(output) if self.inplace else output

    def _get_name(self) -> str:
        return "QuantizedReLU6"
