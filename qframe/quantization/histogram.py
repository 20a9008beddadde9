"""The observer that keeps a histogram and cuts off the tails that cost more than they are worth.

The bookkeeping follows PyTorch 1.6 in every float32 operation; the old histogram is resampled by
closed-form sums, so that a range that grows a thousandfold costs no memory.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import DType, quint8
from ..errors import ConfigurationError
from ..nn.state import State, StateCheck
from ..qschemes import QScheme, per_tensor_affine
from .observer_base import UniformObserver

Array = np.ndarray[Any, Any]

#: Steps of the quantized range that the search for the best range supposes.
_QUANTIZED_STEPS = 256
#: So many parts of an old bin, or more, make a range in which all old bins are as good as one point.
_VANISHING = 2.0**45
#: Share of the data by which the search moves inwards.
_SEARCH_STEP = 1e-5


class HistogramObserver(UniformObserver):
    """Keeps a histogram of all data and chooses the range with the least squared error.

    Mirrors ``torch.quantization.HistogramObserver`` of PyTorch 1.6.

    Args:
        bins: of the histogram.
        upsample_rate: into how many parts each bin is cut when the range grows.
        dtype: quint8, qint8 or a registered integer dtype.
        qscheme: per_tensor_affine or per_tensor_symmetric.
        reduce_range: leave one bit unused.

    Buffers: ``histogram``: float32 of shape (bins,); ``min_val``, ``max_val``: float32, of shape (0,)
    before the first data, then ().
    Errors are those of all observers, and ConfigurationError for ``bins`` or ``upsample_rate`` below 1.
    """

    histogram: Array
    min_val: Array
    max_val: Array

    def __init__(
        self,
        bins: int = 2048,
        upsample_rate: int = 128,
        dtype: DType = quint8,
        qscheme: QScheme = per_tensor_affine,
        reduce_range: bool = False,
    ) -> None:
        super().__init__(dtype, qscheme, reduce_range)
        for name, value in (("bins", bins), ("upsample_rate", upsample_rate)):
            if not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"{name}={value!r} must be a whole number from 1", fix="Raise it")
        self.bins = bins
        self.upsample_rate = upsample_rate
        self.register_buffer("histogram", np.zeros(bins, dtype=np.float32))

    def _observe(self, x: Array) -> None:
        low, high = self._extremes_of(x)
        if not self.has_data or self.min_val == self.max_val:
            self.histogram = ops.histogram(x, self.bins, *_opened(low, high))
            self.min_val, self.max_val = low, high
            return
        low, high = np.minimum(self.min_val, low), np.maximum(self.max_val, high)
        self._checked(x, np.asarray(low), np.asarray(high))
        self.histogram, self.min_val, self.max_val = self._extended(x, low, high)

    def _extended(self, x: Array, low: Any, high: Any) -> tuple[Array, Array, Array]:
        """Return histogram and range after counting ``x`` too; the range may end above ``high``."""
        if float(high) - float(low) > _VANISHING * float(self._fine_width()):
            counts = ops.histogram(x, self.bins, float(low), float(high))
            share = (float(self.min_val) - float(low)) / (float(high) - float(low))
            counts[min(int(share * self.bins), self.bins - 1)] += self.histogram.sum()
            return counts, np.asarray(low), np.asarray(high)
        low, high, rate, start = self._aligned(low, high)
        counts = ops.histogram(x, self.bins, float(low), float(high))
        if low == self.min_val and high == self.max_val:
            return counts + self.histogram, low, high
        return counts + self._resampled(rate, start), low, high

    def _fine_width(self) -> np.float32:
        """Return the width of the parts that bins are cut into; it may be too small for float32, and so 0."""
        span: np.float32 = np.float32(self.max_val) - np.float32(self.min_val)
        return span / np.float32(self.bins * self.upsample_rate)

    def _aligned(self, low: Any, high: Any) -> tuple[Array, Array, int, int]:
        """Raise ``high`` until each new bin is a whole number of parts of old bins.

        Returns:
            low, high, parts for each new bin, and the part where the old histogram starts.
        """
        width = self._fine_width()
        span, unit = np.float32(high) - np.float32(low), np.float32(self.bins) * width
        rate = math.ceil(span / unit)
        high = high + (np.float32(rate) * unit - span)
        start = int(np.rint((np.float32(self.min_val) - np.float32(low)) / width))
        return np.asarray(low), np.asarray(high), rate, start

    def _resampled(self, rate: int, start: int) -> Array:
        """Return the old histogram in bins of ``rate`` parts, laid out from part ``start`` on.

        Every old bin is cut into ``upsample_rate`` parts.  The sums up to the end of each new bin come
        from those up to whole old bins and a share of the next.
        """
        old = self.histogram.astype(np.float64)
        ends = np.arange(1, self.bins + 1) * rate - start
        parts = np.clip(ends, 0, self.bins * self.upsample_rate)
        whole, rest = np.divmod(parts, self.upsample_rate)
        before = np.concatenate([[0.0], np.cumsum(old * self.upsample_rate)])
        sums = before[whole] + rest * np.append(old, 0.0)[whole]
        shifted = np.concatenate([[0.0], sums[:-1]]).astype(np.float32)
        return ((sums - shifted) / self.upsample_rate).astype(np.float32)

    def calculate_qparams(self) -> tuple[Array, Array]:
        """Return scale (float32) and zero point (int64), both of shape (1,)."""
        low, high = self._range()
        if low < high:
            first, last = best_bins(self.histogram, float(low), float(high), self._levels())
            width = (high - low) / np.float32(self.bins)
            low, high = low + width * np.float32(first), low + width * np.float32(last + 1)
        return self._qparams(low, high)

    def _levels(self) -> int:
        """Return into how many steps the search supposes the range to be cut."""
        return min(_QUANTIZED_STEPS, self.quant_max - self.quant_min + 1)

    def extra_repr(self) -> str:
        return ""

    def _check_state_dict(self, check: StateCheck, prefix: str) -> None:
        check.expect_array(prefix + "histogram", self.histogram, self)
        super()._check_state_dict(check, prefix)

    def _load_from_state_dict(self, state: State, prefix: str) -> None:
        super()._load_from_state_dict(state, prefix)
        if prefix + "histogram" in state:
            self.histogram = np.array(state[prefix + "histogram"], dtype=np.float32)


def _opened(low: Array, high: Array) -> tuple[float, float]:
    """Return the range, by one wider to both sides if it is a single number."""
    if low < high:
        return float(low), float(high)
    below = min(low - np.float32(1), np.nextafter(low, np.float32(-np.inf)))
    above = max(high + np.float32(1), np.nextafter(high, np.float32(np.inf)))
    return float(below), float(above)


def best_bins(histogram: Array, low: float, high: float, levels: int = _QUANTIZED_STEPS) -> tuple[int, int]:
    """Return the first and last bin of the range to keep, which is cut into ``levels`` steps.

    From both ends the range shrinks by tiny shares of the data, on the side where that frees more bins,
    until the squared error rises for the first time.
    """
    cumulative = np.cumsum(histogram, dtype=np.float32)
    total, sums = cumulative[-1], cumulative.tolist()
    alpha, beta, best = 0.0, 1.0, math.inf
    first, last = 0, len(sums) - 1
    while alpha < beta:
        left, right = first, last
        bound = float(np.float32(alpha + _SEARCH_STEP) * total)
        while left < last and sums[left] < bound:
            left += 1
        bound = float(np.float32(beta - _SEARCH_STEP) * total)
        while right > first and sums[right] > bound:
            right -= 1
        if left - first > last - right:
            candidate, alpha = (left, last), alpha + _SEARCH_STEP
        else:
            candidate, beta = (first, right), beta - _SEARCH_STEP
        if candidate == (first, last):
            continue
        error = squared_error(histogram, low, high, *candidate, levels)
        if error > best:
            break
        best, (first, last) = error, candidate
    return first, last


def squared_error(
    histogram: Array, low: float, high: float, first: int, last: int, levels: int = _QUANTIZED_STEPS
) -> float:
    """Return the squared error of quantizing to the bins ``first..last`` only, each bin spread evenly."""
    width = (high - low) / len(histogram)
    step = width * (last - first + 1) / levels
    if step == 0:
        return 0.0
    begin = (np.arange(len(histogram)) - first) * width
    end = begin + width
    from_step = np.clip(np.floor(begin / step), 0, levels - 1)
    to_step = np.clip(np.floor(end / step), 0, levels - 1)
    begin, end = begin - (from_step + 0.5) * step, end - (to_step + 0.5) * step
    half = step / 2
    split = _cubic(begin, half) + (to_step - from_step - 1) * _cubic(-half, half) + _cubic(-half, end)
    inside = np.where(from_step == to_step, _cubic(begin, end), split)
    return float(np.sum(histogram.astype(np.float64) / width * inside))


def _cubic(begin: Any, end: Any) -> Any:
    """Return the integral of x² from ``begin`` to ``end``."""
    return (end**3 - begin**3) / 3
