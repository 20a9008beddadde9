"""Observers: modules that watch data during calibration and choose scale and zero point from it.

Mirrors ``torch.quantization.observer`` of PyTorch 1.6.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..dtypes import DType, float16, qint8, quint8
from ..errors import CalibrationError, ConfigurationError
from ..qparams import choose_dynamic_qparams
from ..qschemes import (
    QScheme,
    per_channel_affine,
    per_channel_symmetric,
    per_tensor_affine,
    per_tensor_symmetric,
)
from .builder import PartialObserver
from .histogram import HistogramObserver
from .observer_base import ObserverBase, UniformObserver, float32_data

Array = np.ndarray[Any, Any]

__all__ = [
    "HistogramObserver",
    "MinMaxDynamicQuantObserver",
    "MinMaxObserver",
    "MovingAverageMinMaxObserver",
    "MovingAveragePerChannelMinMaxObserver",
    "NoopObserver",
    "ObserverBase",
    "PartialObserver",
    "PerChannelMinMaxObserver",
    "RecordingObserver",
    "default_debug_observer",
    "default_dynamic_quant_observer",
    "default_histogram_observer",
    "default_observer",
    "default_per_channel_weight_observer",
    "default_weight_observer",
]


class MinMaxObserver(UniformObserver):
    """Keeps the smallest and the largest value of all data (mirrors ``torch.quantization.MinMaxObserver``).

    Args:
        dtype: quint8, qint8 or a registered integer dtype.
        qscheme: per_tensor_affine or per_tensor_symmetric.
        reduce_range: leave one bit unused.

    Buffers: ``min_val``, ``max_val``: float32, of shape (0,) before the first data, then ().
    Errors are those of all observers: see ``observer_base.UniformObserver``.
    """

    min_val: Array
    max_val: Array

    def __init__(
        self, dtype: DType = quint8, qscheme: QScheme = per_tensor_affine, reduce_range: bool = False
    ) -> None:
        super().__init__(dtype, qscheme, reduce_range)

    def _observe(self, x: Array) -> None:
        low, high = self._extremes_of(x)
        if self.has_data:
            low, high = np.minimum(self.min_val, low), np.maximum(self.max_val, high)
        self.min_val, self.max_val = self._checked(x, np.asarray(low), np.asarray(high))


class MovingAverageMinMaxObserver(MinMaxObserver):
    """Averages the extremes of the batches, so that no single one decides.

    Each batch moves them by ``averaging_constant * (new - old)``.  Mirrors
    ``torch.quantization.MovingAverageMinMaxObserver``; otherwise as :class:`MinMaxObserver`.

    Args:
        averaging_constant: share of the new batch, 0..1.

    Raises:
        ConfigurationError: ``averaging_constant`` out of range.
    """

    def __init__(
        self,
        averaging_constant: float = 0.01,
        dtype: DType = quint8,
        qscheme: QScheme = per_tensor_affine,
        reduce_range: bool = False,
    ) -> None:
        super().__init__(dtype, qscheme, reduce_range)
        self.averaging_constant = _checked_share(averaging_constant)

    def _observe(self, x: Array) -> None:
        low, high = self._extremes_of(x)
        if self.has_data:
            low = _moved(self.min_val, low, self.averaging_constant)
            high = _moved(self.max_val, high, self.averaging_constant)
        self.min_val, self.max_val = low, high


class PerChannelMinMaxObserver(UniformObserver):
    """Keeps the extremes of each channel (mirrors ``torch.quantization.PerChannelMinMaxObserver``).

    Args:
        ch_axis: which axis the channels lie along, from 0.
        dtype: quint8, qint8 or a registered integer dtype.
        qscheme: per_channel_affine or per_channel_symmetric.
        reduce_range: leave one bit unused.

    Buffers: ``min_vals``, ``max_vals``: float32, of shape (0,) before the first data, then (channels,).
    Errors are those of all observers, and ConfigurationError for a negative ``ch_axis``, CalibrationError
    for data with another number of channels than before, ArgumentError for data without such an axis.
    """

    per_channel = True
    extremes = ("min_vals", "max_vals")
    min_vals: Array
    max_vals: Array

    def __init__(
        self,
        ch_axis: int = 0,
        dtype: DType = quint8,
        qscheme: QScheme = per_channel_affine,
        reduce_range: bool = False,
    ) -> None:
        super().__init__(dtype, qscheme, reduce_range)
        if not isinstance(ch_axis, int) or ch_axis < 0:
            raise ConfigurationError(
                f"{type(self).__name__}: ch_axis={ch_axis!r} must be a whole number from 0",
                fix="Count the axes from the front; 0 is that of a weight's output channels",
            )
        self.ch_axis = ch_axis

    def _observe(self, x: Array) -> None:
        low, high = self._channel_extremes(x)
        if self.has_data:
            low, high = np.minimum(self.min_vals, low), np.maximum(self.max_vals, high)
        self.min_vals, self.max_vals = self._checked(x, low, high)

    def _channel_extremes(self, x: Array) -> tuple[Array, Array]:
        low, high = self._checked(x, *ops.min_max_per_channel(x, self.ch_axis))
        if self.has_data and low.shape != self.min_vals.shape:
            raise CalibrationError(
                f"batch {self.calls} of this observer has {low.size} channels along axis {self.ch_axis}, "
                f"those before had {self.min_vals.size}",
                fix="Observe the axis that holds the channels, whose number never changes",
            )
        return low, high


class MovingAveragePerChannelMinMaxObserver(PerChannelMinMaxObserver):
    """Averages the extremes of each channel over the batches.

    Mirrors ``torch.quantization.MovingAveragePerChannelMinMaxObserver``; otherwise as
    :class:`PerChannelMinMaxObserver`.

    Args:
        averaging_constant: share of the new batch, 0..1.
    """

    def __init__(
        self,
        averaging_constant: float = 0.01,
        ch_axis: int = 0,
        dtype: DType = quint8,
        qscheme: QScheme = per_channel_affine,
        reduce_range: bool = False,
    ) -> None:
        super().__init__(ch_axis, dtype, qscheme, reduce_range)
        self.averaging_constant = _checked_share(averaging_constant)

    def _observe(self, x: Array) -> None:
        low, high = self._channel_extremes(x)
        if self.has_data:
            low = _moved(self.min_vals, low, self.averaging_constant)
            high = _moved(self.max_vals, high, self.averaging_constant)
        self.min_vals, self.max_vals = low, high


class MinMaxDynamicQuantObserver(MinMaxObserver):
    """Chooses qparams as dynamic quantization does, from the extremes of all data.

    Mirrors ``torch.quantization.MinMaxDynamicQuantObserver`` of PyTorch 1.6.

    Raises:
        ConfigurationError: another dtype than quint8, or a symmetric qscheme: dynamic quantization has none.
    """

    def __init__(
        self, dtype: DType = quint8, qscheme: QScheme = per_tensor_affine, reduce_range: bool = False
    ) -> None:
        super().__init__(dtype, qscheme, reduce_range)
        if dtype is not quint8 or qscheme.symmetric:
            raise ConfigurationError(
                f"MinMaxDynamicQuantObserver quantizes to affine qframe.quint8, not to {dtype!r} "
                f"with {qscheme!r}",
                fix="Leave dtype and qscheme at their defaults",
            )

    def calculate_qparams(self) -> tuple[Array, Array]:
        """Return scale (float32) and zero point (int64), both of shape (1,)."""
        low, high = self._range()
        scale, zero_point = choose_dynamic_qparams(float(low), float(high), self.reduce_range)
        return np.array([scale], dtype=np.float32), np.array([zero_point], dtype=np.int64)


class RecordingObserver(UniformObserver):
    """Keeps a copy of everything it sees, for debugging (mirrors ``torch.quantization.RecordingObserver``).

    It accepts NaN and infinity, which one may be looking for, and chooses no qparams.

    Args:
        kwargs: dtype, qscheme and reduce_range, as :class:`MinMaxObserver`.

    Attributes:
        tensor_val: list of float32 arrays; no part of the state_dict.
    """

    extremes = ()  # type: ignore[assignment]

    def __init__(self, **kwargs: Any) -> None:
        defaults = {"dtype": quint8, "qscheme": per_tensor_affine, "reduce_range": False}
        super().__init__(**{**defaults, **kwargs})
        self.tensor_val: list[Array] = []

    def forward(self, x: Any) -> Any:
        """Keep a copy of ``x`` and return it."""
        self._count()
        self.tensor_val.append(float32_data(self, x).copy())
        return x

    @property
    def has_data(self) -> bool:
        """Whether anything was recorded."""
        return bool(self.tensor_val)

    def get_tensor_value(self) -> list[Array]:
        """Return the recorded arrays, oldest first."""
        return self.tensor_val

    def calculate_qparams(self) -> NoReturn:
        """Raise ConfigurationError: there are no qparams."""
        _no_qparams(self, "It records data for debugging. Use another activation observer to convert")

    def extra_repr(self) -> str:
        return ""


class NoopObserver(ObserverBase):
    """Looks at nothing; says that weights are kept as float16 (mirrors ``torch.quantization.NoopObserver``).

    Raises:
        ConfigurationError: ``dtype`` is not float16: everything else needs calibration.
    """

    def __init__(self, dtype: DType = float16) -> None:
        if dtype is not float16:
            raise ConfigurationError(
                f"NoopObserver is for qframe.float16 only, got {dtype!r}: other dtypes need data",
                fix="Use MinMaxObserver",
            )
        super().__init__(dtype)

    def forward(self, x: Any) -> Any:
        """Return ``x``."""
        self._count()
        return x

    def calculate_qparams(self) -> NoReturn:
        """Raise ConfigurationError: float16 has no qparams."""
        _no_qparams(self, "float16 weights have neither scale nor zero point: use it with quantize_dynamic")


def _no_qparams(observer: ObserverBase, fix: str) -> NoReturn:
    raise ConfigurationError(f"{type(observer).__name__} has no calculate_qparams", fix=fix)


def _moved(old: Array, new: Array, share: float) -> Array:
    """Return ``old + share * (new - old)``, rounded to float32 after each operation."""
    return np.asarray(old + np.float32(share) * (new - old))


def _checked_share(share: float) -> float:
    if not 0 <= share <= 1:
        raise ConfigurationError(
            f"averaging_constant={share!r} must lie between 0 and 1", fix="0.01 is the default"
        )
    return share


default_observer = MinMaxObserver.with_args(reduce_range=True)
default_debug_observer = RecordingObserver
default_weight_observer = MinMaxObserver.with_args(dtype=qint8, qscheme=per_tensor_symmetric)
default_histogram_observer = HistogramObserver.with_args(reduce_range=True)
default_per_channel_weight_observer = PerChannelMinMaxObserver.with_args(
    dtype=qint8, qscheme=per_channel_symmetric
)
default_dynamic_quant_observer = MinMaxDynamicQuantObserver
