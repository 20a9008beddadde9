"""What all observers share: counting batches, checking data, computing qparams."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np

from .. import ops
from ..autograd.tracing import detach
from ..dtypes import DType, get_dtype, qint32, quint8
from ..errors import (
    CalibrationError,
    ConfigurationError,
    DTypeError,
    QuantizationWarning,
    UnsupportedArgument,
)
from ..nn.module import Module
from ..nn.state import State, StateCheck
from ..ops.checks import describe
from ..qparams import choose_qparams, symmetric_zero_point
from ..qschemes import (
    QScheme,
    get_qscheme,
    per_channel_affine,
    per_channel_symmetric,
    per_tensor_affine,
    per_tensor_symmetric,
)
from ..qtensor import QTensor
from .builder import PartialObserver

Array = np.ndarray[Any, Any]


class ObserverBase(Module):
    """Base of all observers: modules that return their input unchanged and note something about it.

    Mirrors ``torch.quantization.ObserverBase``.  A subclass defines ``forward``, which first calls
    ``self._count()``, and ``calculate_qparams``.

    Args:
        dtype: of the numbers that scale and zero point are meant for.

    Attributes:
        dtype: as given.
        calls: how often ``forward`` was called; no part of the state_dict.
    """

    def __init__(self, dtype: DType) -> None:
        super().__init__()
        self.dtype = dtype
        self.calls = 0

    def forward(self, x: Any) -> Any:
        """Look at ``x`` and return it; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def calculate_qparams(self) -> tuple[Array, Array]:
        """Return (scale, zero_point): float32 and int64 arrays; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} does not define calculate_qparams()")

    @property
    def has_data(self) -> bool:
        """Whether ``calculate_qparams`` has something to go by."""
        return True

    @classmethod
    def with_args(cls, **kwargs: Any) -> PartialObserver:
        """Return a builder of such observers with these arguments, as a QConfig takes it."""
        return PartialObserver(functools.partial(cls, **kwargs))

    def _count(self) -> None:
        self.calls += 1


class UniformObserver(ObserverBase):
    """Base of the observers that derive scale and zero point from the smallest and the largest value.

    ``forward`` takes float arrays of any shape (others are converted to float32), passes over empty ones
    and returns the very same object.

    Args:
        dtype: a registered integer dtype of 8 bits, or a third party's; not qint32.
        qscheme: a registered one; whether it is per channel is up to the class.
        reduce_range: leave one bit unused.

    Attributes:
        quant_min, quant_max: the codes in use, all of the dtype's at first; see :meth:`restrict`.

    Raises:
        ConfigurationError: in the constructor: any other dtype or qscheme.
        UnsupportedArgument: (also a NotImplementedError) symmetric quint8 with a reduced range.
        CalibrationError: in ``forward``: NaN or infinity in the data; in ``calculate_qparams``: no data yet.
        DTypeError: in ``forward``: a quantized tensor, or no array at all.
    """

    #: Whether the qscheme must be a per-channel one.
    per_channel = False
    #: Names of the two buffers that hold the extremes, with shape (0,) before the first data.
    extremes = ("min_val", "max_val")

    def __init__(self, dtype: DType, qscheme: QScheme, reduce_range: bool) -> None:
        super().__init__(dtype)
        _check_dtype(self, dtype)
        self.qscheme = qscheme = _own_qscheme(self, qscheme)
        if qscheme.symmetric and reduce_range and dtype is quint8:
            raise UnsupportedArgument(
                f"{type(self).__name__} cannot reduce the range of {dtype!r} with {qscheme!r}: "
                "its zero point 128 lies outside of 0..127",
                fix="Use qframe.qint8, an affine qscheme, or reduce_range=False",
            )
        self.reduce_range = reduce_range
        self.quant_min, self.quant_max = dtype.minimum, dtype.maximum
        for name in self.extremes:
            self.register_buffer(name, np.zeros(0, dtype=np.float32))

    def restrict(self, quant_min: int, quant_max: int) -> None:
        """Use only the codes ``quant_min..quant_max``, e.g. -8..7 for weights of four bits.

        Raises:
            ConfigurationError: they are no range inside of the dtype's, or leave out the zero point of a
                symmetric qscheme.
        """
        check_codes(type(self).__name__, self.dtype, quant_min, quant_max)
        zero_point = symmetric_zero_point(self.dtype)
        if self.qscheme.symmetric and not quant_min <= zero_point <= quant_max:
            raise ConfigurationError(
                f"{type(self).__name__} with {self.qscheme!r} has zero point {zero_point}, outside of the "
                f"codes {quant_min}..{quant_max}",
                fix="Let quant_min and quant_max enclose it, or use an affine qscheme",
            )
        self.quant_min, self.quant_max = quant_min, quant_max

    def forward(self, x_orig: Any) -> Any:
        """Take the statistics of ``x_orig`` and return it."""
        self._count()
        x = float32_data(self, x_orig)
        if x.size:
            self._observe(x)
        return x_orig

    def _observe(self, x: Array) -> None:
        """Update the statistics with float32 data that is not empty."""
        raise NotImplementedError(f"{type(self).__name__} does not define _observe()")

    @property
    def has_data(self) -> bool:
        """Whether anything but empty arrays was seen."""
        return all(self._buffers[name].size for name in self.extremes)

    def _range(self) -> tuple[Array, Array]:
        """Return the extremes.

        Raises:
            CalibrationError: there is no data yet.
        """
        if not self.has_data:
            seen = f"{self.calls} empty batches" if self.calls else "no data"
            raise CalibrationError(
                f"{type(self).__name__} saw {seen}, so it cannot choose a scale",
                fix="Run the prepared model on calibration data that reaches it",
            )
        low, high = (self._buffers[name] for name in self.extremes)
        return low, high

    def calculate_qparams(self) -> tuple[Array, Array]:
        """Return scale (float32) and zero point (int64), of shape (1,) or (channels,)."""
        return self._qparams(*self._range())

    def _qparams(self, low: Array, high: Array) -> tuple[Array, Array]:
        limits = self.quant_min, self.quant_max
        scale, zero_point = choose_qparams(low, high, self.dtype, self.qscheme, self.reduce_range, limits)
        return np.atleast_1d(scale), np.atleast_1d(zero_point)

    def _extremes_of(self, x: Array) -> tuple[Array, Array]:
        """Return smallest and largest element as float32 arrays without dimensions.

        Raises:
            CalibrationError: NaN or infinity in ``x``.
        """
        low, high = ops.min_max(x)
        return self._checked(x, np.asarray(low, dtype=np.float32), np.asarray(high, dtype=np.float32))

    def _checked(self, x: Array, low: Array, high: Array) -> tuple[Array, Array]:
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            raise CalibrationError(
                f"batch {self.calls} of this observer holds {_count_bad(x)} among {x.size} values",
                fix="Check that sample of the calibration data, and the layers before this one",
            )
        width = high.astype(np.float64) - low
        if (width > np.finfo(np.float32).max / 2).any():  # arithmetic on the range needs some room
            raise CalibrationError(
                f"batch {self.calls} of this observer widens the range to {low} .. {high}, which is too wide "
                "for float32",
                fix="Normalise the calibration data as in evaluation",
            )
        return low, high

    def extra_repr(self) -> str:
        low, high = self.extremes
        return f"{low}={_text(self._buffers[low])}, {high}={_text(self._buffers[high])}"

    # -- loading: the buffers change their shape with the first data -----------------------------

    def _check_state_dict(self, check: StateCheck, prefix: str) -> None:
        for name in self.extremes:
            check.expect_array(prefix + name, self._buffers[name], self, any_shape=True)

    def _load_from_state_dict(self, state: State, prefix: str) -> None:
        for name in self.extremes:
            if prefix + name in state:
                self._buffers[name] = np.array(state[prefix + name], dtype=np.float32)


def float32_data(observer: Module, x: Any) -> Array:
    """Return the values of ``x`` as a float32 array, without gradient.

    Raises:
        DTypeError: a quantized tensor, or no real array.
    """
    x = detach(x)
    if isinstance(x, QTensor):
        raise DTypeError(
            f"{type(observer).__name__} got {describe(x)}; it observes float arrays",
            fix="Calibrate the prepared float model, before convert",
        )
    if not isinstance(x, (np.ndarray, np.generic)) or x.dtype.kind not in "fiub":
        raise DTypeError(
            f"{type(observer).__name__} got {describe(x)}; it observes float arrays",
            fix="Set qconfig = None on the module whose output is no array",
        )
    with np.errstate(over="ignore"):  # what overflows is reported as infinity
        return np.asarray(x, dtype=np.float32)


def check_codes(owner: str, dtype: DType, quant_min: Any, quant_max: Any) -> None:
    """Raise ConfigurationError unless ``quant_min..quant_max`` is a range of codes of ``dtype``."""
    whole = all(isinstance(code, (int, np.integer)) for code in (quant_min, quant_max))
    if not (whole and dtype.minimum <= quant_min < quant_max <= dtype.maximum):
        raise ConfigurationError(
            f"{owner}: quant_min={quant_min!r}, quant_max={quant_max!r} is no range of codes of {dtype!r} "
            f"({dtype.minimum}..{dtype.maximum})",
            fix="Give whole numbers in this range, the smaller first; the dtype is an argument too",
        )


def _check_dtype(observer: ObserverBase, dtype: Any) -> None:
    name = type(observer).__name__
    if not isinstance(dtype, DType) or not dtype.is_quantized or dtype is qint32:
        raise ConfigurationError(
            f"{name} works for qframe.quint8, qframe.qint8 and registered 8-bit dtypes, not for {dtype!r}",
            fix="Use NoopObserver for qframe.float16 weights" if _is_float(dtype) else "Choose one of them",
        )
    if get_dtype(dtype.name) is not dtype:
        raise ConfigurationError(
            f"{name}: another dtype is registered under the name of {dtype!r}", fix="Rename yours"
        )


def _is_float(dtype: Any) -> bool:
    return isinstance(dtype, DType) and not dtype.is_quantized


#: What the other family's qschemes mean to an observer: it only decides symmetric or affine.
_COUNTERPARTS = {
    per_tensor_affine: per_channel_affine,
    per_tensor_symmetric: per_channel_symmetric,
    per_channel_affine: per_tensor_affine,
    per_channel_symmetric: per_tensor_symmetric,
}


def _own_qscheme(observer: UniformObserver, qscheme: Any) -> QScheme:
    """Return ``qscheme``, or its counterpart if it is for the other kind of observer, with a warning."""
    name = type(observer).__name__
    if not isinstance(qscheme, QScheme) or get_qscheme(qscheme.name) is not qscheme:
        raise ConfigurationError(
            f"{name}: {qscheme!r} is no registered qscheme",
            fix="Use qframe.per_tensor_affine, per_tensor_symmetric, per_channel_affine or "
            "per_channel_symmetric",
        )
    if qscheme.per_channel == observer.per_channel:
        return qscheme
    scales = "a scale for each channel" if observer.per_channel else "one scale for all channels"
    if qscheme not in _COUNTERPARTS:
        raise ConfigurationError(
            f"{name} computes {scales}, which {qscheme!r} is not for", fix="Use an observer of the other kind"
        )
    own = _COUNTERPARTS[qscheme]
    warnings.warn(
        f"{name} computes {scales}, so it takes {qscheme!r} as {own!r}. Name that one, or use "
        f"{'MinMaxObserver' if observer.per_channel else 'PerChannelMinMaxObserver'}",
        QuantizationWarning,
        stacklevel=4,
    )
    return own


def _count_bad(x: Array) -> str:
    nans, infinities = int(np.isnan(x).sum()), int(np.isinf(x).sum())
    counts = [f"{nans} NaN"] * bool(nans) + [f"{infinities} infinite"] * bool(infinities)
    return " and ".join(counts)


def _text(values: Array) -> str:
    """Return a float, or the numbers in brackets as PyTorch shows a tensor."""
    if values.ndim == 0:
        return repr(float(values))
    return f"tensor([{', '.join(f'{value:.4f}' for value in values.flat)}])"
