"""Dynamic cells: made of dynamic linear layers and the arithmetic of the cell."""

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import float16, qint8, quint8
from qframe.engines import registry
from qframe.errors import ArgumentError, ConfigurationError, DTypeError
from qframe.nn.quantized import dynamic
from qframe.numerics.recurrent import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell

CELLS = {
    "LSTMCell": (lstm_cell, {}),
    "GRUCell": (gru_cell, {}),
    "RNNCell": (rnn_tanh_cell, {}),
    "RNNCell, relu": (rnn_relu_cell, {"nonlinearity": "relu"}),
}
KINDS = pytest.mark.parametrize("name", CELLS)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def states_for(name, *shape):
    return (normal(*shape, seed=1), normal(*shape, seed=2)) if name == "LSTMCell" else normal(*shape, seed=1)


def converted(name, *arguments, dtype=qint8, qconfig):
    source = getattr(nn, name.split(",")[0])(*arguments, **CELLS[name][1])
    source.qconfig = qconfig(0.01, dtype=dtype)
    return source, getattr(dynamic, name.split(",")[0]).from_float(source)


def linear(cell, which):
    weight, bias = cell.get_weight()[f"weight_{which}"], cell.get_bias().get(f"bias_{which}")
    twin = dynamic.Linear(weight.shape[1], weight.shape[0], bias is not None, cell.dtype)
    twin.set_weight_bias(weight, bias)
    return twin


@KINDS
@pytest.mark.parametrize("dtype", [qint8, float16])
@pytest.mark.parametrize("bias", [False, True])
def test_a_step_is_made_of_dynamic_linear_layers_and_the_cell(name, dtype, bias, qconfig):
    source, cell = converted(name, 5, 4, bias, dtype=dtype, qconfig=qconfig)
    x, hx = normal(3, 5), states_for(name, 3, 4)
    states = hx if isinstance(hx, tuple) else (hx,)
    expected = CELLS[name][0](linear(cell, "ih")(x), linear(cell, "hh")(states[0]), states)
    new = cell(x, hx)
    np.testing.assert_array_equal(np.stack(new if name == "LSTMCell" else (new,)), np.stack(expected))
    assert np.abs(np.stack(new) - np.stack(source(x, hx))).max() < 0.05
    zero = tuple(np.zeros_like(state) for state in states)
    np.testing.assert_array_equal(cell(x), cell(x, zero if name == "LSTMCell" else zero[0]))


@KINDS
def test_the_range_is_reduced_where_engine_or_user_ask_for_it(name, qconfig, careful):
    _, cell = converted(name, 5, 4, qconfig=qconfig)
    x, hx = normal(3, 5), states_for(name, 3, 4)
    full = np.stack(cell(x, hx))
    cell.reduce_range = True
    reduced = np.stack(cell(x, hx))
    assert not np.array_equal(full, reduced)
    cell.reduce_range = None
    with registry.use_engine("careful"):
        np.testing.assert_array_equal(np.stack(cell(x, hx)), reduced)


def test_repr():
    assert repr(dynamic.LSTMCell(2, 3)) == "DynamicQuantizedLSTMCell(2, 3)"
    assert repr(dynamic.GRUCell(2, 3, False)) == "DynamicQuantizedGRUCell(2, 3, bias=False)"
    assert repr(dynamic.RNNCell(2, 3)) == "DynamicQuantizedRNNCell(2, 3)"
    assert (
        repr(dynamic.RNNCell(2, 3, nonlinearity="relu")) == "DynamicQuantizedRNNCell(2, 3, nonlinearity=relu)"
    )


@KINDS
def test_what_is_refused(name, qconfig, quantize):
    source, cell = converted(name, 5, 4, qconfig=qconfig)
    kind = type(cell)
    with pytest.raises(DTypeError, match="float64"):
        cell(np.zeros((3, 5)))
    with pytest.raises(DTypeError, match="DeQuantStub"):
        cell(quantize(np.zeros((3, 5))))
    with pytest.raises(ArgumentError, match=r"takes shape \(N, 5\), got \(3, 4\)"):
        cell(normal(3, 4))
    with pytest.raises(ArgumentError, match=r"h_0 has shape \(2, 4\)"):
        cell(normal(3, 5), states_for(name, 2, 4))
    with pytest.raises(ArgumentError, match="must be finite"):
        cell(np.full((3, 5), np.nan, np.float32))
    with pytest.raises(DTypeError, match="quint8"):
        kind(5, 4, dtype=quint8)
    source.qconfig = qconfig(dtype=quint8)
    with pytest.raises(ConfigurationError, match=r"dtype qframe\.quint8"):
        kind.from_float(source)
    with pytest.raises(ConfigurationError, match="takes exactly"):
        kind.from_float(nn.LSTM(5, 4))


def test_an_unknown_nonlinearity():
    with pytest.raises(ArgumentError, match="nonlinearity='gelu' is unknown"):
        dynamic.RNNCell(2, 3, nonlinearity="gelu")
