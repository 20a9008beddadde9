"""Layer, group and instance normalization with quantized input and output, by the input's own statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...errors import ArgumentError, ConfigurationError, UnsupportedArgument
from ...ops.checks import check_per_tensor, check_rank
from ...qtensor import QTensor
from .. import instancenorm as float_instancenorm
from .. import normalization as float_normalization
from ..exact_types import require_exact_type
from ..functional_checks import check_channels
from ..parameter import Parameter
from .observed import float_copy, output_qparams
from .requantizing import ANY_DTYPE, Requantizing

Array = np.ndarray[Any, Any]


class _QuantizedNorm(Requantizing):
    """What the quantized norms add to the float ones: output qparams and integer arithmetic."""

    _qparams_required = False
    _zero_point_dtype = ANY_DTYPE
    _float_module: type

    def _take(self, shape: tuple[int, ...], weight: Any, bias: Any, scale: Any, zero_point: Any) -> None:
        """Store weight and bias (None: ones, zeros) of ``shape``, and the qparams of the output."""
        for name, values in (("weight", weight), ("bias", bias)):
            array = values.data if isinstance(values, Parameter) else values
            if array is not None and np.shape(array) != shape:
                raise ArgumentError(
                    f"{self._get_name()}: {name} has shape {np.shape(array)}, it must have {shape}",
                    fix="Give the weight and bias of a float module of the same sizes",
                )
            setattr(self, name, array)
        self._set_qparams(scale, zero_point)

    def _get_name(self) -> str:
        return f"Quantized{self._float_module.__name__}"

    @classmethod
    def from_float(cls, mod: Any) -> Any:
        """Return the quantized form of a prepared and calibrated float norm.

        Args:
            mod: exactly the float module of the same name, with ``activation_post_process``.

        Raises:
            ConfigurationError: another type, no observer, or an instance norm with running statistics.
        """
        require_exact_type(cls, mod, cls._float_module)
        return cls._from_observed(mod, float_copy(mod.weight), float_copy(mod.bias), *output_qparams(mod))

    @classmethod
    def _from_observed(
        cls, mod: Any, weight: Array | None, bias: Array | None, scale: float, zero_point: int
    ) -> Any:
        raise NotImplementedError(f"{cls.__name__} does not say how it is built from a float module")


class LayerNorm(_QuantizedNorm, float_normalization.LayerNorm):
    """Layer normalization of an 8-bit tensor, requantized to (scale, zero_point).

    Mirrors ``torch.nn.quantized.LayerNorm``.  Input and output have the same quantized dtype.

    Args:
        normalized_shape: the last dimensions of the input, or their size if it is one.
        weight, bias: float32 of that shape, or None: ones, zeros.
        scale, zero_point: of the output.
        eps: added to the variance.
        elementwise_affine: kept from the float module, unused.

    ``forward`` raises DTypeError for float arrays and ArgumentError for other shapes.

    Raises:
        ArgumentError: scale, zero point, weight or bias do not fit.
    """

    _float_module: type = float_normalization.LayerNorm

    def __init__(
        self,
        normalized_shape: Any,
        weight: Any,
        bias: Any,
        scale: float,
        zero_point: int,
        eps: float = 1e-05,
        elementwise_affine: bool = True,
    ) -> None:
        super().__init__(normalized_shape, eps, elementwise_affine)
        self._take(self.normalized_shape, weight, bias, scale, zero_point)

    def forward(self, input: QTensor) -> QTensor:
        affine = self.weight, self.bias
        return ops.layer_norm(input, self.normalized_shape, *affine, self.eps, self.scale, self.zero_point)

    @classmethod
    def _from_observed(
        cls, mod: Any, weight: Array | None, bias: Array | None, scale: float, zero_point: int
    ) -> Any:
        sizes = mod.normalized_shape
        return cls(sizes, weight, bias, scale, zero_point, mod.eps, mod.elementwise_affine)


class GroupNorm(_QuantizedNorm, float_normalization.GroupNorm):
    """Group normalization of an 8-bit tensor, requantized to (scale, zero_point).

    Mirrors ``torch.nn.quantized.GroupNorm``.  Input and output have the same quantized dtype.

    Args:
        num_groups: how many groups of neighbouring channels; divides ``num_channels``.
        num_channels: number of channels C.
        weight, bias: float32, shape (C,), or None: ones, zeros.
        scale, zero_point: of the output.
        eps: added to the variance.
        affine: kept from the float module, unused.

    ``forward`` takes (N, C, ...); it raises DTypeError for float arrays and ArgumentError for other shapes.

    Raises:
        ArgumentError: numbers, weight or bias do not fit.
    """

    _float_module: type = float_normalization.GroupNorm

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        weight: Any,
        bias: Any,
        scale: float,
        zero_point: int,
        eps: float = 1e-05,
        affine: bool = True,
    ) -> None:
        super().__init__(num_groups, num_channels, eps, affine)
        self._take((num_channels,), weight, bias, scale, zero_point)

    def forward(self, input: QTensor) -> QTensor:
        check_per_tensor(self._get_name(), input)
        if input.ndim > 1:
            check_channels(self._get_name(), input, self.num_channels)
        affine = self.weight, self.bias
        return ops.group_norm(input, self.num_groups, *affine, self.eps, self.scale, self.zero_point)

    @classmethod
    def _from_observed(
        cls, mod: Any, weight: Array | None, bias: Array | None, scale: float, zero_point: int
    ) -> Any:
        sizes = mod.num_groups, mod.num_channels
        return cls(*sizes, weight, bias, scale, zero_point, mod.eps, mod.affine)


class _QuantizedInstanceNorm(_QuantizedNorm):
    """What the quantized instance norms share."""

    def __init__(
        self,
        num_features: int,
        weight: Any,
        bias: Any,
        scale: float,
        zero_point: int,
        eps: float = 1e-05,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
    ) -> None:
        if track_running_stats:
            raise UnsupportedArgument(
                f"{self._get_name()}: track_running_stats=True; quantized instance norms use the statistics "
                "of their input only",
                fix="Use track_running_stats=False, or leave this layer in float (qconfig None)",
            )
        super().__init__(num_features, eps, momentum, affine, track_running_stats)
        self._take((num_features,), weight, bias, scale, zero_point)

    def forward(self, input: QTensor) -> QTensor:
        module: Any = self
        name, layout = self._get_name(), module._layouts[0]
        check_per_tensor(name, input)
        check_rank(name, input, layout.count(",") + 1, layout)
        check_channels(name, input, module.num_features)
        affine = module.weight, module.bias
        return ops.instance_norm(input, *affine, module.eps, self.scale, self.zero_point)

    @classmethod
    def _from_observed(
        cls, mod: Any, weight: Array | None, bias: Array | None, scale: float, zero_point: int
    ) -> Any:
        if mod.track_running_stats:
            raise ConfigurationError(
                f"a {type(mod).__name__} with running statistics cannot be quantized: its quantized form "
                "uses those of its input",
                fix="Build it with track_running_stats=False, or leave it in float (qconfig None)",
            )
        return cls(mod.num_features, weight, bias, scale, zero_point, mod.eps, mod.momentum, mod.affine)


class InstanceNorm1d(_QuantizedInstanceNorm, float_instancenorm.InstanceNorm1d):
    """Instance normalization of 8-bit (N, C, L), requantized to (scale, zero_point).

    Mirrors ``torch.nn.quantized.InstanceNorm1d``.  Input and output have the same quantized dtype.

    Args:
        num_features: number of channels C.
        weight, bias: float32, shape (C,), or None: ones, zeros.
        scale, zero_point: of the output.
        eps: added to the variance.
        momentum, affine: kept from the float module, unused.
        track_running_stats: False is the only one: statistics are those of the input.

    ``forward`` raises DTypeError for float arrays and ArgumentError for other shapes.

    Raises:
        ArgumentError: numbers, weight or bias do not fit.
        UnsupportedArgument: ``track_running_stats`` (also a NotImplementedError).
    """

    _float_module: type = float_instancenorm.InstanceNorm1d


class InstanceNorm2d(_QuantizedInstanceNorm, float_instancenorm.InstanceNorm2d):
    """Instance normalization of 8-bit (N, C, H, W), requantized to (scale, zero_point).

    Mirrors ``torch.nn.quantized.InstanceNorm2d``; otherwise as :class:`InstanceNorm1d`.
    """

    _float_module: type = float_instancenorm.InstanceNorm2d


class InstanceNorm3d(_QuantizedInstanceNorm, float_instancenorm.InstanceNorm3d):
    """Instance normalization of 8-bit (N, C, D, H, W), requantized to (scale, zero_point).

    Mirrors ``torch.nn.quantized.InstanceNorm3d``; otherwise as :class:`InstanceNorm1d`.
    """

    _float_module: type = float_instancenorm.InstanceNorm3d
