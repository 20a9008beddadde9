"""Recurrent cells: one step of the layers, and their arguments."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError, DTypeError
from qframe.qtensor import QTensor

LAYERS = {"LSTMCell": nn.LSTM, "GRUCell": nn.GRU}
CELLS = ["LSTMCell", "GRUCell", "RNNCell"]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("bias", [True, False])
def test_a_cell_is_one_step_of_a_layer(name, bias):
    cell, layer = getattr(nn, name)(3, 4, bias), LAYERS[name](3, 4, bias=bias)
    layer.load_state_dict({f"{key}_l0": value for key, value in cell.state_dict().items()})
    x, h, c = normal(5, 3), normal(5, 4, seed=1), normal(5, 4, seed=2)
    if name == "LSTMCell":
        _, last = layer(x[None], (h[None], c[None]))
        new = cell(x, (h, c))
        assert isinstance(new, tuple)
        np.testing.assert_array_equal(np.stack(new), np.concatenate(last))
    else:
        np.testing.assert_array_equal(cell(x, h), layer(x[None], h[None])[1][0])


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("bias", [True, False])
def test_elman_cell(nonlinearity, bias):
    cell = nn.RNNCell(3, 4, bias, nonlinearity)
    x, h = normal(5, 3), normal(5, 4, seed=1)
    total = x @ cell.weight_ih.T + h @ cell.weight_hh.T + (cell.bias_ih + cell.bias_hh if bias else 0)
    expected = np.tanh(total) if nonlinearity == "tanh" else np.maximum(total, 0)
    np.testing.assert_allclose(cell(x, h), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_the_initial_state_is_zero_and_stays_unchanged(name):
    cell, x = getattr(nn, name)(3, 4), normal(5, 3)
    zero = np.zeros((5, 4), np.float32)
    given = (zero, zero) if name == "LSTMCell" else zero
    np.testing.assert_array_equal(np.stack(cell(x)), np.stack(cell(x, given)))
    assert not zero.any()
    assert np.shape(cell(x[:0]))[-2:] == (0, 4)


@pytest.mark.parametrize(("name", "gates"), [("LSTMCell", 4), ("GRUCell", 3), ("RNNCell", 1)])
def test_parameters(name, gates):
    state = getattr(nn, name)(3, 4).state_dict()
    assert {key: value.shape for key, value in state.items()} == {
        "weight_ih": (4 * gates, 3),
        "weight_hh": (4 * gates, 4),
        "bias_ih": (4 * gates,),
        "bias_hh": (4 * gates,),
    }
    assert all(np.abs(value).max() <= 0.5 for value in state.values())
    assert list(getattr(nn, name)(3, 4, bias=False).state_dict()) == ["weight_ih", "weight_hh"]


def test_repr():
    assert repr(nn.LSTMCell(2, 3)) == "LSTMCell(2, 3)"
    assert repr(nn.GRUCell(2, 3, False)) == "GRUCell(2, 3, bias=False)"
    assert repr(nn.RNNCell(2, 3, nonlinearity="relu")) == "RNNCell(2, 3, nonlinearity=relu)"


@pytest.mark.parametrize("name", CELLS)
def test_what_is_refused(name):
    cell = getattr(nn, name)(3, 4)
    pair = (lambda h: (h, h)) if name == "LSTMCell" else (lambda h: h)
    with pytest.raises(ArgumentError, match=rf"{name} takes shape \(N, input_size\), got \(3,\)"):
        cell(normal(3))
    with pytest.raises(ArgumentError, match=rf"{name} takes shape \(N, 3\), got \(5, 2\)"):
        cell(normal(5, 2))
    with pytest.raises(ArgumentError, match=r"h_0 has shape \(2, 4\); for this input it must have \(5, 4\)"):
        cell(normal(5, 3), pair(normal(2, 4)))
    with pytest.raises(DTypeError, match="h_0"):
        cell(normal(5, 3), pair(np.zeros((5, 4), np.int64)))
    with pytest.raises(DTypeError, match="quint8"):
        cell(QTensor.per_tensor(np.zeros((5, 3), np.uint8), 1.0, 0))
    with pytest.raises(ArgumentError, match="hidden_size=0"):
        getattr(nn, name)(3, 0)


def test_further_refusals():
    with pytest.raises(ArgumentError, match="LSTM takes its initial state as a pair"):
        nn.LSTMCell(3, 4)(normal(5, 3), normal(5, 4))
    with pytest.raises(ArgumentError, match="nonlinearity='sigmoid' is unknown"):
        nn.RNNCell(3, 4, nonlinearity="sigmoid")
