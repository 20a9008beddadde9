"""exp, sigmoid and tanh of recurrent layers: how exact they are, and what they do at the ends."""

import numpy as np
import pytest

from qframe.numerics import transcendental as functions

#: Units in the last place: the largest errors over all float32 numbers (found by trying each, in C).
BOUNDS = {"exp": 1.01, "sigmoid": 2.49, "tanh": 2.5}
#: Where results are normal float32 numbers.
RANGES = {"exp": (-87.3, 88.7), "sigmoid": (-87.3, 104), "tanh": (-20, 20)}
EXACT = {"exp": np.exp, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh}


def every(stride):
    """Every so many float32 number, of both signs."""
    magnitudes = np.arange(0, 0x7F800000, stride, dtype=np.uint32)
    return np.concatenate([magnitudes, magnitudes | np.uint32(0x80000000)]).view(np.float32)


@pytest.mark.parametrize("name", BOUNDS)
def test_error_in_units_of_the_last_place(name):
    low, high = RANGES[name]
    x = every(4999)
    x = x[(x >= low) & (x <= high)]
    exact = EXACT[name](x.astype(np.float64))
    unit = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    error = np.abs(getattr(functions, name)(x) - exact) / unit
    assert error.max() <= BOUNDS[name]
    assert error.max() > 0.8  # half a unit would be a correctly rounded function: the measure works


def test_tanh_keeps_its_relative_accuracy_near_zero():
    x = np.float32([1e-45, 1e-38, 1e-20, 1e-7, 1e-4, -1e-4, -1e-30])
    np.testing.assert_array_equal(functions.tanh(x[:3]), x[:3])
    np.testing.assert_allclose(functions.tanh(x), np.tanh(x.astype(np.float64)), rtol=2e-7)
    assert np.signbit(functions.tanh(np.float32([-0.0, 0.0]))).tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("exp", [-np.inf, -1e30, -104, 0, 89, 1e30, np.inf], [0, 0, 0, 1, np.inf, np.inf, np.inf]),
        ("sigmoid", [-np.inf, -3e38, -104, 0, 104, np.inf], [0, 0, 0, 0.5, 1, 1]),
        ("tanh", [-np.inf, -3e38, -20, 0, 20, np.inf], [-1, -1, -1, 0, 1, 1]),
    ],
)
def test_ends(name, x, expected):
    np.testing.assert_array_equal(getattr(functions, name)(np.float32(x)), np.float32(expected))


def test_exp_of_the_last_finite_and_the_smallest_results():
    x = np.float32([88.72283, 88.72284, -103.2, -103.98])
    result = functions.exp(x)
    assert np.isfinite(result[0])
    assert np.isinf(result[1])
    np.testing.assert_array_equal(result[2:], np.float32([2.0**-149, 0]))


@pytest.mark.parametrize("name", BOUNDS)
def test_nan_passes_and_shape_and_type_stay(name):
    x = np.full((2, 0, 3), np.nan, np.float32)
    assert getattr(functions, name)(x).shape == (2, 0, 3)
    result = getattr(functions, name)(np.float32([[np.nan, 1]]))
    assert result.dtype == np.float32
    assert np.isnan(result).tolist() == [[True, False]]


@pytest.mark.parametrize("name", BOUNDS)
def test_where_a_number_stands_does_not_matter(name):
    x = np.random.default_rng(0).normal(0, 5, 67).astype(np.float32)
    whole = getattr(functions, name)(x)
    single = [getattr(functions, name)(x[i : i + 1])[0] for i in range(x.size)]
    np.testing.assert_array_equal(whole, single)
    np.testing.assert_array_equal(getattr(functions, name)(x[::-1])[::-1], whole)
