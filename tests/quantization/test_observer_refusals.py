"""What observers refuse: missing or broken data, dtypes and qschemes that they cannot serve."""

import numpy as np
import pytest

import qframe
from qframe import quantization as q
from qframe.dtypes import DType
from qframe.qschemes import QScheme

from .observing import CHANNEL_CLASSES, CLASSES, PER_CHANNEL, PER_TENSOR, observed


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
def test_qschemes_of_the_other_family_only_decide_symmetric_or_affine(kind):
    """As in PyTorch 1.6, where the class alone decides per tensor or per channel; but with a warning."""
    per_channel = kind in CHANNEL_CLASSES
    own, others = (PER_CHANNEL, PER_TENSOR) if per_channel else (PER_TENSOR, PER_CHANNEL)
    x = np.array([[-1, 2, 0.5], [3, -4, 8]], np.float32)
    for mine, other in zip(own, others, strict=True):
        if mine.symmetric and kind is q.MinMaxDynamicQuantObserver:
            continue
        with pytest.warns(qframe.errors.QuantizationWarning, match=rf"takes {other!r} as {mine!r}"):
            taken = kind(qscheme=other)
        assert taken.qscheme is mine
        for result, expected in zip(
            observed(taken, x).calculate_qparams(),
            observed(kind(qscheme=mine), x).calculate_qparams(),
            strict=True,
        ):
            np.testing.assert_array_equal(result, expected)


def test_a_third_partys_qscheme_of_the_other_family_is_refused():
    scheme = _registered(QScheme("test_per_channel", True, False), qframe.register_qscheme)
    with pytest.raises(
        qframe.errors.ConfigurationError, match="one scale for all channels, which qframe.test_"
    ):
        q.MinMaxObserver(qscheme=scheme)


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
