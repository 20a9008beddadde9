"""Quantized forms of the fused containers: the activation is a clamp on codes, and costs nothing."""

from __future__ import annotations

from typing import Any

from ...dtypes import DType, qint8
from ..fake_quantized import FakeQuantized, upper_bound
from ..quantized.batchnorm import BatchNorm2d, BatchNorm3d
from ..quantized.conv import Conv1d, Conv2d, Conv3d
from ..quantized.linear import Linear
from ..quantized.observed import require_convertible
from ..quantized.requantizing import FusedReLU
from . import fused

__all__ = ["BNReLU2d", "BNReLU3d", "ConvReLU1d", "ConvReLU2d", "ConvReLU3d", "LinearReLU"]


class _FromContainer(FusedReLU):
    _float_module: type

    def _get_name(self) -> str:
        return f"Quantized{type(self).__name__}"

    @classmethod
    def from_float(cls, mod: Any) -> Any:
        """Return the quantized form of a fused container that was calibrated, or trained with rounding.

        Args:
            mod: exactly the ``nn.intrinsic`` container of the same name, with ``qconfig`` and
                ``activation_post_process``, which saw the output of the activation; or its form in
                ``nn.intrinsic.qat``, with or without batch norm.

        Raises:
            ConfigurationError: another type, no qconfig, no observer, or observers for other dtypes.
        """
        require_convertible(cls, mod, cls._float_module)
        rounded = isinstance(mod, FakeQuantized)
        quantized = cls._from_observed(mod, mod if rounded else mod[0])
        quantized.max_value = mod.max_value if rounded else upper_bound(mod[1])
        return quantized

    @classmethod
    def _from_observed(cls, mod: Any, main: Any) -> Any:
        return super()._from_observed(mod, main)  # type: ignore[misc]


class ConvReLU1d(_FromContainer, Conv1d):
    """A quantized Conv1d with a fused ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.quantized.ConvReLU1d``).

    Arguments, shapes and errors are those of :class:`qframe.nn.quantized.Conv1d`.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    _float_module = fused.ConvReLU1d


class ConvReLU2d(_FromContainer, Conv2d):
    """A quantized Conv2d with a fused ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.quantized.ConvReLU2d``).

    Arguments, shapes and errors are those of :class:`qframe.nn.quantized.Conv2d`.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    _float_module = fused.ConvReLU2d


class ConvReLU3d(_FromContainer, Conv3d):
    """A quantized Conv3d with a fused ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.quantized.ConvReLU3d``).

    Arguments, shapes and errors are those of :class:`qframe.nn.quantized.Conv3d`.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    _float_module = fused.ConvReLU3d


class LinearReLU(_FromContainer, Linear):
    """A quantized Linear with a fused ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.quantized.LinearReLU``).

    Arguments, shapes and errors are those of :class:`qframe.nn.quantized.Linear`.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    _float_module = fused.LinearReLU

    def __init__(self, in_features: int, out_features: int, bias: bool = True, dtype: DType = qint8) -> None:
        super().__init__(in_features, out_features, bias, dtype)


class BNReLU2d(_FromContainer, BatchNorm2d):
    """A quantized BatchNorm2d with a fused ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.quantized.BNReLU2d``).

    Arguments, shapes and errors are those of :class:`qframe.nn.quantized.BatchNorm2d`.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    _float_module = fused.BNReLU2d


class BNReLU3d(_FromContainer, BatchNorm3d):
    """A quantized BatchNorm3d with a fused ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.quantized.BNReLU3d``).

    Arguments, shapes and errors are those of :class:`qframe.nn.quantized.BatchNorm3d`.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    _float_module = fused.BNReLU3d
