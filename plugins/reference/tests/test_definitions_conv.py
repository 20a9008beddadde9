"""Convolutions of one to three dimensions against their definition, over random geometry."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from naive.draws import clamps, few, floats, packed_pair, scales, sizes, tensors, weights, zero_points

from qframe.plugin import QTensor, conv_output_size, quint8
from qframe.testing import assert_same_result

LONGEST = {1: 12, 2: 7, 3: 4}


@st.composite
def geometries(draw, dims):
    """(input shape, weight shape, stride, padding, dilation, groups), with a non-empty output."""
    each = st.tuples(*[sizes(1, 3)] * dims)
    kernel, stride, dilation = draw(each), draw(each), draw(st.tuples(*[sizes(1, 2)] * dims))
    padding = draw(st.tuples(*[sizes(0, 2)] * dims))
    spatial = draw(st.tuples(*[sizes(1, LONGEST[dims])] * dims))
    assume(min(conv_output_size(spatial, kernel, stride, padding, dilation)) >= 1)
    groups, inputs, outputs = draw(sizes(1, 3)), draw(sizes(1, 3)), draw(sizes(1, 2))
    shape = (draw(sizes(1, 2)), groups * inputs, *spatial)
    return shape, (groups * outputs, inputs, *kernel), stride, padding, dilation, groups


@pytest.mark.parametrize("dims", [1, 2, 3])
@few
@given(data=st.data(), scale=scales)
def test_convolution(dims, data, scale):
    shape, weight_shape, *numbers = data.draw(geometries(dims))
    bias = data.draw(st.none() | floats((weight_shape[0],)))
    engine, definition = packed_pair(f"conv{dims}d_pack", data.draw(weights(weight_shape)), bias, *numbers)
    arguments = data.draw(tensors(shape)), scale, data.draw(zero_points(quint8))
    clamp = data.draw(clamps())
    assert_same_result(engine(*arguments, clamp=clamp), definition(*arguments, clamp=clamp))


@pytest.mark.parametrize("zero_point", [0, 77, 255])
def test_padding_is_the_zero_point(zero_point):
    """An input of zeros stays zero, at the border too, whatever code zero has."""
    x = QTensor.per_tensor(np.full((1, 2, 4, 4), zero_point, dtype=np.uint8), 0.1, zero_point)
    weight = QTensor.per_tensor(np.full((3, 2, 3, 3), 100, dtype=np.int8), 0.2, 5)
    packed, _ = packed_pair("conv2d_pack", weight, None, (1, 1), (1, 1), (1, 1), 1)
    assert np.unique(packed(x, 0.5, 9).int_repr()).tolist() == [9]


@pytest.mark.parametrize("channels", [57, 58, 134])
@pytest.mark.parametrize("code", [127, -128])
def test_sums_that_float32_cannot_hold_are_exact(channels, code):
    """57 channels under a 3x3 kernel are the most whose products fit into 24 bits."""
    weight = np.full((2, channels, 3, 3), code, dtype=np.int8)
    weight[:, -1, -1, -1] = 1
    exact = 255 * (code * (9 * channels - 1) + 1)
    bias = np.array([-exact, -exact + 100], dtype=np.float32)
    x = QTensor.per_tensor(np.full((1, channels, 4, 3), 255, dtype=np.uint8), 1.0, 0)
    arguments = QTensor.per_tensor(weight, 1.0, 0), bias, (1, 1), (0, 1), (1, 1), 1
    engine, definition = packed_pair("conv2d_pack", *arguments)
    assert_same_result(engine(x, 1.0, 7), definition(x, 1.0, 7))
