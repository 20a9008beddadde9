"""Activations on codes."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...qtensor import QTensor
from .. import activation as float_activation
from ..exact_types import require_exact_type
from ..module import Module
from . import functional
from .observed import output_qparams
from .requantizing import ANY_DTYPE, Requantizing


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


class _RequantizingActivation(Requantizing):
    """What the activations whose output has qparams of its own share."""

    _qparams_required = False
    _zero_point_dtype = ANY_DTYPE
    _float_module: type

    def _get_name(self) -> str:
        return f"Quantized{self._float_module.__name__}"

    @classmethod
    def from_float(cls, mod: Any) -> Any:
        """Return the quantized form of a prepared and calibrated float module of the same name.

        Raises:
            ConfigurationError: ``mod`` is of another type or has no observer.
        """
        require_exact_type(cls, mod, cls._float_module)
        return cls._from_observed(mod, *output_qparams(mod))

    @classmethod
    def _from_observed(cls, mod: Any, scale: float, zero_point: int) -> Any:
        return cls(scale, zero_point)


class ELU(_RequantizingActivation):
    """x where positive, else ``alpha * (exp(x) - 1)``, requantized to (scale, zero_point).

    Mirrors ``torch.nn.quantized.ELU``.  Input and output have the same quantized dtype.

    Args:
        scale, zero_point: of the output.
        alpha: how far the output goes below zero.

    ``forward`` raises DTypeError for a float array and QSchemeError for per-channel tensors.

    Raises:
        ArgumentError: scale or zero point out of range.
    """

    _float_module: type = float_activation.ELU

    def __init__(self, scale: float, zero_point: int, alpha: float = 1.0) -> None:
        super().__init__()
        self._set_qparams(scale, zero_point)
        self.alpha = alpha

    def forward(self, input: QTensor) -> QTensor:
        return functional.elu(input, self.scale, self.zero_point, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"

    @classmethod
    def _from_observed(cls, mod: Any, scale: float, zero_point: int) -> Any:
        return cls(scale, zero_point, mod.alpha)


class Hardswish(_RequantizingActivation):
    """``x * min(max(x + 3, 0), 6) / 6``, requantized to (scale, zero_point).

    Mirrors ``torch.nn.quantized.Hardswish``; otherwise as :class:`ELU`.
    """

    _float_module: type = float_activation.Hardswish

    def __init__(self, scale: float, zero_point: int) -> None:
        super().__init__()
        self._set_qparams(scale, zero_point)

    def forward(self, input: QTensor) -> QTensor:
        return functional.hardswish(input, self.scale, self.zero_point)


class LeakyReLU(_RequantizingActivation):
    """x where positive, else ``negative_slope * x``, requantized to (scale, zero_point).

    Mirrors ``torch.ao.nn.quantized.LeakyReLU``; otherwise as :class:`ELU`.  The default mapping leaves
    ``nn.LeakyReLU`` as it is: it takes quantized tensors too, and keeps their qparams.

    Args:
        inplace: store the result, with its qparams, in the input.
    """

    _float_module: type = float_activation.LeakyReLU

    def __init__(
        self, scale: float, zero_point: int, negative_slope: float = 0.01, inplace: bool = False
    ) -> None:
        super().__init__()
        self._set_qparams(scale, zero_point)
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: QTensor) -> QTensor:
        output = ops.leaky_relu(input, self.negative_slope, self.scale, self.zero_point)
        return input.copy_(output) if self.inplace else output

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}{', inplace=True' if self.inplace else ''}"

    @classmethod
    def _from_observed(cls, mod: Any, scale: float, zero_point: int) -> Any:
        return cls(scale, zero_point, mod.negative_slope, mod.inplace)


class Sigmoid(_RequantizingActivation):
    """1 / (1 + exp(-x)), requantized to (output_scale, output_zero_point).

    Mirrors ``torch.ao.nn.quantized.Sigmoid``; otherwise as :class:`ELU`.  The default mapping leaves
    ``nn.Sigmoid`` as it is: it takes quantized tensors too, and its output covers 0..1.
    """

    _float_module: type = float_activation.Sigmoid

    def __init__(self, output_scale: float, output_zero_point: int) -> None:
        super().__init__()
        self._set_qparams(output_scale, output_zero_point)

    def forward(self, input: QTensor) -> QTensor:
        return ops.sigmoid(input, self.scale, self.zero_point)
