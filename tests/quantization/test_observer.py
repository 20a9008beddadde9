"""Observers: what they note, the qparams they choose, and what they refuse."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import qframe
from qframe import quantization as q
from qframe.dtypes import DType
from qframe.qschemes import QScheme

EPS = np.float32(2.0**-23)
RANGES = {
    (qframe.quint8, False): (0, 255),
    (qframe.quint8, True): (0, 127),
    (qframe.qint8, False): (-128, 127),
    (qframe.qint8, True): (-64, 63),
}
PER_TENSOR = [qframe.per_tensor_affine, qframe.per_tensor_symmetric]
PER_CHANNEL = [qframe.per_channel_affine, qframe.per_channel_symmetric]
TENSOR_CLASSES = [q.MinMaxObserver, q.MovingAverageMinMaxObserver, q.HistogramObserver]
CHANNEL_CLASSES = [q.PerChannelMinMaxObserver, q.MovingAveragePerChannelMinMaxObserver]
CLASSES = [*TENSOR_CLASSES, *CHANNEL_CLASSES, q.MinMaxDynamicQuantObserver]


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


def batches(seed=0, count=3, shape=(4, 3, 5)):
    rng = np.random.default_rng(seed)
    return [np.float32(rng.normal(size=shape) * 2**i + i) for i in range(count)]


def observed(observer, *data):
    for batch in data:
        observer(batch)
    return observer


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


# -- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CLASSES)
def test_without_data_there_are_no_qparams(kind):
    with pytest.raises(qframe.errors.CalibrationError, match="saw no data.*Run the prepared model"):
        kind().calculate_qparams()
    with pytest.raises(qframe.errors.CalibrationError, match="saw 1 empty batches"):
        observed(kind(), np.zeros((0, 3), np.float32)).calculate_qparams()


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize(
    ("bad", "text"),
    [([np.nan], "1 NaN"), ([np.inf, -np.inf], "2 infinite"), ([np.nan, np.inf], "1 NaN and 1 infinite")],
)
def test_nan_and_infinity_are_refused_with_batch_and_module(kind, bad, text):
    model = qframe.nn.Sequential(qframe.nn.Identity(), kind())
    model(np.ones((2, 3), np.float32))
    state = {name: value.copy() for name, value in model.state_dict().items()}
    spoiled = np.ones((2, 3), np.float32)
    spoiled[0, : len(bad)] = bad
    with pytest.raises(qframe.errors.CalibrationError) as caught:
        model(spoiled)
    assert "module '1'" in str(caught.value)
    assert f"batch 2 of this observer holds {text} among 6 values" in str(caught.value)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name])


@pytest.mark.parametrize("kind", CLASSES)
def test_a_range_wider_than_float32_is_refused(kind):
    widest = np.finfo(np.float32).max
    with pytest.raises(qframe.errors.CalibrationError, match="batch 1 .* too wide for float32"):
        kind()(np.array([[-widest, widest]], np.float32))


def test_a_double_beyond_float32_counts_as_infinite():
    with pytest.raises(qframe.errors.CalibrationError, match="1 infinite"):
        q.MinMaxObserver()(np.array([1e300]))


@pytest.mark.parametrize("kind", [*CLASSES, q.RecordingObserver])
def test_quantized_tensors_and_other_objects_are_refused(kind):
    tensor = qframe.quantize_per_tensor(np.ones((1, 2), np.float32), 1.0, 0, qframe.quint8)
    for data in (tensor, [1.0], None, np.array(["a"]), np.array([1j])):
        with pytest.raises(qframe.errors.DTypeError, match="observes float arrays"):
            kind()(data)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("dtype", [qframe.qint32, qframe.float16, np.uint8, "quint8", None])
def test_other_dtypes_are_refused(kind, dtype):
    with pytest.raises(qframe.errors.ConfigurationError, match="quint8, qframe.qint8 and registered"):
        kind(dtype=dtype)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("qscheme", ["per_tensor_affine", None, QScheme("odd", False, False)])
def test_other_qschemes_are_refused(kind, qscheme):
    with pytest.raises((qframe.errors.ConfigurationError, qframe.errors.ArgumentError), match="qscheme"):
        kind(qscheme=qscheme)


@pytest.mark.parametrize("kind", CLASSES)
def test_qschemes_of_the_other_family_are_refused(kind):
    others = PER_TENSOR if kind in CHANNEL_CLASSES else PER_CHANNEL
    for qscheme in others:
        with pytest.raises(qframe.errors.ConfigurationError, match="observer such as"):
            kind(qscheme=qscheme)


def test_dtypes_and_qschemes_of_third_parties_are_welcome():
    int4 = _registered(DType("test_qint4", np.dtype(np.int8), -8, 7), qframe.register_dtype)
    scheme = _registered(QScheme("test_symmetric", False, True), qframe.register_qscheme)
    observer = observed(q.MinMaxObserver(dtype=int4, qscheme=scheme), np.array([-1, 2], np.float32))
    scale, zero_point = observer.calculate_qparams()
    assert (scale[0], zero_point[0]) == (np.float32(2) / np.float32(7.5), 0)
    unregistered = DType("test_qint4", np.dtype(np.int8), -8, 7)
    with pytest.raises(qframe.errors.ConfigurationError, match="another dtype is registered"):
        q.MinMaxObserver(dtype=unregistered)


def _registered(thing, register):
    from qframe import dtypes, qschemes

    known = {**dtypes._by_name, **qschemes._by_name}
    return known.get(thing.name) or register(thing)


@pytest.mark.parametrize("axis", [-1, 1.0, None])
def test_channel_axis_counts_from_the_front(axis):
    with pytest.raises(qframe.errors.ConfigurationError, match="ch_axis"):
        q.PerChannelMinMaxObserver(ch_axis=axis)


def test_a_missing_channel_axis_and_a_changed_number_of_channels_are_refused():
    observer = observed(q.PerChannelMinMaxObserver(ch_axis=1), np.ones((2, 3), np.float32))
    with pytest.raises(qframe.errors.ArgumentError, match="axis 1"):
        observer(np.ones(3, np.float32))
    with pytest.raises(qframe.errors.CalibrationError, match=r"batch 3 .* 4 channels along axis 1.* had 3"):
        observer(np.ones((2, 4), np.float32))


@pytest.mark.parametrize("share", [-0.1, 1.5, np.nan])
def test_a_share_lies_between_zero_and_one(share):
    for kind in (q.MovingAverageMinMaxObserver, q.MovingAveragePerChannelMinMaxObserver):
        with pytest.raises(qframe.errors.ConfigurationError, match="averaging_constant"):
            kind(averaging_constant=share)


@pytest.mark.parametrize("arguments", [{"dtype": qframe.qint8}, {"qscheme": qframe.per_tensor_symmetric}])
def test_dynamic_observer_refuses_what_it_would_ignore(arguments):
    with pytest.raises(qframe.errors.ConfigurationError, match="affine qframe.quint8"):
        q.MinMaxDynamicQuantObserver(**arguments)


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


# -- with_args, copies, state ------------------------------------------------------------------------


def test_with_args_builds_a_new_observer_each_time():
    build = q.MinMaxObserver.with_args(reduce_range=True)
    first, second = build(), build()
    assert first is not second
    assert first.reduce_range
    assert build(dtype=qframe.qint8).dtype is qframe.qint8


def test_with_args_chains_and_the_last_wins():
    build = q.MinMaxObserver.with_args(reduce_range=True, dtype=qframe.qint8).with_args(reduce_range=False)
    assert not build().reduce_range
    assert build().dtype is qframe.qint8


def test_with_args_reads_as_the_partial_inside():
    text = repr(q.MinMaxObserver.with_args(reduce_range=True))
    assert (
        text == "functools.partial(<class 'qframe.quantization.observer.MinMaxObserver'>, reduce_range=True)"
    )


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_with_args_copies_and_pickles(duplicate):
    build = q.MinMaxObserver.with_args(dtype=qframe.qint8, qscheme=qframe.per_tensor_symmetric)
    twin = duplicate(build)
    assert twin == build
    assert hash(twin) == hash(build)
    assert twin != build.with_args(reduce_range=True)
    assert twin().qscheme is qframe.per_tensor_symmetric


@pytest.mark.parametrize("kind", [*CLASSES, q.RecordingObserver])
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_observers_copy_and_pickle_with_their_data(kind, duplicate):
    first, second = batches(count=2)
    observer = observed(kind(), first)
    twin = duplicate(observer)
    assert twin.calls == 1
    state = {name: value.copy() for name, value in observer.state_dict().items()}
    twin(second)
    for name, value in observer.state_dict().items():
        np.testing.assert_array_equal(value, state[name])
    observer(second)
    if kind is not q.RecordingObserver:
        assert [x.tolist() for x in twin.calculate_qparams()] == [
            x.tolist() for x in observer.calculate_qparams()
        ]


NAMES = {
    q.MinMaxObserver: {"min_val", "max_val"},
    q.MovingAverageMinMaxObserver: {"min_val", "max_val"},
    q.PerChannelMinMaxObserver: {"min_vals", "max_vals"},
    q.MovingAveragePerChannelMinMaxObserver: {"min_vals", "max_vals"},
    q.HistogramObserver: {"histogram", "min_val", "max_val"},
    q.MinMaxDynamicQuantObserver: {"min_val", "max_val"},
}


@pytest.mark.parametrize("kind", CLASSES)
def test_state_dict_round_trip_whatever_the_shapes_are(kind):
    full, empty = observed(kind(), *batches()), kind()
    assert set(full.state_dict()) == NAMES[kind]
    fresh, other = kind(), observed(kind(), np.ones((7, 2, 1), np.float32))
    for target in (fresh, other):
        target.load_state_dict(full.state_dict())
        for found, wanted in zip(target.calculate_qparams(), full.calculate_qparams(), strict=True):
            np.testing.assert_array_equal(found, wanted)
        target(np.ones((4, 3, 5), np.float32))
    fresh.load_state_dict(empty.state_dict())
    assert not fresh.has_data


def test_loading_does_not_share_memory():
    full = observed(q.MinMaxObserver(), np.ones(3, np.float32))
    twin = q.MinMaxObserver()
    twin.load_state_dict(full.state_dict())
    twin(np.full(3, 9, np.float32))
    assert full.max_val == 1


def test_loading_reports_missing_and_misfit_entries():
    with pytest.raises(qframe.errors.StateDictError, match="missing: max_val"):
        q.MinMaxObserver().load_state_dict({"min_val": np.float32(1)})
    state = q.HistogramObserver(bins=16).state_dict()
    with pytest.raises(qframe.errors.StateDictError, match="histogram has shape"):
        q.HistogramObserver(bins=32).load_state_dict(state)


def test_repr_shows_the_extremes():
    observer = q.MinMaxObserver()
    assert repr(observer) == "MinMaxObserver(min_val=tensor([]), max_val=tensor([]))"
    observer(np.array([-1.5, 2], np.float32))
    assert repr(observer) == "MinMaxObserver(min_val=-1.5, max_val=2.0)"
    per_channel = observed(q.PerChannelMinMaxObserver(), np.array([[-1, 2], [0, 3]], np.float32))
    text = "PerChannelMinMaxObserver(min_vals=tensor([-1.0000, 0.0000]), max_vals=tensor([2.0000, 3.0000]))"
    assert repr(per_channel) == text
    assert repr(q.HistogramObserver()) == "HistogramObserver()"
    assert repr(q.RecordingObserver()) == "RecordingObserver()"


def test_ready_made_observers():
    assert repr(q.default_observer()) == repr(q.MinMaxObserver())
    assert q.default_observer().reduce_range
    weight = q.default_weight_observer()
    assert (type(weight), weight.dtype, weight.qscheme) == (
        q.MinMaxObserver,
        qframe.qint8,
        qframe.per_tensor_symmetric,
    )
    assert type(q.default_histogram_observer()) is q.HistogramObserver
    assert q.default_histogram_observer().reduce_range
    per_channel = q.default_per_channel_weight_observer()
    assert (per_channel.dtype, per_channel.qscheme, per_channel.ch_axis) == (
        qframe.qint8,
        qframe.per_channel_symmetric,
        0,
    )
    assert q.default_debug_observer is q.RecordingObserver
    assert q.default_dynamic_quant_observer is q.MinMaxDynamicQuantObserver
