"""Scale and zero point from a range."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qframe import numerics, qparams, qschemes
from qframe.dtypes import qint8, quint8
from qframe.errors import ArgumentError, CalibrationError

F = np.float32
bound = st.floats(-1e5, 1e5, width=32)


@pytest.mark.parametrize(
    ("dtype", "reduce_range", "expected"),
    [
        (quint8, False, (0, 255)),
        (quint8, True, (0, 127)),
        (qint8, False, (-128, 127)),
        (qint8, True, (-64, 63)),
    ],
)
def test_reduced_ranges_give_up_one_bit(dtype, reduce_range, expected):
    assert qparams.quantized_range(dtype, reduce_range) == expected


class TestChooseQParams:
    @given(bound, bound, st.sampled_from([quint8, qint8]), st.booleans())
    def test_affine_follows_the_formula(self, a, b, dtype, reduce_range):
        low, high = F(min(a, b)), F(max(a, b))
        scale, zero_point = qparams.choose_qparams(low, high, dtype, qschemes.per_tensor_affine, reduce_range)
        quant_min, quant_max = qparams.quantized_range(dtype, reduce_range)
        low, high = min(low, F(0)), max(high, F(0))
        if low == high:
            assert (scale, zero_point) == (1, 0)
            return
        expected = max((high - low) / F(quant_max - quant_min), np.finfo(F).eps)
        assert scale == expected
        assert zero_point == np.clip(quant_min - np.rint(low / expected), quant_min, quant_max)

    @given(bound, bound)
    def test_symmetric_covers_the_larger_side_around_the_middle(self, a, b):
        low, high = min(a, b), max(a, b)
        largest = max(-min(low, 0), max(high, 0))
        if largest == 0:
            return
        for dtype, zero in ((qint8, 0), (quint8, 128)):
            scale, zero_point = qparams.choose_qparams(low, high, dtype, qschemes.per_tensor_symmetric)
            assert scale == max(F(largest) / F(127.5), np.finfo(F).eps)
            assert zero_point == zero

    @given(bound, bound)
    def test_zero_and_both_ends_are_within_a_step(self, a, b):
        low, high = min(a, b), max(a, b)
        scale, zero_point = qparams.choose_qparams(low, high, quint8, qschemes.per_tensor_affine)
        assert 0 <= zero_point <= 255
        ends = np.array([low, high, 0], F)
        codes = numerics.quantize(ends, float(scale), int(zero_point), quint8)
        error = np.abs(numerics.dequantize(codes, float(scale), int(zero_point)) - ends)
        assert (error <= 1.001 * scale).all()
        assert error[2] == 0

    def test_one_entry_for_each_channel(self):
        scale, zero_point = qparams.choose_qparams(
            np.array([-1.0, 0.0, 0.0]), np.array([1.0, 2.55, 0.0]), quint8, qschemes.per_channel_affine
        )
        np.testing.assert_array_equal(scale, np.array([F(2) / F(255), F(2.55) / F(255), 1], F))
        assert (scale.dtype, zero_point.dtype) == (np.float32, np.int64)
        assert zero_point.tolist() == [127, 0, 0]  # 1 / float32(2 / 255) is just below 127.5

    def test_nothing_but_zeros_gives_one_and_zero(self):
        for scheme in (qschemes.per_tensor_affine, qschemes.per_tensor_symmetric):
            assert qparams.choose_qparams(0.0, 0.0, qint8, scheme) == (1.0, 0)

    def test_a_scheme_of_ones_own_decides_by_itself(self):
        asked = []

        def choose(low, high, quant_min, quant_max):
            asked.append((low.tolist(), high.tolist(), quant_min, quant_max))
            return np.full(low.shape, 0.5), np.full(low.shape, 3)

        scheme = qschemes.QScheme("halves", False, False, choose)
        scale, zero_point = qparams.choose_qparams(
            np.array([1.0, -1, 0]), np.array([2.0, 4, 0]), quint8, scheme, True
        )
        assert asked == [([0.0, -1.0, 0.0], [2.0, 4.0, 0.0], 0, 127)]
        assert (scale.tolist(), zero_point.tolist()) == ([0.5, 0.5, 1.0], [3, 3, 0])
        assert (scale.dtype, zero_point.dtype) == (np.float32, np.int64)

    @pytest.mark.parametrize(
        ("scale", "zero_point", "why"),
        [
            (0.0, 3, "scale must be a finite number above zero"),
            (1.0, 256, "zero_point 256 is out of range for qframe.quint8"),
            (1.0, 2.5, "zero_point must be a whole number"),
            (1.0, np.nan, "cannot convert float NaN to integer"),
            ([1.0, 1.0], 0, r"one for each range, in shape \(\)"),
        ],
    )
    def test_a_scheme_of_ones_own_is_held_to_the_rules(self, scale, zero_point, why):
        scheme = qschemes.QScheme("wrong", False, False, lambda *_: (np.array(scale), np.array(zero_point)))
        with pytest.raises(ArgumentError, match=f"qframe.wrong chose scale .*{why}.*Correct the scheme's"):
            qparams.choose_qparams(0.0, 1.0, quint8, scheme)

    @pytest.mark.parametrize("bounds", [(np.nan, 1.0), (0.0, np.inf), (-np.inf, 0.0)])
    def test_ranges_that_are_not_finite_are_refused(self, bounds):
        with pytest.raises(CalibrationError, match="is not finite. Look for NaN or infinity"):
            qparams.choose_qparams(*bounds, quint8, qschemes.per_tensor_affine)

    def test_a_reversed_range_is_refused(self):
        with pytest.raises(CalibrationError, match=r"minimum 2.0 exceeds the maximum 1.0"):
            qparams.choose_qparams(2.0, 1.0, quint8, qschemes.per_tensor_affine)


class TestDynamicQParams:
    @pytest.mark.parametrize(
        ("low", "high", "reduce_range", "expected"),
        [
            (0.0, 0.0, False, (0.1, 0)),
            (0.0, 255.0, False, (1.0, 0)),
            (-255.0, 0.0, False, (1.0, 255)),
            (-1.0, 1.0, False, (2 / 255, 128)),
            (-1.0, 1.0, True, (2 / 127, 64)),
            (3.0, 12.7, True, (float(F(12.7)) / 127, 0)),
            (1e-45, 1e-44, False, (0.1, 0)),
        ],
    )
    def test_known_ranges(self, low, high, reduce_range, expected):
        assert qparams.choose_dynamic_qparams(low, high, reduce_range) == expected

    @given(bound, bound, st.booleans())
    def test_the_zero_point_stays_inside(self, a, b, reduce_range):
        scale, zero_point = qparams.choose_dynamic_qparams(min(a, b), max(a, b), reduce_range)
        assert 0 <= zero_point <= (127 if reduce_range else 255)
        assert scale > 0

    def test_activations_must_be_finite(self):
        with pytest.raises(ArgumentError, match=r"span \[nan, 1.0\]; they must be finite"):
            qparams.choose_dynamic_qparams(float("nan"), 1.0)
