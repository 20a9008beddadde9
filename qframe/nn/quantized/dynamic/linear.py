"""Linear layers with quantized weights that take and return floats."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....dtypes import DType, float16, qint8
from ....ops.packed import Packed, PackedLinear, PackedLinearFp16
from ....qtensor import QTensor
from ... import linear as float_linear
from ...exact_types import require_exact_type
from ...state import State, StateCheck
from ..entries import check_qweight, upgrade_packed
from ..linear import zero_linear
from ..observed import float_copy
from ..weighted import WeightedModule
from .weights import check_weight_dtype, chosen_dtype, converted_weight, to_half

Array = np.ndarray[Any, Any]


class Linear(WeightedModule):
    """``x @ weight.T + bias`` on floats, with a quantized weight.

    Mirrors ``torch.nn.quantized.dynamic.Linear``.  With a qint8 weight the input is quantized on the fly,
    with one scale for all of it, and multiplied in integers; with a float16 weight the product is
    computed in float32.

    Args:
        in_features, out_features: sizes of the last dimension of input and output.
        bias_: whether there is a bias, zero at first.
        dtype: of the weight, qint8 or float16.
        reduce_range: quantize the input to 7 bits; None: what the engine in use asks for.

    ``forward`` takes float32 of shape (..., in_features) with at least two dimensions and returns
    float32.  It raises DTypeError for quantized tensors and other dtypes, ArgumentError for other
    shapes, NaN and infinity.

    Raises:
        DTypeError: another ``dtype``.
    """

    _float_module: type = float_linear.Linear
    #: What an engine must provide for float16 weights.
    _half_op = "linear_pack_fp16"

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias_: bool = True,
        dtype: DType = qint8,
        *,
        reduce_range: bool | None = None,
    ) -> None:
        super().__init__()
        check_weight_dtype(self._get_name(), dtype)
        self.in_features = in_features
        self.out_features = out_features
        self.dtype = dtype
        self.reduce_range = reduce_range
        weight, bias = zero_linear(in_features, out_features, bias_)
        self._packed_params = self._holder(weight if dtype is qint8 else weight.dequantize(), bias)

    def _weight_shape(self) -> tuple[int, ...]:
        return self.out_features, self.in_features

    def _holder(self, weight: Any, bias: Array | None) -> Packed:
        if self.dtype is qint8:
            return PackedLinear(weight, bias)
        if not isinstance(weight, QTensor):
            weight = to_half(weight).astype(np.float32)
        return PackedLinearFp16(weight, bias)

    def forward(self, x: Array) -> Array:
        packed = self._packed_params
        if isinstance(packed, PackedLinear):
            return packed.dynamic(x, reduce_range=self.reduce_range)
        assert isinstance(packed, PackedLinearFp16)
        return packed(x)

    def _get_name(self) -> str:
        return "DynamicQuantizedLinear"

    def extra_repr(self) -> str:
        text = f"in_features={self.in_features}, out_features={self.out_features}, dtype={self.dtype!r}"
        if self.dtype is qint8:
            text += f", qscheme={self._packed_params.weight.qscheme()!r}"
        return text

    # -- saving ----------------------------------------------------------------------------------

    def _save_to_state_dict(self, destination: State, prefix: str) -> None:
        super()._save_to_state_dict(destination, prefix)
        if self.dtype is float16:
            destination[prefix + "weight"] = to_half(self._packed_params.weight)

    def _upgrade_state_dict(self, state: State, prefix: str) -> None:
        """Drop the scale and zero point that PyTorch writes for the dynamic form too, without using them."""
        if upgrade_packed(state, prefix):
            state.pop(prefix + "scale", None)
            state.pop(prefix + "zero_point", None)

    def _check_weight(self, check: StateCheck, key: str) -> None:
        if self.dtype is qint8:
            check_qweight(check, key, self._weight_shape(), self._get_name())
        else:
            check.expect_array(key, self._packed_params.weight, self)

    def _loaded_weight(self, entry: Any) -> Any:
        return entry.clone() if self.dtype is qint8 else np.asarray(entry, dtype=np.float32)

    # -- conversion ------------------------------------------------------------------------------

    @classmethod
    def from_float(cls, mod: Any) -> Any:
        """Return the dynamically quantized form of a float module; nothing needs to be calibrated.

        Args:
            mod: exactly a ``nn.Linear`` with a ``qconfig``, whose weight observer's dtype chooses the form.

        Raises:
            ConfigurationError: another type, no qconfig, or a weight observer for another dtype.
        """
        require_exact_type(cls, mod, cls._float_module)
        dtype = chosen_dtype(mod)
        quantized = cls(mod.in_features, mod.out_features, mod.bias is not None, dtype)
        quantized.set_weight_bias(converted_weight(mod.weight, mod, dtype), float_copy(mod.bias))
        return quantized
