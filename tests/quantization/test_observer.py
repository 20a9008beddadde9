"""Observers: what they note and the qparams that they choose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import qframe
from qframe import quantization as q

from .observing import CHANNEL_CLASSES, CLASSES, PER_CHANNEL, PER_TENSOR, TENSOR_CLASSES, batches, observed

EPS = np.float32(2.0**-23)
RANGES = {
    (qframe.quint8, False): (0, 255),
    (qframe.quint8, True): (0, 127),
    (qframe.qint8, False): (-128, 127),
    (qframe.qint8, True): (-64, 63),
}


def refused(dtype, qscheme, reduce_range):
    return dtype is qframe.quint8 and qscheme.symmetric and reduce_range


SETTINGS = [
    pytest.param(kind, dtype, qscheme, reduce_range, id=f"{kind.__name__}-{dtype}-{qscheme}-{reduce_range}")
    for kinds, qschemes in ((TENSOR_CLASSES, PER_TENSOR), (CHANNEL_CLASSES, PER_CHANNEL))
    for kind in kinds
    for dtype, reduce_range in RANGES
    for qscheme in qschemes
]


def by_formula(low, high, dtype, qscheme, reduce_range):
    """Scale and zero point of one range, one float32 operation after the other."""
    quant_min, quant_max = RANGES[dtype, reduce_range]
    low, high = min(np.float32(low), np.float32(0)), max(np.float32(high), np.float32(0))
    if low == high:
        return np.float32(1), 0
    if qscheme.symmetric:
        scale = max(max(-low, high) / np.float32((quant_max - quant_min) / 2), EPS)
        return scale, 128 if dtype is qframe.quint8 else 0
    scale = max((high - low) / np.float32(quant_max - quant_min), EPS)
    return scale, int(min(max(quant_min - np.rint(low / scale), quant_min), quant_max))


# -- statistics --------------------------------------------------------------------------------------


def test_min_max_keeps_the_extremes_of_all_batches():
    data = batches()
    observer = observed(q.MinMaxObserver(), *data)
    assert observer.min_val == min(batch.min() for batch in data)
    assert observer.max_val == max(batch.max() for batch in data)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
def test_moving_average_moves_by_a_share_of_the_difference_in_float32(share):
    data = batches()
    observer = observed(q.MovingAverageMinMaxObserver(share), *data)
    low, high = data[0].min(), data[0].max()
    for batch in data[1:]:
        low = low + np.float32(share) * (batch.min() - low)
        high = high + np.float32(share) * (batch.max() - high)
    assert (observer.min_val, observer.max_val) == (low, high)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_per_channel_keeps_the_extremes_of_each_slice(axis):
    data = batches()
    observer = observed(q.PerChannelMinMaxObserver(ch_axis=axis), *data)
    joined = np.stack([np.moveaxis(batch, axis, 0).reshape(batch.shape[axis], -1) for batch in data], axis=1)
    np.testing.assert_array_equal(observer.min_vals, joined.min(axis=(1, 2)))
    np.testing.assert_array_equal(observer.max_vals, joined.max(axis=(1, 2)))


def test_moving_average_per_channel():
    data = batches(count=2)
    observer = observed(q.MovingAveragePerChannelMinMaxObserver(0.25, ch_axis=1), *data)
    first, second = (batch.max(axis=(0, 2)) for batch in data)
    np.testing.assert_array_equal(observer.max_vals, first + np.float32(0.25) * (second - first))


@pytest.mark.parametrize("kind", CLASSES)
def test_forward_returns_the_very_same_object_and_leaves_it_alone(kind):
    batch = batches()[0]
    before = batch.copy()
    assert kind()(batch) is batch
    np.testing.assert_array_equal(batch, before)


@pytest.mark.parametrize("kind", CLASSES)
def test_buffers_are_float32_and_empty_before_the_first_data(kind):
    observer = kind()
    for name in observer.extremes:
        assert getattr(observer, name).shape == (0,)
        assert getattr(observer, name).dtype == np.float32
    observer(np.ones((3, 2), np.float32))
    for name in observer.extremes:
        assert getattr(observer, name).shape == ((3,) if observer.per_channel else ())
        assert getattr(observer, name).dtype == np.float32


@pytest.mark.parametrize("kind", CLASSES)
def test_empty_arrays_are_passed_over(kind):
    observer = kind()
    observer(np.zeros((0, 3), np.float32))
    assert not observer.has_data
    observer(np.ones((2, 3), np.float32))
    observer(np.zeros((0, 3), np.float32))
    assert observer.has_data
    assert observer.calls == 3


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int64, np.uint8, bool])
def test_other_numbers_are_converted_to_float32(dtype):
    observer = observed(q.MinMaxObserver(), np.array([0, 1, 1], dtype=dtype))
    assert (observer.min_val, observer.max_val) == (0, 1)
    assert observer.max_val.dtype == np.float32


@settings(max_examples=30, deadline=None)
@given(st.lists(hnp.arrays(np.float32, 5, elements=st.floats(-1e6, 1e6, width=32)), min_size=2, max_size=4))
def test_the_order_of_batches_does_not_matter_to_min_max(data):
    forward, backward = observed(q.MinMaxObserver(), *data), observed(q.MinMaxObserver(), *reversed(data))
    assert forward.calculate_qparams() == backward.calculate_qparams()


# -- qparams -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "dtype", "qscheme", "reduce_range"), SETTINGS)
def test_qparams_follow_the_formula(kind, dtype, qscheme, reduce_range):
    if refused(dtype, qscheme, reduce_range):
        with pytest.raises(NotImplementedError, match="cannot reduce the range"):
            kind(dtype=dtype, qscheme=qscheme, reduce_range=reduce_range)
        return
    observer = observed(kind(dtype=dtype, qscheme=qscheme, reduce_range=reduce_range), *batches())
    scale, zero_point = observer.calculate_qparams()
    low, high = (np.atleast_1d(getattr(observer, name)) for name in observer.extremes)
    if kind is q.HistogramObserver:
        low, high = trimmed(observer)
    expected = [by_formula(a, b, dtype, qscheme, reduce_range) for a, b in zip(low, high, strict=True)]
    assert (scale.dtype, zero_point.dtype) == (np.float32, np.int64)
    np.testing.assert_array_equal(scale, [pair[0] for pair in expected])
    np.testing.assert_array_equal(zero_point, [pair[1] for pair in expected])


def trimmed(observer):
    """The range that the search leaves; the search itself is tested with the histogram."""
    from qframe.quantization.histogram import best_bins

    first, last = best_bins(observer.histogram, float(observer.min_val), float(observer.max_val))
    width = (observer.max_val - observer.min_val) / np.float32(observer.bins)
    return [observer.min_val + width * np.float32(first)], [observer.min_val + width * np.float32(last + 1)]


@pytest.mark.parametrize("dtype", [qframe.quint8, qframe.qint8])
@pytest.mark.parametrize("qscheme", PER_TENSOR)
@settings(max_examples=40, deadline=None)
@given(data=hnp.arrays(np.float32, st.integers(1, 20), elements=st.floats(-1e4, 1e4, width=32)))
def test_zero_is_exact_and_the_extremes_are_within_one_step(dtype, qscheme, data):
    observer = observed(q.MinMaxObserver(dtype=dtype, qscheme=qscheme), data)
    scale, zero_point = observer.calculate_qparams()
    assert dtype.minimum <= zero_point[0] <= dtype.maximum
    wide = np.concatenate([data, [0]]).astype(np.float32)
    tensor = qframe.quantize_per_tensor(wide, float(scale[0]), int(zero_point[0]), dtype)
    assert tensor.dequantize()[-1] == 0
    assert np.abs(tensor.dequantize() - wide).max() <= scale[0] * 1.0001


@pytest.mark.parametrize("kind", [*TENSOR_CLASSES, *CHANNEL_CLASSES])
def test_nothing_but_zeros_gives_scale_one_and_zero_point_zero(kind):
    scale, zero_point = observed(kind(), np.zeros((2, 3), np.float32)).calculate_qparams()
    assert set(scale) == {1.0}
    assert set(zero_point) == {0}


@pytest.mark.parametrize("kind", [*TENSOR_CLASSES, *CHANNEL_CLASSES])
def test_a_constant_is_at_the_end_of_a_range_from_zero(kind):
    scale, zero_point = observed(kind(), np.full((1, 3), 5, np.float32)).calculate_qparams()
    assert (scale[0], zero_point[0]) == (np.float32(5) / np.float32(255), 0)


@pytest.mark.parametrize(
    ("low", "high", "reduce_range", "scale", "zero_point"),
    [
        (-1, 2, False, 3 / 255, 85),
        (-1, 2, True, 3 / 127, 42),
        (0, 0, False, 0.1, 0),
        (3, 7, False, 7 / 255, 0),
    ],
)
def test_dynamic_observer_chooses_as_dynamic_operators_do(low, high, reduce_range, scale, zero_point):
    observer = q.MinMaxDynamicQuantObserver(reduce_range=reduce_range)
    found = observed(observer, np.array([low, high], np.float32)).calculate_qparams()
    np.testing.assert_array_equal(found[0], np.array([scale], np.float32))
    np.testing.assert_array_equal(found[1], np.array([zero_point]))


# -- recording, noop ---------------------------------------------------------------------------------


def test_recording_observer_keeps_copies_of_everything():
    observer = q.RecordingObserver()
    assert not observer.has_data
    first, second = np.ones(2, np.float32), np.array([np.nan, np.inf], np.float32)
    observed(observer, first, second)
    first[:] = 7
    recorded = observer.get_tensor_value()
    np.testing.assert_array_equal(recorded[0], [1, 1])
    np.testing.assert_array_equal(recorded[1], second)
    assert observer.state_dict() == {}
    with pytest.raises(qframe.errors.ConfigurationError, match="RecordingObserver has no calculate_qparams"):
        observer.calculate_qparams()


def test_recording_observer_takes_the_keywords_of_the_others():
    assert q.RecordingObserver(dtype=qframe.qint8).dtype is qframe.qint8
    with pytest.raises(TypeError):
        q.RecordingObserver(bins=3)


def test_noop_observer_is_for_float16_weights():
    observer = q.NoopObserver()
    assert observer.dtype is qframe.float16
    data = object()
    assert observer(data) is data
    with pytest.raises(qframe.errors.ConfigurationError, match="NoopObserver has no calculate_qparams"):
        observer.calculate_qparams()
    with pytest.raises(ValueError, match="float16 only"):
        q.NoopObserver(dtype=qframe.qint8)


def test_the_base_class_observes_nothing():
    base = q.ObserverBase(qframe.quint8)
    for method in (lambda: base(np.ones(1)), base.calculate_qparams):
        with pytest.raises(NotImplementedError, match="ObserverBase does not define"):
            method()
