"""Normalisation by the input's own statistics against its definition, over random groups and qparams."""

from hypothesis import given
from hypothesis import strategies as st
from naive.draws import assert_defined, dtypes8, few, floats, scales, sizes, tensors, zero_points

from qframe.plugin import QTensor

eps = st.sampled_from([0.0, 1e-12, 1e-5, 1e-3, 0.1])


@st.composite
def normalizable(draw, shape, dtype):
    """Codes over the whole range, at its ends only, or of a few neighbouring values."""
    x = draw(tensors(shape, dtype))
    if draw(st.booleans()):
        return x
    codes = (x.int_repr() >> draw(sizes(4, 7))) + draw(sizes(0, 100))
    return QTensor.per_tensor(codes.astype(dtype.numpy), x.q_scale(), x.q_zero_point())


def optional(values):
    return st.none() | values


@few
@given(data=st.data(), dtype=dtypes8, scale=scales, eps=eps, dims=sizes(1, 3))
def test_layer_norm(data, dtype, scale, eps, dims):
    shape = tuple(data.draw(st.lists(sizes(1, 6), min_size=dims, max_size=4)))
    inner = shape[len(shape) - dims :]
    arrays = [data.draw(optional(floats(inner))) for _ in range(2)]
    x = data.draw(normalizable(shape, dtype))
    assert_defined("layer_norm", x, inner, *arrays, eps, scale, data.draw(zero_points(dtype)))


@few
@given(data=st.data(), dtype=dtypes8, scale=scales, eps=eps, groups=sizes(1, 3), size=sizes(1, 3))
def test_group_norm(data, dtype, scale, eps, groups, size):
    channels = groups * size
    shape = (data.draw(sizes(1, 2)), channels, *data.draw(st.lists(sizes(1, 5), max_size=3)))
    arrays = [data.draw(optional(floats((channels,)))) for _ in range(2)]
    x = data.draw(normalizable(shape, dtype))
    assert_defined("group_norm", x, groups, *arrays, eps, scale, data.draw(zero_points(dtype)))
