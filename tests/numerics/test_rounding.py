"""The rounding rules, against their formulas written out in exact arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qframe import numerics
from qframe.dtypes import qint8, qint32, quint8
from qframe.numerics import Clamp

F = np.float32
finite = st.floats(-1e6, 1e6, width=32)
scales = st.floats(2.0**-10, 2.0**10, width=32)


def f32(value):
    return float(F(value))


def quantized(x, scale, zero_point, low, high):
    """saturate(z + rint(x * (1 / s))) on Python numbers."""
    inverse = f32(Fraction(1) / Fraction(f32(scale)))
    return min(max(round(f32(f32(x) * inverse)) + zero_point, low), high)


class TestQuantize:
    @given(st.lists(finite, min_size=1, max_size=20), scales, st.integers(0, 255))
    def test_quint8_follows_the_formula(self, values, scale, zero_point):
        codes = numerics.quantize(np.array(values, F), scale, zero_point, quint8)
        assert codes.dtype == np.uint8
        assert codes.tolist() == [quantized(v, scale, zero_point, 0, 255) for v in values]

    @given(st.lists(finite, min_size=1, max_size=20), scales, st.integers(-(2**31), 2**31 - 1))
    def test_qint32_follows_the_formula(self, values, scale, zero_point):
        codes = numerics.quantize(np.array(values, F), scale, zero_point, qint32)
        assert codes.tolist() == [quantized(v, scale, zero_point, -(2**31), 2**31 - 1) for v in values]

    def test_ties_round_to_even_before_the_zero_point_is_added(self):
        ties = np.array([0.5, 1.5, 2.5, -0.5, -1.5], F)
        assert numerics.quantize(ties, 1.0, 1, quint8).tolist() == [1, 3, 3, 1, 0]
        assert numerics.quantize(ties, 1.0, 0, qint8).tolist() == [0, 2, 2, 0, -2]

    def test_it_multiplies_by_the_float32_reciprocal(self):
        x = (np.arange(-100, 100, dtype=F) + F(0.5)) * F(0.013)
        by_product = np.clip(np.rint(x * (F(1) / F(0.013))) + 128, 0, 255)
        np.testing.assert_array_equal(numerics.quantize(x, 0.013, 128, quint8), by_product)
        assert (by_product != np.clip(np.rint(x / F(0.013)) + 128, 0, 255)).any()

    @pytest.mark.parametrize(
        ("dtype", "nan", "inf", "negative"),
        [(quint8, 255, 255, 0), (qint8, 127, 127, -128), (qint32, -(2**31), 2**31 - 1, -(2**31))],
    )
    def test_values_that_are_no_numbers(self, dtype, nan, inf, negative):
        x = np.array([np.nan, np.inf, 1e38, -np.inf, -1e38], F)
        assert numerics.quantize(x, 0.01, 3, dtype).tolist() == [nan, inf, inf, negative, negative]

    @given(scales, st.integers(0, 255))
    def test_zero_is_exact(self, scale, zero_point):
        codes = numerics.quantize(np.zeros(1, F), scale, zero_point, quint8)
        assert codes[0] == zero_point
        assert numerics.dequantize(codes, scale, zero_point)[0] == 0

    @given(st.integers(0, 255), scales, st.integers(0, 255))
    def test_codes_survive_the_round_trip(self, code, scale, zero_point):
        real = numerics.dequantize(np.array([code], np.uint8), scale, zero_point)
        assert numerics.quantize(real, scale, zero_point, quint8)[0] == code

    def test_memory_order_is_kept(self):
        x = np.zeros((2, 3, 4, 5), F).transpose(0, 3, 1, 2)
        assert numerics.quantize(x, 1.0, 0, quint8).strides == tuple(s // 4 for s in x.strides)


class TestDequantize:
    def test_the_subtraction_comes_first(self):
        codes = np.arange(256, dtype=np.uint8)
        expected = [f32(f32(0.1) * (c - 131)) for c in range(256)]
        assert numerics.dequantize(codes, 0.1, 131).tolist() == expected

    def test_per_channel_multiplies_in_float64(self):
        codes = np.array([[3, 250], [3, 250]], np.uint8)
        real = numerics.dequantize_per_channel(codes, np.array([0.1, 0.3]), np.array([7, 9]), 0)
        assert real.tolist() == [[f32(-4 * 0.1), f32(243 * 0.1)], [f32(-6 * 0.3), f32(241 * 0.3)]]


class TestRequantize:
    @given(
        st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=10), st.floats(2.0**-20, 8, width=32)
    )
    def test_the_accumulator_is_rounded_to_float32_first(self, accumulator, multiplier):
        codes = numerics.requantize(np.array(accumulator, np.int32), F(multiplier), 5, quint8)
        expected = [min(max(round(f32(f32(a) * f32(multiplier))) + 5, 0), 255) for a in accumulator]
        assert codes.tolist() == expected

    def test_a_clamp_narrows_the_range(self):
        codes = numerics.requantize(np.arange(-20, 20), F(1), 10, quint8, Clamp(10, 15))
        assert codes.tolist() == np.clip(np.arange(-10, 30), 10, 15).tolist()

    def test_bias_per_tensor_multiplies_per_channel_divides(self):
        bias = np.array([0.7, -1.3], F)
        one = numerics.output_transform(0.013, 0.0071, bias, 0.05)
        product = f32(f32(0.013) * f32(0.0071))
        assert one.multiplier == F(product) / F(0.05)
        assert one.bias.tolist() == [f32(float(b) * f32(1.0 / product)) for b in bias]
        many = numerics.output_transform(0.013, np.array([0.0071, 0.0071]), bias, 0.05)
        assert many.bias.tolist() == [f32(float(b) / product) for b in bias]
        assert numerics.output_transform(0.1, 0.1, None, 0.1).bias is None


@pytest.mark.parametrize(
    ("total", "count", "code"), [(5, 2, 12), (7, 2, 14), (-5, 2, 8), (1, 3, 10), (2, 3, 11), (10000, 3, 255)]
)
def test_averages_round_once_around_the_zero_point(total, count, code):
    assert numerics.average(np.array(total), count, 10, quint8) == code


class TestAddScalar:
    def test_inside_the_range_only_the_zero_point_moves(self):
        assert numerics.add_scalar_shift(1.0, 0.5, 10, quint8) == (0.5, 8, 8, None)

    @pytest.mark.parametrize(("value", "zero_point"), [(100.0, 0), (-200.0, 255)])
    def test_outside_the_scale_grows(self, value, zero_point):
        shift = numerics.add_scalar_shift(value, 0.5, 10, quint8)
        assert shift.zero_point == zero_point
        low, high = shift.zero_point_in, 255 - shift.zero_point_in
        assert shift.scale == pytest.approx(0.5 * max(abs(low), high if value > 0 else low) / 255)


@pytest.mark.parametrize(
    ("bounds", "codes"),
    [
        ((0, None), (10, 255)),
        ((0, 6), (10, 22)),
        ((None, 1.0), (0, 12)),
        ((-100, 1000), (0, 255)),
        ((None, None), (0, 255)),
    ],
)
def test_clamp_codes(bounds, codes):
    assert numerics.clamp_codes(*bounds, 0.5, 10, quint8) == codes


def test_batch_norm_coefficients_fold_statistics_and_scales():
    weight, bias, mean, var = (np.array([v], F) for v in (1.5, 0.25, 0.5, 4.0))
    alpha, beta = numerics.batch_norm_coefficients(weight, bias, mean, var, 0.0, 0.1, 0.2)
    assert alpha[0] == pytest.approx(1.5 / math.sqrt(4) * 0.5)
    assert beta[0] == pytest.approx((0.25 - 0.5 * 1.5 / 2) / 0.2)


@pytest.mark.parametrize("codes", [[0, 255, 7, 99], [-128, 127, -3], [77] * 5, [200, 201] * 50])
def test_norm_statistics(codes):
    """Mean in float32; the variance rounds once, after an exact subtraction; eps is added in float64."""
    total, squares, count = sum(codes), sum(c * c for c in codes), len(codes)
    mean, factor = numerics.norm_statistics(np.array(total), np.array(squares), count, 1e-5, 0.1, 3)
    exact_mean = f32(f32(total) / count)
    variance = f32(Fraction(f32(f32(squares) / count)) - Fraction(exact_mean) ** 2)
    scaled = f32(f32(max(variance, 0.0) * f32(0.1)) * f32(0.1))
    assert mean == F(exact_mean - 3)
    assert factor == F(f32(0.1) / math.sqrt(scaled + 1e-5))


def test_norm_statistics_of_constant_codes_without_eps_are_infinite():
    assert np.isinf(numerics.norm_statistics(np.array(10), np.array(50), 2, 0.0, 0.1, 3).factor)


@pytest.mark.parametrize("factor", [None, 1e-300, 1e-30, 0.1, 0.5, 3.0, 1e30, 1e300])
@pytest.mark.parametrize(("length", "output"), [(1, 1), (1, 9), (9, 1), (9, 40)])
def test_interpolation_reads_inside_the_input_whatever_the_factor(factor, length, output):
    nearest = numerics.nearest_sources(length, output, factor)
    linear = [numerics.linear_sources(length, output, align, factor) for align in (False, True)]
    for places in (nearest, *(places for sources in linear for places in sources[:2])):
        assert places.shape == (output,)
        assert ((places >= 0) & (places < length)).all()
    assert all(np.isfinite(sources.second_weight).all() for sources in linear)
