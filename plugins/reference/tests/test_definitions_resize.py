"""Interpolation and fake-quantization against their definitions, over random sizes and ranges."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from naive.draws import assert_defined, dtypes8, few, floats, scales, sizes, tensors, zero_points

factors = st.none() | st.floats(0.3, 4)


@few
@given(data=st.data(), dtype=dtypes8, spatial=st.lists(sizes(1, 5), min_size=2, max_size=3))
def test_nearest(data, dtype, spatial):
    x = data.draw(tensors((1, 2, *spatial), dtype))
    output = tuple(data.draw(sizes(1, 9)) for _ in spatial)
    assert_defined("interpolate_nearest", x, output, tuple(data.draw(factors) for _ in spatial))


@few
@given(
    data=st.data(),
    dtype=dtypes8,
    spatial=st.tuples(sizes(1, 5), sizes(1, 5)),
    output=st.tuples(sizes(1, 9), sizes(1, 9)),
    align_corners=st.booleans(),
    factor=st.tuples(factors, factors),
)
def test_bilinear(data, dtype, spatial, output, align_corners, factor):
    x = data.draw(tensors((1, 2, *spatial), dtype))
    assert_defined("interpolate_bilinear", x, output, align_corners, factor)


@few
@given(data=st.data(), source=dtypes8, target=dtypes8, scale=scales)
def test_requantize(data, source, target, scale):
    x = data.draw(tensors((3, 5), source))
    assert_defined("requantize", x, scale, data.draw(zero_points(target)), target)


@few
@given(data=st.data(), dtype=dtypes8, scale=scales)
def test_fake_quantize_per_tensor(data, dtype, scale):
    zero_point = data.draw(zero_points(dtype))
    x = data.draw(floats((4, 6))) * np.float32(scale)
    assert_defined("fake_quantize_per_tensor", x, scale, zero_point, dtype.minimum, dtype.maximum)


@few
@given(data=st.data(), dtype=dtypes8, axis=sizes(0, 2))
def test_fake_quantize_per_channel(data, dtype, axis):
    x = data.draw(floats((2, 3, 4)))
    qparams = [(data.draw(scales), data.draw(zero_points(dtype))) for _ in range(x.shape[axis])]
    channel_scales, channel_zero_points = map(np.array, zip(*qparams, strict=True))
    bounds = dtype.minimum, dtype.maximum
    assert_defined("fake_quantize_per_channel", x, channel_scales, channel_zero_points, axis, *bounds)
