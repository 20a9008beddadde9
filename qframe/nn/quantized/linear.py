"""Linear layers with quantized input and output."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dtypes import DType, qint8
from ...errors import DTypeError
from ...ops.packed import PackedLinear
from ...qtensor import QTensor
from .. import linear as float_linear
from .observed import (
    ACTIVATION_DTYPE,
    output_qparams,
    quantized_parameters,
    require_convertible,
)
from .requantizing import Requantizing
from .weighted import WeightedModule

Array = np.ndarray[Any, Any]


class Linear(Requantizing, WeightedModule):
    """``x @ weight.T + bias``, requantized to (scale, zero_point) (mirrors ``torch.nn.quantized.Linear``).

    Args:
        in_features, out_features: sizes of the last dimension of input and output.
        bias_: whether there is a bias, zero at first.
        dtype: of the weight; qint8 is the only one.

    ``forward`` takes quint8 of shape (..., in_features) with at least two dimensions and returns quint8.  It
    raises DTypeError for float arrays and other dtypes, ArgumentError for other shapes.

    Attributes:
        scale: float, of the output, 1.0 at first.
        zero_point: int, of the output, 0 at first.

    Raises:
        DTypeError: ``dtype`` is not qint8.
    """

    _float_module: type = float_linear.Linear

    def __init__(self, in_features: int, out_features: int, bias_: bool = True, dtype: DType = qint8) -> None:
        super().__init__()
        if dtype is not qint8:
            raise DTypeError(
                f"{self._get_name()}: the weight's dtype is {dtype!r}; only qframe.qint8 is supported",
                fix="Use nn.quantized.dynamic.Linear for float16 weights",
            )
        self.in_features = in_features
        self.out_features = out_features
        self._packed_params = self._holder(*zero_linear(in_features, out_features, bias_))

    def _weight_shape(self) -> tuple[int, ...]:
        return self.out_features, self.in_features

    def _holder(self, weight: Any, bias: Array | None) -> PackedLinear:
        return PackedLinear(weight, bias)

    def forward(self, x: QTensor) -> QTensor:
        packed: Any = self._packed_params
        return packed(x, self.scale, self.zero_point, clamp=self._clamp())

    def _get_name(self) -> str:
        return "QuantizedLinear"

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, scale={self.scale}, "
            f"zero_point={self.zero_point}, qscheme={self._packed_params.weight.qscheme()!r}"
        )

    @classmethod
    def from_float(cls, mod: Any) -> Any:
        """Return the quantized form of a float module that was calibrated, or trained with rounding.

        Args:
            mod: exactly a ``nn.Linear`` or ``nn.qat.Linear``, with ``qconfig`` and
                ``activation_post_process``.

        Raises:
            ConfigurationError: another type, no qconfig, no observer, or observers for other dtypes.
        """
        require_convertible(cls, mod, cls._float_module)
        return cls._from_observed(mod, mod)

    @classmethod
    def _from_observed(cls, mod: Any, linear: Any) -> Any:
        weight, bias = quantized_parameters(mod, linear)
        quantized = cls(linear.in_features, linear.out_features, bias is not None)
        quantized.set_weight_bias(weight, bias)
        quantized.scale, quantized.zero_point = output_qparams(mod, ACTIVATION_DTYPE)
        return quantized


def zero_linear(in_features: int, out_features: int, bias: bool) -> tuple[QTensor, Array | None]:
    """Return the weight (qint8 zeros, scale 1, zero point 0) and the bias of a new layer."""
    weight = QTensor.per_tensor(np.zeros((out_features, in_features), dtype=np.int8), 1.0, 0)
    return weight, np.zeros(out_features, dtype=np.float32) if bias else None
