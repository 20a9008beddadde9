"""quantize and dequantize against their definitions: ties, NaN, infinities, every dtype."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive.draws import assert_defined, few, scales, seeds, sizes, tensors, zero_points

from qframe.engines import registry
from qframe.plugin import QTensor, qint8, qint32, quint8

DTYPES = [quint8, qint8, qint32]
any_float32 = st.floats(width=32, allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=repr)
@few
@given(values=st.lists(any_float32, max_size=40), scale=scales, data=st.data())
def test_quantize_any_number(dtype, values, scale, data):
    zero_point = data.draw(zero_points(dtype))
    assert_defined("quantize_per_tensor", np.array(values, dtype=np.float32), scale, zero_point, dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=repr)
@few
@given(scale=scales, halves=st.lists(st.integers(-600, 600), max_size=40), data=st.data())
def test_quantize_ties(dtype, scale, halves, data):
    x = (np.array(halves, dtype=np.float32) * np.float32(0.5)) * np.float32(scale)
    assert_defined("quantize_per_tensor", x, scale, data.draw(zero_points(dtype)), dtype)


@pytest.mark.parametrize(
    ("dtype", "nan", "infinity", "minus_infinity"),
    [(quint8, 255, 255, 0), (qint8, 127, 127, -128), (qint32, -(2**31), 2**31 - 1, -(2**31))],
    ids=["quint8", "qint8", "qint32"],
)
def test_quantize_special_numbers(dtype, nan, infinity, minus_infinity):
    x = np.array([np.nan, np.inf, -np.inf], dtype=np.float32)
    codes = registry.kernel("reference", "quantize_per_tensor")(x, 0.1, 3, dtype).int_repr()
    assert codes.tolist() == [nan, infinity, minus_infinity]


def test_quantize_rounds_half_to_even_before_adding_the_zero_point():
    x = np.array([0.5, 1.5, 2.5, -0.5, -1.5], dtype=np.float32)
    codes = registry.kernel("reference", "quantize_per_tensor")(x, 1.0, 1, qint8).int_repr()
    assert codes.tolist() == [1, 3, 3, 1, -1]


@few
@given(shape=st.lists(sizes(1, 4), min_size=1, max_size=4), data=st.data(), seed=seeds)
def test_quantize_and_dequantize_per_channel(shape, data, seed):
    random = np.random.default_rng(seed)
    axis = data.draw(st.integers(0, len(shape) - 1))
    dtype = data.draw(st.sampled_from(DTYPES))
    x = (random.standard_normal(shape) * 20).astype(np.float32)
    channel_scales = random.uniform(1e-3, 2, shape[axis])
    channel_zero_points = random.integers(
        max(dtype.minimum, -(2**20)), min(dtype.maximum, 2**20), shape[axis]
    )
    assert_defined("quantize_per_channel", x, channel_scales, channel_zero_points, axis, dtype)
    codes = random.integers(0, 100, shape).astype(dtype.numpy)
    assert_defined("dequantize", QTensor.per_channel(codes, channel_scales, channel_zero_points, axis, dtype))


@few
@given(data=st.data(), dtype=st.sampled_from(DTYPES))
def test_dequantize(data, dtype):
    assert_defined("dequantize", data.draw(tensors((5, 9), dtype)))
