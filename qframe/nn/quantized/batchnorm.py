"""Batch normalization with quantized input and output, where it could not be folded into a convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...errors import ConfigurationError
from ...ops.checks import check_per_tensor, check_rank
from ...qtensor import QTensor
from .. import batchnorm as float_batchnorm
from ..exact_types import require_exact_type
from .observed import output_qparams
from .requantizing import ANY_DTYPE, Requantizing

Array = np.ndarray[Any, Any]


class QuantizedBatchNorm(Requantizing):
    """What the quantized batch norms add to the float ones: output qparams and integer arithmetic."""

    _qparams_required = False
    _zero_point_dtype = ANY_DTYPE
    _rank: int
    _layout: str
    _float_module: type

    def _normalised(self, input: QTensor) -> QTensor:
        module: Any = self
        check_per_tensor(self._get_name(), input)
        check_rank(self._get_name(), input, self._rank, self._layout)
        weight, bias = affine(module)
        return ops.batch_norm(
            input,
            weight,
            bias,
            module.running_mean,
            module.running_var,
            module.eps,
            self.scale,
            self.zero_point,
            clamp=self._clamp(input.dtype),
        )

    @classmethod
    def from_float(cls, mod: Any) -> Any:
        """Return the quantized form of a prepared and calibrated float batch norm.

        Args:
            mod: exactly the float module of the same name, with ``activation_post_process``.

        Raises:
            ConfigurationError: another type, no observer, or no running statistics.
        """
        require_exact_type(cls, mod, cls._float_module)
        return cls._from_observed(mod, mod)

    @classmethod
    def _from_observed(cls, mod: Any, norm: Any) -> Any:
        if norm.running_mean is None or norm.running_var is None:
            raise ConfigurationError(
                f"a {type(norm).__name__} without running statistics cannot be quantized",
                fix="Build it with track_running_stats=True, or leave it in float (qconfig None)",
            )
        quantized: Any = cls(norm.num_features, norm.eps, norm.momentum)
        weight, bias = affine(norm)
        quantized.weight[...], quantized.bias[...] = weight, bias
        quantized.running_mean[...] = norm.running_mean
        quantized.running_var[...] = norm.running_var
        quantized.num_batches_tracked[...] = norm.num_batches_tracked
        quantized.scale, quantized.zero_point = output_qparams(mod)
        return quantized


class BatchNorm2d(QuantizedBatchNorm, float_batchnorm.BatchNorm2d):
    """Batch normalization of (N, C, H, W) with running statistics, requantized to (scale, zero_point).

    Mirrors ``torch.nn.quantized.BatchNorm2d``.  Input and output have the same quantized dtype.

    Args:
        num_features: channels.
        eps: added to the variance.
        momentum: kept from the float module, unused.

    Attributes:
        scale: float, of the output, 1.0 at first.
        zero_point: int, of the output, 0 at first.

    ``forward`` raises DTypeError for float arrays and ArgumentError for other shapes.
    """

    _rank = 4
    _layout = "(N, C, H, W)"
    _float_module: type = float_batchnorm.BatchNorm2d

    def __init__(self, num_features: int, eps: float = 1e-05, momentum: float = 0.1) -> None:
        super().__init__(num_features, eps, momentum)

    def forward(self, input: QTensor) -> QTensor:
        return self._normalised(input)

    def _get_name(self) -> str:
        return "QuantizedBatchNorm2d"


class BatchNorm3d(QuantizedBatchNorm, float_batchnorm.BatchNorm3d):
    """Batch normalization of (N, C, D, H, W) with running statistics, requantized to (scale, zero_point).

    Mirrors ``torch.nn.quantized.BatchNorm3d``; otherwise as :class:`BatchNorm2d`.
    """

    _rank = 5
    _layout = "(N, C, D, H, W)"
    _float_module: type = float_batchnorm.BatchNorm3d

    def __init__(self, num_features: int, eps: float = 1e-05, momentum: float = 0.1) -> None:
        super().__init__(num_features, eps, momentum)

    def forward(self, input: QTensor) -> QTensor:
        return self._normalised(input)

    def _get_name(self) -> str:
        return "QuantizedBatchNorm3d"


def affine(norm: Any) -> tuple[Array, Array]:
    """Return weight and bias of a batch norm: ones and zeros where it has none."""
    if norm.weight is None:
        return np.ones(norm.num_features, np.float32), np.zeros(norm.num_features, np.float32)
    return norm.weight, norm.bias
