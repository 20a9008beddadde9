"""Forms of the fused containers for quantization-aware training (mirrors ``torch.nn.intrinsic.qat``).

A convolution with batch norm rounds the weight that inference will have, with the batch norm folded into
it, while the batch norm still follows each batch: R. Krishnamoorthi, arXiv 1806.08342, section 3.2.2.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import numpy as np

from .. import conv as float_conv
from .. import qat
from ..batchnorm import BatchNorm2d
from ..fake_quantized import FakeQuantized, WithReLU, share_parameters
from ..functional_batchnorm import fold_batch_norm
from ..functional_checks import Array
from ..init import uniform_, zeros_
from ..module import Module
from ..qat.conv import arguments_of
from ..state import State
from . import fused

__all__ = [
    "ConvBn2d",
    "ConvBnReLU2d",
    "ConvReLU2d",
    "LinearReLU",
    "freeze_bn_stats",
    "update_bn_stats",
]

Self = TypeVar("Self", bound="ConvBn2d")


class LinearReLU(WithReLU, qat.Linear):
    """Linear, then ReLU or ReLU6, rounded (mirrors ``torch.nn.intrinsic.qat.LinearReLU``).

    Arguments, shapes, attributes and errors are those of :class:`qframe.nn.qat.Linear`; the output is rounded
    after the ReLU.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    converts_as: ClassVar[type[Module]] = fused.LinearReLU
    _float_module: type[Module] = fused.LinearReLU


class ConvReLU2d(WithReLU, qat.Conv2d):
    """Conv2d, then ReLU or ReLU6, rounded (mirrors ``torch.nn.intrinsic.qat.ConvReLU2d``).

    Arguments, shapes, attributes and errors are those of :class:`qframe.nn.qat.Conv2d`; the output is rounded
    after the ReLU.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    converts_as: ClassVar[type[Module]] = fused.ConvReLU2d
    _float_module: type[Module] = fused.ConvReLU2d


class ConvBn2d(FakeQuantized, float_conv.Conv2d):
    """Conv2d, then BatchNorm2d, rounded (mirrors ``torch.nn.intrinsic.qat.ConvBn2d``).

    The convolution runs with the rounded ``weight * gamma / sqrt(running_var + eps)``; its output is divided
    by that factor again before the batch norm, so that training sees the batch's own statistics and
    the rounding of inference.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode: as
            :class:`qframe.nn.Conv2d` takes them; there is no bias by default.
        eps, momentum: as :class:`qframe.nn.BatchNorm2d` takes them.
        freeze_bn: normalize by the running statistics, and leave them alone, in training too.
        qconfig: builds what rounds; needed.

    Attributes:
        bn: the batch norm.
        freeze_bn: as given; changed by :meth:`freeze_bn_stats` and :meth:`update_bn_stats`.
        activation_post_process, weight_fake_quant: round the output and the folded weight.

    Raises:
        ConfigurationError: no qconfig.
        ArgumentError, DTypeError: as :class:`qframe.nn.Conv2d` and :class:`qframe.nn.BatchNorm2d`.
    """

    converts_as: ClassVar[type[Module]] = float_conv.Conv2d
    _float_module: type[Module] = fused.ConvBn2d
    bn: Any

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool | None = None,
        padding_mode: str = "zeros",
        eps: float = 1e-05,
        momentum: float | None = 0.1,
        freeze_bn: bool = False,
        qconfig: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bool(bias),
            padding_mode,
        )
        self.bn = BatchNorm2d(out_channels, eps, momentum)
        self.freeze_bn = bool(freeze_bn)
        self._attach(qconfig)
        self.reset_bn_parameters()
        self.train(self.training)

    def reset_running_stats(self) -> None:
        """Forget the batches seen: mean 0, variance 1."""
        self.bn.reset_running_stats()

    def reset_bn_parameters(self) -> None:
        """Draw the batch norm's weight anew, evenly from 0..1; bias 0; forget the batches seen."""
        self.bn.reset_running_stats()
        uniform_(self.bn.weight)
        zeros_(self.bn.bias)

    def _product(self, input: Array) -> Array:
        factor = self._factor()
        weight = self.weight_fake_quant(self.weight * factor.reshape(-1, 1, 1, 1))
        x = self._conv_forward(input, weight, None) / factor.reshape(-1, 1, 1)
        if self.bias is not None:
            x = x + self.bias.reshape(-1, 1, 1)
        return self.bn(x)

    def folded_parameters(self) -> tuple[Array, Array | None]:
        """Return weight and bias of a convolution that computes what this one and its batch norm do."""
        norm = self.bn
        _, bias = fold_batch_norm(
            self.weight, self.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        return self.weight * self._factor().reshape(-1, 1, 1, 1), bias  # the weight that was rounded

    def _factor(self) -> Any:
        """Return what the batch norm multiplies each channel by, divided as PyTorch does while training."""
        norm = self.bn
        return norm.weight / np.sqrt(norm.running_var + np.float32(norm.eps))

    def freeze_bn_stats(self: Self) -> Self:
        """Normalize by the running statistics and leave them alone, until :meth:`update_bn_stats`."""
        self.freeze_bn = True
        self.bn.training = False
        return self

    def update_bn_stats(self: Self) -> Self:
        """In training, normalize by the batch's own statistics and let the running ones follow."""
        self.freeze_bn = False
        self.bn.training = self.training
        return self

    def train(self: Self, mode: bool = True) -> Self:
        """Set the mode of the whole tree; a frozen batch norm stays as in evaluation."""
        super().train(mode)
        if self.freeze_bn:
            self.bn.training = False
        return self

    @classmethod
    def _from_module(cls, mod: Any, qconfig: Any) -> Any:
        conv, norm = mod[0], mod[1]
        made = cls(**arguments_of(conv), eps=norm.eps, momentum=norm.momentum, qconfig=qconfig)
        share_parameters(made, conv)
        share_parameters(made.bn, norm)
        if mod.training and not norm.training:
            made.freeze_bn_stats()
        return made

    def _upgrade_state_dict(self, state: State, prefix: str) -> None:
        """Models saved by PyTorch before 1.6 have the batch norm's entries beside the convolution's."""
        new = {"gamma": "weight", "beta": "bias"}
        for name in ("gamma", "beta", "running_mean", "running_var", "num_batches_tracked"):
            if prefix + name in state:
                state[f"{prefix}bn.{new.get(name, name)}"] = np.asarray(state.pop(prefix + name))


class ConvBnReLU2d(WithReLU, ConvBn2d):
    """Conv2d, BatchNorm2d, then ReLU or ReLU6, rounded (mirrors ``torch.nn.intrinsic.qat.ConvBnReLU2d``).

    Arguments, shapes, attributes and errors are those of :class:`ConvBn2d`; the output is rounded after the
    ReLU.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    converts_as: ClassVar[type[Module]] = fused.ConvReLU2d
    _float_module: type[Module] = fused.ConvBnReLU2d


def update_bn_stats(mod: Module) -> None:
    """Let the running statistics of ``mod`` follow the batches, if it has some; for ``model.apply``."""
    if type(mod) in (ConvBn2d, ConvBnReLU2d):
        mod.update_bn_stats()


def freeze_bn_stats(mod: Module) -> None:
    """Freeze the running statistics of ``mod``, if it has some; for ``model.apply``."""
    if type(mod) in (ConvBn2d, ConvBnReLU2d):
        mod.freeze_bn_stats()
