"""Sizes of outputs and windows, against counting them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe.errors import ArgumentError
from qframe.ops.geometry import adaptive_windows, check_window, conv_output_size, pool_output_size

lengths, kernels, strides, paddings = (
    st.integers(1, 30),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 4),
)


def starts(length, stride, padding):
    return range(-padding, length + padding, stride)


@settings(max_examples=200)
@given(length=lengths, k=kernels, s=strides, p=paddings, d=st.integers(1, 3))
def test_convolution_counts_the_windows_that_fit(length, k, s, p, d):
    fitting = [start for start in starts(length, s, p) if start + d * (k - 1) < length + p]
    assert max(conv_output_size((length,), (k,), (s,), (p,), (d,))[0], 0) == len(fitting)


@settings(max_examples=200)
@given(length=lengths, k=kernels, s=strides, p=paddings)
def test_ceil_mode_also_counts_a_partial_window_that_starts_in_time(length, k, s, p):
    p = min(p, k // 2)
    exact = conv_output_size((length,), (k,), (s,), (p,), (1,))[0]
    if exact < 1:
        return
    covered = (exact - 1) * s + k >= length + 2 * p
    partial = not covered and exact * s - p < length
    assert pool_output_size((length,), (k,), (s,), (p,), (1,), True) == (exact + partial,)
    assert pool_output_size((length,), (k,), (s,), (p,), (1,), False) == (exact,)


def test_each_dimension_has_its_own_numbers():
    assert conv_output_size((11, 9), (5, 3), (2, 1), (2, 1), (1, 3)) == (6, 5)


def test_ceil_mode_drops_a_window_that_starts_in_the_right_padding():
    assert pool_output_size((6,), (2,), (3,), (1,), (1,), True) == (3,)
    assert pool_output_size((5,), (2,), (3,), (1,), (1,), True) == (2,)


@settings(max_examples=100)
@given(length=lengths, output=st.integers(1, 40))
def test_adaptive_windows_cover_the_input_in_order(length, output):
    windows = adaptive_windows(length, output)
    assert len(windows) == output
    assert windows[0][0] == 0
    assert windows[-1][1] == length
    assert set().union(*(range(*window) for window in windows)) == set(range(length))
    assert all(0 <= start < stop <= length for start, stop in windows)
    assert windows == sorted(windows)
    assert max(stop - start for start, stop in windows) - min(stop - start for start, stop in windows) <= 2


@pytest.mark.parametrize(
    ("length", "output", "expected"), [(5, 2, [(0, 3), (2, 5)]), (2, 3, [(0, 1), (0, 2), (1, 2)])]
)
def test_adaptive_windows_overlap_where_they_must(length, output, expected):
    assert adaptive_windows(length, output) == expected


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("kernel_size", (0, 1)),
        ("stride", (1, 0)),
        ("padding", (-1, 0)),
        ("dilation", (0, 0)),
        ("stride", (1, 1, 1)),
    ],
)
def test_bad_numbers_are_named(name, values):
    numbers = {"kernel_size": (2, 2), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), name: values}
    with pytest.raises(ArgumentError) as error:
        check_window("some_pool", (5, 5), *numbers.values(), (1, 1))
    assert f"some_pool: {name}={values} must be 2 whole numbers" in str(error.value)


def test_empty_output_is_refused_with_its_size():
    with pytest.raises(
        ArgumentError, match=r"the output would be \(4, 0\)\). Use a larger input or more padding"
    ):
        check_window("some_pool", (5, 1), (2, 2), (1, 1), (0, 0), (1, 1), (4, 0))
