"""The convolution for quantization-aware training."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import conv as float_conv
from ..fake_quantized import FakeQuantized, share_parameters
from ..functional_checks import Array
from ..module import Module


class Conv2d(FakeQuantized, float_conv.Conv2d):
    """A Conv2d that rounds its weight and its output (mirrors ``torch.nn.qat.Conv2d``).

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode: as
            :class:`qframe.nn.Conv2d` takes them.
        qconfig: builds what rounds; needed.

    ``forward`` returns shape (N, out_channels, ...) for a float input of shape (N, in_channels, ...).

    Attributes:
        activation_post_process, weight_fake_quant: round the output and the weight.

    Raises:
        ConfigurationError: no qconfig.
        ArgumentError, DTypeError: as :class:`qframe.nn.Conv2d`.
    """

    converts_as: ClassVar[type[Module]] = float_conv.Conv2d
    _float_module: type[Module] = float_conv.Conv2d

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
        qconfig: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode
        )
        self._attach(qconfig)

    def _product(self, input: Array) -> Array:
        return self._conv_forward(input, self.weight_fake_quant(self.weight), self.bias)

    @classmethod
    def _from_module(cls, mod: Any, qconfig: Any) -> Any:
        made = cls(**arguments_of(mod), qconfig=qconfig)
        share_parameters(made, mod)
        return made


def arguments_of(conv: Any) -> dict[str, Any]:
    """Return what builds another convolution like ``conv``."""
    names = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups")
    arguments: dict[str, Any] = {name: getattr(conv, name) for name in names}
    return {**arguments, "bias": conv.bias is not None, "padding_mode": conv.padding_mode}
