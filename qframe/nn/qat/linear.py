"""The fully connected layer for quantization-aware training."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import functional
from .. import linear as float_linear
from ..fake_quantized import FakeQuantized, share_parameters
from ..functional_checks import Array
from ..module import Module


class Linear(FakeQuantized, float_linear.Linear):
    """A Linear that rounds its weight and its output (mirrors ``torch.nn.qat.Linear``).

    Args:
        in_features, out_features, bias: as :class:`qframe.nn.Linear` takes them.
        qconfig: builds what rounds; needed.

    ``forward`` returns shape (..., out_features) for a float input of shape (..., in_features).

    Attributes:
        activation_post_process, weight_fake_quant: round the output and the weight.

    Raises:
        ConfigurationError: no qconfig.
        ArgumentError, DTypeError: as :class:`qframe.nn.Linear`.
    """

    converts_as: ClassVar[type[Module]] = float_linear.Linear
    _float_module: type[Module] = float_linear.Linear

    def __init__(self, in_features: int, out_features: int, bias: bool = True, qconfig: Any = None) -> None:
        super().__init__(in_features, out_features, bias)
        self._attach(qconfig)

    def _product(self, input: Array) -> Array:
        return functional.linear(input, self.weight_fake_quant(self.weight), self.bias)

    @classmethod
    def _from_module(cls, mod: Any, qconfig: Any) -> Any:
        made = cls(mod.in_features, mod.out_features, mod.bias is not None, qconfig)
        share_parameters(made, mod)
        return made
