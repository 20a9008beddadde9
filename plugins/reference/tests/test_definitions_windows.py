"""Pools, means and batch norms against their definitions, over random windows and statistics."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from naive.draws import (
    assert_defined,
    clamps,
    dtypes8,
    few,
    floats,
    scales,
    seeds,
    sizes,
    tensors,
    zero_points,
)

from qframe.plugin import QTensor, pool_output_size

pairs = st.tuples(sizes(1, 3), sizes(1, 3))


@st.composite
def windows(draw, dilation):
    """(spatial size, kernel, stride, padding, ceil_mode) with a non-empty output."""
    kernel, stride = draw(pairs), draw(pairs)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    spatial = draw(st.tuples(sizes(1, 8), sizes(1, 8)))
    ceil_mode = draw(st.booleans())
    for mode in (False, ceil_mode):
        assume(min(pool_output_size(spatial, kernel, stride, padding, dilation, mode)) >= 1)
    return spatial, kernel, stride, padding, ceil_mode


@few
@given(data=st.data(), dtype=dtypes8, dilation=st.tuples(sizes(1, 2), sizes(1, 2)))
def test_max_pool(data, dtype, dilation):
    spatial, kernel, stride, padding, ceil_mode = data.draw(windows(dilation))
    assert_defined(
        "max_pool2d",
        data.draw(tensors((1, 2, *spatial), dtype)),
        kernel,
        stride,
        padding,
        dilation,
        ceil_mode,
    )


@few
@given(
    data=st.data(),
    dtype=dtypes8,
    count_include_pad=st.booleans(),
    divisor=st.none() | st.integers(1, 40) | st.integers(-9, -1),
)
def test_avg_pool(data, dtype, count_include_pad, divisor):
    spatial, *window, ceil_mode = data.draw(windows((1, 1)))
    x = data.draw(tensors((2, 2, *spatial), dtype))
    assert_defined("avg_pool2d", x, *window, ceil_mode, count_include_pad, divisor)


@few
@given(data=st.data(), dtype=dtypes8, ceil_mode=st.booleans(), include=st.booleans())
def test_avg_pool3d(data, dtype, ceil_mode, include):
    kernel, stride, spatial = (data.draw(st.tuples(*[sizes(1, n)] * 3)) for n in (3, 3, 5))
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    for mode in (False, ceil_mode):
        assume(min(pool_output_size(spatial, kernel, stride, padding, (1,) * 3, mode)) >= 1)
    x = data.draw(tensors((1, 2, *spatial), dtype))
    divisor = data.draw(st.none() | st.integers(1, 40))
    assert_defined("avg_pool3d", x, kernel, stride, padding, ceil_mode, include, divisor)


@few
@given(
    data=st.data(),
    dtype=dtypes8,
    size=st.tuples(sizes(1, 9), sizes(1, 9)),
    output=st.tuples(sizes(1, 6), sizes(1, 6)),
)
def test_adaptive_avg_pool(data, dtype, size, output):
    assert_defined("adaptive_avg_pool2d", data.draw(tensors((1, 3, *size), dtype)), output)


@few
@given(
    data=st.data(), dtype=dtypes8, keepdim=st.booleans(), shape=st.lists(sizes(1, 5), min_size=1, max_size=4)
)
def test_mean(data, dtype, keepdim, shape):
    every = st.integers(0, len(shape) - 1)
    dim = data.draw(st.none() | st.lists(every, min_size=1, unique=True).map(tuple))
    assert_defined("mean", data.draw(tensors(tuple(shape), dtype)), dim, keepdim)


@pytest.mark.parametrize("zero_point", [0, 2, 3])
def test_averages_round_half_to_even_before_adding_the_zero_point(zero_point):
    codes = np.array([[[[0, 1], [2, 3]]]], dtype=np.uint8)  # the sum of codes is 6, so the average 1.5
    x = QTensor.per_tensor(codes, 0.1, zero_point)
    for op, arguments in (
        ("avg_pool2d", ((2, 2), (2, 2), (0, 0), False, True, None)),
        ("adaptive_avg_pool2d", ((1, 1),)),
        ("mean", ((2, 3), True)),
    ):
        assert_defined(op, x, *arguments)


@few
@given(data=st.data(), dtype=dtypes8, scale=scales, channels=sizes(1, 4), seed=seeds)
def test_batch_norm(data, dtype, scale, channels, seed):
    shape = (2, channels, *data.draw(st.lists(sizes(1, 3), max_size=3)))
    weight, bias, mean = (data.draw(floats((channels,), st.just(2.0))) for _ in range(3))
    variance = np.random.default_rng(seed).uniform(0, 3, channels).astype(np.float32)
    eps = data.draw(st.sampled_from([1e-5, 1e-3, 0.1]))
    zero_point = data.draw(zero_points(dtype))
    x = data.draw(tensors(shape, dtype))
    clamp = data.draw(clamps(dtype))
    assert_defined("batch_norm", x, weight, bias, mean, variance, eps, scale, zero_point, clamp=clamp)
