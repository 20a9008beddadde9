"""FakeQuantize: rounding as quantization does it, gradients that pass straight through, switches, state."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qframe
from qframe import nn
from qframe import quantization as q
from qframe.autograd import gradcheck, value_and_grad
from qframe.errors import ArgumentError, CalibrationError, ConfigurationError, DTypeError, StateDictError

from .observing import batches, observed

#: A power of two: products with it are exact.
STEP = 0.25


def per_tensor(**keywords):
    return q.FakeQuantize(**keywords)


def per_channel(**keywords):
    return q.default_per_channel_weight_fake_quant(**keywords)


def by_definition(x, scale, zero_point, low, high):
    """The rounded values, and where the code needs no clamping, one float32 operation after the other."""
    code = np.rint(np.float32(x) * (np.float32(1) / np.float32(scale))) + zero_point
    values = np.float32(np.clip(code, low, high) - zero_point) * np.float32(scale)
    return values, (low <= code) & (code <= high)


def gradient_of(function, x):
    """The gradient of the sum of ``function(x)`` times 1, 2, 3 ..."""

    class Holder(nn.Module):
        def __init__(self):
            super().__init__()
            self.x = nn.Parameter(np.array(x, np.float32))

    holder = Holder()
    weights = np.arange(1, x.size + 1, dtype=np.float32).reshape(x.shape)
    _, gradients = value_and_grad(holder, lambda: (function(holder.x) * weights).sum())()
    return gradients["x"] / weights


# -- the functions -----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(0, 255), (-128, 127), (-8, 7), (0, 15)]))
def test_values_and_gradients_are_those_of_the_definition(seed, codes):
    rng = np.random.default_rng(seed)
    scale, zero_point = np.float32(rng.uniform(0.001, 2)), int(rng.integers(codes[0], codes[1] + 1))
    steps = rng.integers(4 * codes[0] - 20, 4 * codes[1] + 20, (4, 7)) / 2 - zero_point  # ties, too
    x = np.float32(steps) * scale
    values, inside = by_definition(x, scale, zero_point, *codes)

    def rounded(x):
        return qframe.fake_quantize_per_tensor_affine(x, scale, zero_point, *codes)

    np.testing.assert_array_equal(rounded(x), values)
    np.testing.assert_array_equal(gradient_of(rounded, x), inside)


@pytest.mark.parametrize("axis", range(3))
def test_channels_are_rounded_each_by_its_own_scale(axis):
    rng = np.random.default_rng(axis)
    x = np.float32(rng.normal(size=(3, 4, 5)) * 120)
    channels = x.shape[axis]
    scales, zeros = np.float32(rng.uniform(0.1, 1, channels)), rng.integers(-9, 9, channels)

    def rounded(x):
        return qframe.fake_quantize_per_channel_affine(x, scales, zeros, axis, -128, 127)

    gradient = gradient_of(rounded, x)
    for channel in range(channels):
        part = [slice(None)] * 3
        part[axis] = channel
        values, inside = by_definition(x[tuple(part)], scales[channel], zeros[channel], -128, 127)
        np.testing.assert_array_equal(rounded(x)[tuple(part)], values)
        np.testing.assert_array_equal(gradient[tuple(part)], inside)
        assert 0 < inside.sum() < inside.size


def test_codes_that_round_to_the_border_still_pass_the_gradient():
    x = np.float32([-0.5, -0.51, 255.5, 255.49])
    gradient = gradient_of(lambda x: qframe.fake_quantize_per_tensor_affine(x, 1.0, 0, 0, 255), x)
    np.testing.assert_array_equal(gradient, [1, 0, 0, 1])


def test_nan_and_infinities_get_a_bound_and_no_gradient():
    x = np.float32([np.nan, np.inf, -np.inf, 1e30])

    def rounded(x):
        return qframe.fake_quantize_per_tensor_affine(x, 0.5, 100, 0, 255)

    np.testing.assert_array_equal(rounded(x), np.float32([-50, 77.5, -50, 77.5]))
    np.testing.assert_array_equal(gradient_of(rounded, x), 0)


@pytest.mark.parametrize("zero_point", [0, 3])
def test_gradient_equals_differences_over_whole_steps(zero_point):
    """Rounding moves by whole steps when its input does: there the gradient is no estimate."""
    x = np.random.default_rng(0).uniform(-4, 4, (3, 5))

    def rounded(x):
        return qframe.fake_quantize_per_tensor_affine(x, STEP, zero_point, -128, 127)

    assert gradcheck(rounded, x, eps=STEP)
    assert gradcheck(lambda x: rounded(x + 1000) * x, x, eps=STEP)  # clamped: only the other factor counts


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((np.float32([1]), 1.0, 300, 0, 255), ArgumentError, "zero_point 300 lies outside of 0..255"),
        ((np.float32([1]), 1.0, 0, 5, 1), ArgumentError, "quant_min 5 exceeds quant_max 1"),
        ((np.float32([1]), -1.0, 0, 0, 255), ArgumentError, "scale"),
        ((np.array([1]), 1.0, 0, 0, 255), DTypeError, "int64"),
        (
            (qframe.quantize_per_tensor(np.float32([1]), 1.0, 0, qframe.quint8), 1.0, 0, 0, 255),
            DTypeError,
            "quint8",
        ),
    ],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        qframe.fake_quantize_per_tensor_affine(*arguments)


# -- the module --------------------------------------------------------------------------------------


def test_follows_the_data_and_rounds_it():
    fake = per_tensor()
    for x in batches():
        scale, zero_point = observed(copy.deepcopy(fake.activation_post_process), x).calculate_qparams()
        out = fake(x)
        np.testing.assert_array_equal(fake.scale, scale)
        np.testing.assert_array_equal(fake.zero_point, zero_point)
        np.testing.assert_array_equal(out, by_definition(x, scale[0], zero_point[0], 0, 255)[0])


@pytest.mark.parametrize("make", [per_tensor, per_channel])
def test_equals_quantize_and_dequantize(make):
    fake = make()
    x = batches()[0]
    out = fake(x)
    scale, zero_point = fake.calculate_qparams()
    if fake.qscheme.per_channel:
        quantized = qframe.quantize_per_channel(x, scale, zero_point, fake.ch_axis, fake.dtype)
    else:
        quantized = qframe.quantize_per_tensor(x, float(scale[0]), int(zero_point[0]), fake.dtype)
    np.testing.assert_allclose(out, qframe.dequantize(quantized), rtol=1e-6, atol=1e-6)


def test_observer_can_be_switched_off():
    fake = observed(per_tensor(), np.float32([0, 1]))
    scale = fake.scale.copy()
    assert fake.disable_observer() is fake
    out = fake(np.float32([0, 100]))
    np.testing.assert_array_equal(fake.scale, scale)
    np.testing.assert_allclose(out, [0, 1], atol=1e-6)
    fake.enable_observer()(np.float32([0, 100]))
    assert fake.scale > scale


def test_rounding_can_be_switched_off():
    fake = per_tensor()
    x = np.float32([0.1234, 1])
    assert fake.disable_fake_quant()(x) is x
    assert fake.scale[0] == np.float32(1) / 255
    assert not np.array_equal(fake.enable_fake_quant()(x), x)


def test_observes_in_evaluation_mode_too():
    fake = per_tensor().eval()
    fake(np.float32([0, 3]))
    assert fake.activation_post_process.max_val == 3


def test_helpers_switch_all_of_a_model_and_leave_other_modules_alone():
    model = nn.Sequential(nn.Linear(2, 2), per_tensor(), nn.Sequential(per_channel()))
    switches = [
        (m.fake_quant_enabled, m.observer_enabled) for m in model.modules() if isinstance(m, q.FakeQuantize)
    ]
    assert switches == [(1, 1)] * 2
    for helper, expected in [
        (q.disable_observer, (1, 0)),
        (q.disable_fake_quant, (0, 0)),
        (q.enable_observer, (0, 1)),
        (q.enable_fake_quant, (1, 1)),
    ]:
        model.apply(helper)
        found = [m for m in model.modules() if isinstance(m, q.FakeQuantize)]
        assert [(m.fake_quant_enabled, m.observer_enabled) for m in found] == [expected] * 2


def test_reduced_range_halves_the_steps_and_keeps_all_codes():
    fake = observed(q.default_fake_quant(), np.float32([0, 1])).disable_observer()
    assert fake.scale[0] == np.float32(1) / 127
    np.testing.assert_allclose(fake(np.float32([1.9, 2.5])), [241 / 127, 255 / 127], rtol=1e-6)


def test_four_bits_use_sixteen_codes():
    fake = q.default_weight_fake_quant(quant_min=-8, quant_max=7)
    x = np.float32(np.linspace(-1.5, 1.5, 1001))
    codes = np.unique(np.rint(fake(x) / fake.scale))
    np.testing.assert_array_equal(codes, range(-8, 8))
    assert fake.scale[0] == np.float32(1.5) / np.float32(7.5)


def test_histogram_observer_chooses_a_range_for_few_codes():
    x = np.float32(np.random.default_rng(0).normal(size=20000))
    errors = []
    for high in (255, 15):
        fake = q.default_histogram_fake_quant(quant_max=high, reduce_range=False)
        errors.append(np.square(fake(x) - x).mean())
        plain = q.FakeQuantize(q.MinMaxObserver, quant_max=high)
        assert errors[-1] <= np.square(plain(x) - x).mean()
    assert errors[1] > errors[0]


def test_zeros_only_give_scale_one():
    fake = per_tensor()
    np.testing.assert_array_equal(fake(np.zeros(3, np.float32)), 0)
    assert (fake.scale[0], fake.zero_point[0]) == (1, 0)


def test_empty_arrays_change_nothing():
    fake = per_tensor()
    assert fake(np.zeros((0, 2), np.float32)).shape == (0, 2)
    assert not fake.has_data
    assert fake.scale[0] == 1


def test_gradient_reaches_what_was_not_clamped():
    fake = observed(per_tensor(), np.float32([0, 1])).disable_observer()
    np.testing.assert_array_equal(gradient_of(fake, np.float32([-0.5, 0.5, 0.9, 1.5])), [0, 1, 1, 0])


def test_observing_leaves_the_gradient_alone():
    fake = per_tensor().disable_fake_quant()
    x = np.float32([-3, 4, 7])
    np.testing.assert_array_equal(gradient_of(fake, x), 1)
    assert fake.activation_post_process.max_val == 7


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"quant_max": 256}, "quant_max=256 is no range of codes of qframe.quint8"),
        ({"quant_min": 9, "quant_max": 3}, "quant_min=9, quant_max=3"),
        ({"dtype": qframe.qint8}, "quant_max=255 is no range of codes of qframe.qint8"),
        ({"quant_max": 2.5}, "quant_max=2.5"),
        ({"observer": q.NoopObserver}, "NoopObserver, which has no qscheme"),
        (
            {"dtype": qframe.qint8, "qscheme": qframe.per_tensor_symmetric, "quant_min": 1, "quant_max": 7},
            "zero point 0, outside of the codes 1..7",
        ),
    ],
)
def test_arguments_that_do_not_fit(arguments, text):
    with pytest.raises(ConfigurationError, match=text):
        q.FakeQuantize(**arguments)


def test_nan_in_the_data_is_an_error_while_observed():
    fake = per_tensor()
    with pytest.raises(CalibrationError, match="1 NaN"):
        fake(np.float32([1, np.nan]))
    with pytest.raises(DTypeError, match="float arrays"):
        fake(qframe.quantize_per_tensor(np.float32([1]), 1.0, 0, qframe.quint8))


# -- state -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [per_tensor, per_channel])
def test_state_round_trip(make):
    fake = observed(make(), *batches()).disable_observer()
    other = make()
    other.load_state_dict(fake.state_dict())
    x = batches(seed=9)[0]
    np.testing.assert_array_equal(other(x), fake(x))
    assert other.observer_enabled[0] == 0
    assert list(fake.state_dict())[:4] == ["fake_quant_enabled", "observer_enabled", "scale", "zero_point"]


def test_state_of_no_use_is_refused():
    fake = observed(per_tensor(), *batches())
    for key, value, text in [
        ("scale", np.float32([0]), "above zero"),
        ("scale", np.float32([1, 2]), "two vectors"),
        ("zero_point", np.array([999]), "outside of the codes 0..255"),
    ]:
        with pytest.raises(StateDictError, match=text):
            per_tensor().load_state_dict({**fake.state_dict(), key: value})


def test_copies_are_independent():
    fake = observed(per_tensor(), np.float32([0, 1]))
    twin = copy.deepcopy(fake)
    twin(np.float32([0, 9]))
    assert fake.activation_post_process.max_val == 1


def test_text_shows_switches_and_qparams():
    text = repr(observed(per_tensor(), np.float32([0, 255])))
    assert "fake_quant_enabled=tensor([1], dtype=uint8)" in text
    assert "scale=tensor([1.])" in text
    assert "MovingAverageMinMaxObserver" in text


# -- ready-made forms --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "observer", "dtype", "qscheme", "reduce_range", "codes"),
    [
        (q.default_fake_quant, q.MovingAverageMinMaxObserver, "quint8", "per_tensor_affine", True, (0, 255)),
        (
            q.default_weight_fake_quant,
            q.MovingAverageMinMaxObserver,
            "qint8",
            "per_tensor_symmetric",
            False,
            (-128, 127),
        ),
        (
            q.default_per_channel_weight_fake_quant,
            q.MovingAveragePerChannelMinMaxObserver,
            "qint8",
            "per_channel_symmetric",
            False,
            (-128, 127),
        ),
        (q.default_histogram_fake_quant, q.HistogramObserver, "quint8", "per_tensor_affine", True, (0, 255)),
    ],
)
def test_ready_made(build, observer, dtype, qscheme, reduce_range, codes):
    fake = build()
    inner = fake.activation_post_process
    assert type(inner) is observer
    assert inner.dtype is fake.dtype is getattr(qframe, dtype)
    assert inner.qscheme is fake.qscheme is getattr(qframe, qscheme)
    assert inner.reduce_range is reduce_range
    assert (fake.quant_min, fake.quant_max) == codes
    assert fake.ch_axis == (0 if "channel" in qscheme else -1)
