"""HistogramObserver against a plain reading of PyTorch 1.6's algorithm, loop by loop."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qframe
from qframe import quantization as q
from qframe.quantization.histogram import best_bins, squared_error

F = np.float32


def counted(x, bins, low, high):
    """Counts of the values in equal bins, all in float32."""
    counts = np.zeros(bins, F)
    if low == high:
        low, high = low - F(1), high + F(1)
    for value in x.ravel():
        if low <= value <= high:
            place = int(F(F((value - low) / (high - low)) * F(bins)))
            counts[min(place, bins - 1)] += 1
    return counts


class Literal:
    """The state of the observer, kept by repeating every bin as often as the algorithm says."""

    def __init__(self, bins, rate):
        self.bins, self.rate, self.histogram, self.low, self.high = bins, rate, None, None, None

    def observe(self, x):
        if self.histogram is None or self.low == self.high:
            self.low, self.high = x.min(), x.max()
            self.histogram = counted(x, self.bins, self.low, self.high)
            return
        low, high = min(x.min(), self.low), max(x.max(), self.high)
        width = (self.high - self.low) / F(self.bins * self.rate)
        down = math.ceil((high - low) / (F(self.bins) * width))
        high = high + (F(down) * (F(self.bins) * width) - (high - low))
        start = int(np.rint((self.low - low) / width))
        counts = counted(x, self.bins, low, high)
        if low == self.low and high == self.high:
            self.histogram = counts + self.histogram
        else:
            self.histogram = counts + self.repeated(down, start)
        self.low, self.high = low, high

    def repeated(self, down, start):
        fine = np.zeros(self.bins * down, F)
        fine[start : start + self.bins * self.rate] = np.repeat(self.histogram, self.rate)
        sums = np.cumsum(fine, dtype=np.float64)[down - 1 :: down]
        shifted = np.concatenate([[0], sums[:-1]]).astype(F)
        return ((sums - shifted) / self.rate).astype(F)


def assert_same(observer, literal):
    assert (observer.min_val, observer.max_val) == (literal.low, literal.high)
    np.testing.assert_array_equal(observer.histogram, literal.histogram)


@pytest.mark.parametrize(("bins", "rate"), [(32, 128), (100, 16), (64, 1)])
@pytest.mark.parametrize("growth", [1.0, 2.0, 37.0])
def test_bookkeeping_over_batches_that_widen_the_range(bins, rate, growth):
    rng = np.random.default_rng(0)
    observer, literal = q.HistogramObserver(bins, rate), Literal(bins, rate)
    for index in range(4):
        batch = F(rng.normal(size=400) * growth**index)
        observer(batch)
        literal.observe(batch)
        assert_same(observer, literal)


#: Wide enough for the literal form: its float32, and its memory, which grows with the range over a bin.
#: What happens below has tests of its own.
WIDTHS = st.just(0.0) | st.floats(2.0**-10, 3, width=32)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 3, width=32), WIDTHS), min_size=1, max_size=4))
def test_bookkeeping_wherever_the_batches_lie(places):
    rng = np.random.default_rng(1)
    observer, literal = q.HistogramObserver(32, 16), Literal(32, 16)
    for middle, width in places:
        batch = F(rng.uniform(-width, width, 50) + middle)
        observer(batch)
        literal.observe(batch)
        if literal.low != literal.high and (literal.high - literal.low) / F(32 * 16) == 0:
            return  # the bins are narrower than float32 can say
        assert_same(observer, literal)


def test_an_observer_that_saw_one_number_only_starts_anew():
    observer = q.HistogramObserver(bins=8)
    observer(np.full(5, 2, F))
    assert (observer.min_val, observer.max_val, observer.histogram.sum()) == (2, 2, 5)
    observer(np.array([-1, 0, 1], F))
    assert (observer.min_val, observer.max_val, observer.histogram.sum()) == (-1, 1, 3)


@pytest.mark.parametrize("value", [1e8, -3e30, 0.0])
def test_a_constant_of_any_size_is_counted(value):
    observer = q.HistogramObserver(bins=8)
    observer(np.full(5, value, F))
    assert observer.histogram.sum() == 5
    scale, _ = observer.calculate_qparams()
    assert scale[0] == (F(abs(value)) / F(255) if value else 1)


def test_a_range_that_grows_a_billionfold_costs_no_memory():
    observer = q.HistogramObserver()
    observer(F(np.random.default_rng(0).normal(size=100)))
    observer(np.array([-1e9, 1e9], F))
    assert observer.histogram.shape == (2048,)
    assert observer.histogram.sum() == pytest.approx(102)


@pytest.mark.parametrize("first", [1e-44, 1e-38, 1e-20])
@pytest.mark.parametrize("second", [1.0, 1e30])
def test_a_range_that_grows_beyond_all_measure_keeps_the_counts(first, second):
    observer = q.HistogramObserver(bins=16)
    observer(np.linspace(0, first, 7, dtype=F))
    observer(np.array([-second, second, second], F))
    assert (observer.min_val, observer.histogram.sum()) == (F(-second), 10)
    assert observer.histogram[[0, 8, 15]].tolist() == [1, 7, 2]


# -- search ------------------------------------------------------------------------------------------


def error_by_loops(histogram, low, high, first, last):
    """Sum over bins and quantized steps of density times the integral of the squared distance."""
    bins = len(histogram)
    width = (high - low) / bins
    step = width * (last - first + 1) / 256
    total = 0.0
    for index in range(bins):
        begin = (index - first) * width
        end = begin + width
        start, stop = (min(max(math.floor(edge / step), 0), 255) for edge in (begin, end))
        density = float(histogram[index]) / width
        for number in range(start, stop + 1):
            centre = (number + 0.5) * step
            a = begin if number == start else number * step
            b = end if number == stop else (number + 1) * step
            total += density * ((b - centre) ** 3 - (a - centre) ** 3) / 3
    return total


@pytest.mark.parametrize(("first", "last"), [(0, 63), (3, 60), (10, 11), (20, 20)])
def test_error_is_the_sum_over_all_quantized_steps(first, last):
    histogram = F(np.random.default_rng(2).integers(0, 50, 64))
    found = squared_error(histogram, -1.5, 4.0, first, last)
    assert found == pytest.approx(error_by_loops(histogram, -1.5, 4.0, first, last), rel=1e-9)


def search_by_loops(histogram, low, high):
    total, sums = F(0), []
    for count in histogram:
        total = total + count
        sums.append(total)
    first, last, alpha, beta, best = 0, len(sums) - 1, 0.0, 1.0, math.inf
    while alpha < beta:
        next_alpha, next_beta = alpha + 1e-5, beta - 1e-5
        left, right = first, last
        while left < last and sums[left] < F(next_alpha) * total:
            left += 1
        while right > first and sums[right] > F(next_beta) * total:
            right -= 1
        new_first, new_last = first, last
        if left - first > last - right:
            new_first, alpha = left, next_alpha
        else:
            new_last, beta = right, next_beta
        if (new_first, new_last) == (first, last):
            continue
        error = error_by_loops(histogram, low, high, new_first, new_last)
        if error > best:
            break
        first, last, best = new_first, new_last, error
    return first, last


@pytest.mark.parametrize("shape", ["normal", "heavy", "one_sided", "spike"])
def test_search_finds_the_same_bins(shape):
    rng = np.random.default_rng(3)
    data = {
        "normal": rng.normal(size=5000),
        "heavy": rng.standard_t(1.5, 5000),
        "one_sided": np.maximum(rng.normal(size=5000), 0),
        "spike": np.concatenate([rng.normal(size=5000), [300.0]]),
    }[shape]
    observer = q.HistogramObserver(bins=128)
    observer(F(data))
    low, high = float(observer.min_val), float(observer.max_val)
    assert best_bins(observer.histogram, low, high) == search_by_loops(observer.histogram, low, high)


def test_a_far_outlier_is_cut_off():
    rng = np.random.default_rng(4)
    data = F(np.concatenate([rng.uniform(-1, 1, 200_000), [1000.0]]))
    observer, plain = q.HistogramObserver(), q.MinMaxObserver()
    observer(data)
    plain(data)
    assert observer.calculate_qparams()[0] < plain.calculate_qparams()[0]


@pytest.mark.parametrize("arguments", [{"bins": 0}, {"upsample_rate": 0}, {"bins": 2.5}])
def test_sizes_are_whole_numbers_from_one(arguments):
    with pytest.raises(qframe.errors.ConfigurationError, match="whole number from 1"):
        q.HistogramObserver(**arguments)


def test_the_qparams_do_not_depend_on_the_layout_of_the_data():
    data = F(np.random.default_rng(5).normal(size=(4, 6, 8)))
    observers = [q.HistogramObserver() for _ in range(2)]
    for observer, batch in zip(observers, (data, np.asfortranarray(data).transpose(2, 0, 1)), strict=True):
        observer(batch)
    assert observers[0].calculate_qparams() == observers[1].calculate_qparams()
