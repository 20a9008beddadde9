"""What modules with a quantized output have in common: its qparams, a fused activation, their saved form."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import numpy as np

from ...dtypes import DType, qint32, quint8
from ...numerics import Clamp, clamp_codes
from ...qparams import check_scale, check_zero_point
from ..module import Module
from ..state import State, StateCheck
from .entries import bound_of, check_number, scale_of, zero_point_of


class Requantizing(Module):
    """Base of the modules that requantize their output.

    Attributes:
        scale: float, of the output, 1.0 at first.  Saved as float64, so that it comes back exactly.
        zero_point: int, of the output, 0 at first.
    """

    #: Whether a state_dict must have scale and zero_point; without them the module keeps its own.
    _qparams_required = True
    #: What zero_point must be a code of.
    _zero_point_dtype: DType = quint8

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scale = 1.0
        self.zero_point = 0

    def _set_qparams(self, scale: Any, zero_point: Any) -> None:
        """Store the qparams of the output, numbers or arrays with one entry.

        Raises:
            ArgumentError: they are none.
        """
        scale, zero_point = np.asarray(scale).item(), np.asarray(zero_point).item()
        self.scale, self.zero_point = check_scale(scale), check_zero_point(zero_point, self._zero_point_dtype)

    def _clamp(self, dtype: DType = quint8) -> Clamp | None:
        """Return the fused activation in codes of the output."""
        return None

    def _save_to_state_dict(self, destination: State, prefix: str) -> None:
        super()._save_to_state_dict(destination, prefix)
        destination[prefix + "scale"] = np.array(self.scale, dtype=np.float64)
        destination[prefix + "zero_point"] = np.array(self.zero_point, dtype=np.int64)

    def _check_state_dict(self, check: StateCheck, prefix: str) -> None:
        super()._check_state_dict(check, prefix)
        optional = not self._qparams_required
        name = self._get_name()
        zero_point = partial(zero_point_of, dtype=self._zero_point_dtype)
        check_number(check, prefix + "scale", scale_of, note=f"{name}, a number", optional=optional)
        check_number(check, prefix + "zero_point", zero_point, note=f"{name}, an integer", optional=optional)

    def _load_from_state_dict(self, state: State, prefix: str) -> None:
        super()._load_from_state_dict(state, prefix)
        if prefix + "scale" in state:
            self.scale = scale_of(state[prefix + "scale"])
        if prefix + "zero_point" in state:
            self.zero_point = zero_point_of(state[prefix + "zero_point"], self._zero_point_dtype)


class FusedReLU(Requantizing):
    """Base of the modules that clamp their output like a ReLU.

    Attributes:
        max_value: upper bound of the activation: 6.0 for ReLU6, None (ReLU) at first.  It is saved where it
            is not None; a ReLU module that loads one takes it over.
    """

    max_value: float | None = None

    def _clamp(self, dtype: DType = quint8) -> Clamp | None:
        return relu_codes(self.max_value, self.scale, self.zero_point, dtype)

    def extra_repr(self) -> str:
        text = super().extra_repr()
        return text if self.max_value is None else f"{text}, max_value={self.max_value}"

    def _save_to_state_dict(self, destination: State, prefix: str) -> None:
        super()._save_to_state_dict(destination, prefix)
        if self.max_value is not None:
            destination[prefix + "max_value"] = np.array(self.max_value, dtype=np.float64)

    def _check_state_dict(self, check: StateCheck, prefix: str) -> None:
        super()._check_state_dict(check, prefix)
        note = f"{self._get_name()}, the upper bound of its activation"
        check_number(check, prefix + "max_value", bound_of, note=note, optional=self.max_value is None)

    def _load_from_state_dict(self, state: State, prefix: str) -> None:
        super()._load_from_state_dict(state, prefix)
        if prefix + "max_value" in state:
            self.max_value = bound_of(state[prefix + "max_value"])


@lru_cache(maxsize=1024)
def relu_codes(max_value: float | None, scale: float, zero_point: int, dtype: DType) -> Clamp:
    """Return the codes of 0 and ``max_value`` (None: the largest code), remembered by qparams."""
    return clamp_codes(0.0, max_value, scale, zero_point, dtype)


#: The range of zero points where the output's dtype is the input's.
ANY_DTYPE = qint32
