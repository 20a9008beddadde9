"""Observed ranges and histograms against their definitions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from naive.draws import assert_defined, few, floats, sizes

any_float32 = st.floats(width=32, allow_nan=True, allow_infinity=True).map(lambda v: v + 0.0)  # no minus zero


@few
@given(values=st.lists(any_float32, min_size=1, max_size=30))
def test_min_max(values):
    assert_defined("min_max", np.array(values, dtype=np.float32))


@few
@given(shape=st.lists(sizes(1, 5), min_size=1, max_size=4), data=st.data())
def test_min_max_per_channel(shape, data):
    axis = data.draw(st.integers(0, len(shape) - 1))
    assert_defined("min_max_per_channel", data.draw(floats(tuple(shape))), axis)


@few
@given(bins=sizes(1, 40), data=st.data())
def test_histogram_over_the_range_of_the_data(bins, data):
    x = data.draw(floats((60,)))
    assert_defined("histogram", x, bins, float(x.min()), float(x.max()))


@few
@given(
    bins=sizes(1, 12),
    steps=st.lists(st.integers(-3, 15), min_size=1, max_size=40),
    width=st.floats(1e-3, 1e3),
)
def test_histogram_of_values_on_the_edges(bins, steps, width):
    x = np.array(steps, dtype=np.float32) * np.float32(width)
    assert_defined("histogram", x, bins, 0.0, float(np.float32(width) * np.float32(bins)))
