"""LSTM against its definition, and its arguments."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError, QFrameWarning
from qframe.nn import functional
from qframe.random import manual_seed

from .definitions import lstm


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def expected_lstm(layer, x, hidden, cell):
    """Layers and directions by the definition of one; (T, N, I)."""
    last_hidden, last_cell = [], []
    for number in range(layer.num_layers):
        outputs = []
        for end in ("", "_reverse") if layer.bidirectional else ("",):
            suffix = f"_l{number}{end}"
            bias = np.zeros(4 * layer.hidden_size)
            if layer.bias:
                bias = getattr(layer, "bias_ih" + suffix) + getattr(layer, "bias_hh" + suffix)
            weights = (getattr(layer, "weight_ih" + suffix), getattr(layer, "weight_hh" + suffix))
            index = len(last_hidden)
            steps = x[::-1] if end else x
            out, h, c = lstm(steps, hidden[index], cell[index], *weights, bias)
            outputs.append(out[::-1] if end else out)
            last_hidden.append(h)
            last_cell.append(c)
        x = np.concatenate(outputs, axis=2)
    return x, np.stack(last_hidden), np.stack(last_cell)


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_lstm_is_its_definition(num_layers, bidirectional, bias, batch_first):
    layer = nn.LSTM(3, 2, num_layers, bias, batch_first, bidirectional=bidirectional)
    x = normal(4, 2, 3)
    states = num_layers * (2 if bidirectional else 1)
    hidden, cell = normal(states, 2, 2, seed=1), normal(states, 2, 2, seed=2)
    out, (h_n, c_n) = layer(x.swapaxes(0, 1) if batch_first else x, (hidden, cell))
    expected, h_expected, c_expected = expected_lstm(layer, x, hidden, cell)
    out = out.swapaxes(0, 1) if batch_first else out
    for actual, wanted in ((out, expected), (h_n, h_expected), (c_n, c_expected)):
        assert actual.dtype == np.float32
        np.testing.assert_allclose(actual, wanted, rtol=1e-5, atol=1e-6)


def test_initial_state_is_zero_and_stays_unchanged():
    layer = nn.LSTM(3, 2)
    zeros = np.zeros((1, 2, 2), np.float32)
    x = normal(4, 2, 3)
    with_zeros, _ = layer(x, (zeros, zeros))
    assert np.array_equal(layer(x)[0], with_zeros)
    assert not zeros.any()


def test_empty_batch():
    out, (h_n, _) = nn.LSTM(3, 2)(np.zeros((4, 0, 3), np.float32))
    assert (out.shape, h_n.shape) == ((4, 0, 2), (1, 0, 2))


def test_dropout_acts_between_layers_in_training_only():
    layer = nn.LSTM(3, 4, 2, dropout=0.5)
    x = normal(5, 2, 3)
    manual_seed(1)
    first = layer(x)[0]
    manual_seed(1)
    assert np.array_equal(first, layer(x)[0])
    assert not np.array_equal(first, layer(x)[0])
    plain = nn.LSTM(3, 4, 2)
    plain.load_state_dict(layer.state_dict())
    assert np.array_equal(layer.eval()(x)[0], plain(x)[0])
    upper = nn.LSTM(4, 4)
    upper.load_state_dict({k.replace("l1", "l0"): v for k, v in layer.state_dict().items() if "l1" in k})
    lower = nn.LSTM(3, 4)
    lower.load_state_dict({k: v for k, v in layer.state_dict().items() if "l0" in k})
    manual_seed(1)
    assert np.array_equal(upper(functional.dropout(lower(x)[0], 0.5))[0], first)


def test_parameter_names_and_initial_range():
    layer = nn.LSTM(3, 4, 2, bidirectional=True)
    names = [
        f"{kind}_l{number}{end}"
        for number in range(2)
        for end in ("", "_reverse")
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    assert list(layer.state_dict()) == names
    assert layer.weight_ih_l0.shape == (16, 3)
    assert layer.weight_ih_l1_reverse.shape == (16, 8)
    assert all(0.4 < np.abs(p).max() <= 0.5 for p in layer.parameters() if p.ndim == 2)
    assert layer.all_weights[3][0] is layer.weight_ih_l1_reverse


def test_repr():
    assert repr(nn.LSTM(2, 3)) == "LSTM(2, 3)"
    text = "LSTM(2, 3, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True)"
    assert repr(nn.LSTM(2, 3, 2, False, True, 0.5, True)) == text


def test_bad_arguments():
    with pytest.raises(NotImplementedError, match="proj_size=2 is not supported"):
        nn.LSTM(2, 3, proj_size=2)
    with pytest.raises(ArgumentError, match="hidden_size=0"):
        nn.LSTM(2, 0)
    with pytest.raises(ArgumentError, match=r"LSTM \(dropout\): p=2"):
        nn.LSTM(2, 3, 2, dropout=2)
    with pytest.warns(QFrameWarning, match="no effect with num_layers=1"):
        nn.LSTM(2, 3, dropout=0.5)


@pytest.mark.parametrize(
    ("x", "hx", "text"),
    [
        ((4, 3), None, r"LSTM takes shape \(T, N, input_size\), got \(4, 3\)"),
        ((4, 2, 5), None, r"input_size=3 and one step or more, got \(4, 2, 5\)"),
        ((0, 2, 3), None, "one step or more"),
        ((4, 2, 3), [(1, 2, 2), (1, 2, 3)], r"h_0 has shape \(1, 2, 2\) and c_0 \(1, 2, 3\); both must have"),
        ((4, 2, 3), [(1, 2, 2)], "initial state as a pair"),
    ],
)
def test_inputs_that_do_not_fit(x, hx, text):
    states = None if hx is None else tuple(np.zeros(shape, np.float32) for shape in hx)
    with pytest.raises(ArgumentError, match=text):
        nn.LSTM(3, 2)(np.zeros(x, np.float32), states)
