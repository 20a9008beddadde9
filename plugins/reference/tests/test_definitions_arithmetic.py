"""Sums, products and concatenation against their definitions, over random qparams and clamps."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from naive.draws import assert_defined, clamps, dtypes8, few, scales, sizes, tensors, zero_points

SHAPES = [((3, 5), (3, 5)), ((2, 3, 4), (3, 1)), ((4,), (2, 1)), ((3,), ())]


@pytest.mark.parametrize("op", ["add", "mul"])
@pytest.mark.parametrize("shapes", SHAPES, ids=["same", "broadcast", "both", "scalar"])
@few
@given(data=st.data(), dtype=dtypes8, scale=scales)
def test_binary(op, shapes, data, dtype, scale):
    a, b = (data.draw(tensors(shape, dtype)) for shape in shapes)
    assert_defined(op, a, b, scale, data.draw(zero_points(dtype)), clamp=data.draw(clamps(dtype)))


@pytest.mark.parametrize("op", ["add_scalar", "mul_scalar"])
@few
@given(data=st.data(), dtype=dtypes8, value=st.floats(-1e4, 1e4), relu=st.booleans())
def test_scalar(op, data, dtype, value, relu):
    assume(value == 0 or abs(value) > 1e-6)  # the contract refuses scales that are no normal float32
    assert_defined(op, data.draw(tensors((3, 7), dtype)), value, relu=relu)


@few
@given(data=st.data(), dtype=dtypes8, scale=scales, dim=st.integers(-3, 2))
def test_cat(data, dtype, scale, dim):
    lengths = data.draw(st.lists(sizes(0, 3), min_size=1, max_size=4))
    shapes = [tuple(length if d == dim % 3 else 2 for d in range(3)) for length in lengths]
    parts = [data.draw(tensors(shape, dtype)) for shape in shapes]
    assert_defined("cat", parts, dim, scale, data.draw(zero_points(dtype)), clamp=data.draw(clamps(dtype)))


@few
@given(data=st.data(), dtype=dtypes8)
def test_clamp(data, dtype):
    low, high = sorted(data.draw(st.tuples(zero_points(dtype), zero_points(dtype))))
    assert_defined("clamp", data.draw(tensors((4, 5), dtype)), low, high)
