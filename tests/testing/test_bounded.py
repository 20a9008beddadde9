"""The bounds of qframe.testing.bounded hold for float32 sums in any order, and are not generous."""

import numpy as np
import pytest

from qframe.numerics import transcendental as functions
from qframe.numerics.recurrent import gru_cell, lstm_cell
from qframe.testing import bounded


def numbers(*shape, seed=0, spread=1.0):
    return (np.random.default_rng(seed).normal(size=shape) * spread).astype(np.float32)


def product(x, weight, bias, order):
    """x @ weight.T + bias in float32, the inputs taken in this order."""
    total = np.zeros((x.shape[0], weight.shape[0]), np.float32)
    for k in order:
        total += x[:, k : k + 1] * weight[:, k]
    return total + bias


@pytest.mark.parametrize("cell", [lstm_cell, gru_cell])
def test_any_order_of_sums_stays_within_the_bounds(cell):
    gates = 4 if cell is lstm_cell else 3
    weight_ih, weight_hh = numbers(gates * 6, 40, spread=0.1), numbers(gates * 6, 6, seed=1, spread=0.3)
    bias, x = numbers(gates * 6, seed=2), numbers(3, 40, seed=3)
    start = tuple(numbers(3, 6, seed=4 + n) for n in range(2 if gates == 4 else 1))
    exact = tuple(map(bounded.exactly, start))
    given = bounded.exactly(x)
    for _ in range(3):
        both = bounded.product(given, weight_ih, bias), bounded.product(exact[0], weight_hh, None)
        exact = cell(*both, exact, bounded.sigmoid, bounded.tanh)
    rng = np.random.default_rng(9)
    largest = 0.0
    for _ in range(20):
        states = start
        for _ in range(3):
            projected = product(x, weight_ih, bias, rng.permutation(40))
            recurrent = product(states[0], weight_hh, np.float32(0), rng.permutation(6))
            states = cell(projected, recurrent, states, functions.sigmoid, functions.tanh)
        for state, wanted in zip(states, exact, strict=True):
            off = np.abs(state - wanted.value)
            assert np.all(off <= wanted.error)
            largest = max(largest, float((off / wanted.error).max()))
    assert largest > 1 / 300  # a bound for the worst case, but of the size of what happens


@pytest.mark.parametrize("step", [0.0, 0.01])
def test_quantized_activations_may_be_off_by_a_step(step):
    x, weight = numbers(2, 5), numbers(3, 5, seed=1)
    result = bounded.product(bounded.exactly(x), weight, None, step)
    moved = (x + step * np.sign(weight[1])) @ weight.T
    assert np.all(np.abs(moved - result.value) <= result.error)
    assert np.abs(moved - result.value)[0, 1] >= 0.99 * step * np.abs(weight[1]).sum()


@pytest.mark.parametrize(
    ("name", "slope", "width"), [("sigmoid", 0.25, 1), ("tanh", 1, 2), ("relu", 1, np.inf)]
)
def test_functions_pass_on_errors_by_their_slope_up_to_their_width(name, slope, width):
    x = bounded.Bounded(np.array([0.0]), np.array([[0.1, 100.0]]))
    error = getattr(bounded, name)(x).error
    np.testing.assert_allclose(error, [[0.1 * slope, min(100 * slope, width)]], rtol=1e-5)
