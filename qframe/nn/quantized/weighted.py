"""What quantized modules with a weight have in common: the packed holder and its saved form."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...ops.packed import Packed
from ...qtensor import QTensor
from ..module import Module
from ..state import State, StateCheck
from .entries import check_qweight, upgrade_packed

Array = np.ndarray[Any, Any]


class WeightedModule(Module):
    """Base of the modules whose weight and bias an engine packs.

    The holder keeps the logical weight, which is what is saved and copied, and packs it again whenever
    another engine is in use.
    """

    _packed_params: Packed

    def _weight_shape(self) -> tuple[int, ...]:
        raise NotImplementedError(f"{type(self).__name__} does not say what shape its weight has")

    def _holder(self, weight: Any, bias: Array | None) -> Packed:
        raise NotImplementedError(f"{type(self).__name__} does not say how its weight is kept")

    def weight(self) -> Any:
        """Return a copy of the weight: a qint8 QTensor, per tensor or per channel axis 0."""
        weight = self._packed_params.weight
        return weight.clone() if isinstance(weight, QTensor) else weight.copy()

    def bias(self) -> Array | None:
        """Return a copy of the float32 bias, or None."""
        bias = self._packed_params.bias
        return None if bias is None else bias.copy()

    def set_weight_bias(self, w: Any, b: Array | None) -> None:
        """Replace weight and bias (None: no bias); they are packed at the next call.

        Raises:
            ArgumentError: the weight has another shape than this module's, or the bias does not fit it.
            DTypeError, QSchemeError: the weight is not qint8, or quantized along another axis than 0.
        """
        holder = self._holder(w, b)
        if w.shape != self._weight_shape():
            raise ArgumentError(
                f"a weight of shape {w.shape} for a {type(self).__name__} whose weight has shape "
                f"{self._weight_shape()}",
                fix="Build the module with the sizes of the weight",
            )
        self._packed_params = holder

    # -- saving ----------------------------------------------------------------------------------

    def _save_to_state_dict(self, destination: State, prefix: str) -> None:
        super()._save_to_state_dict(destination, prefix)
        destination[prefix + "weight"] = self._packed_params.weight
        if self._packed_params.bias is not None:
            destination[prefix + "bias"] = self._packed_params.bias

    def _upgrade_state_dict(self, state: State, prefix: str) -> None:
        super()._upgrade_state_dict(state, prefix)
        upgrade_packed(state, prefix)

    def _check_state_dict(self, check: StateCheck, prefix: str) -> None:
        super()._check_state_dict(check, prefix)
        self._check_weight(check, prefix + "weight")
        if self._packed_params.bias is not None:
            check.expect_array(prefix + "bias", self._packed_params.bias, self)

    def _check_weight(self, check: StateCheck, key: str) -> None:
        check_qweight(check, key, self._weight_shape(), self._get_name())

    def _load_from_state_dict(self, state: State, prefix: str) -> None:
        super()._load_from_state_dict(state, prefix)
        weight, bias = self._packed_params.weight, self._packed_params.bias
        if prefix + "weight" in state:
            weight = self._loaded_weight(state[prefix + "weight"])
        if prefix + "bias" in state and bias is not None:
            bias = np.array(state[prefix + "bias"], dtype=np.float32)
        self._packed_params = self._holder(weight, bias)

    def _loaded_weight(self, entry: Any) -> Any:
        return entry.clone()
