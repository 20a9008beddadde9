"""LSTM and GRU against their definitions, and their arguments."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError, QFrameWarning
from qframe.nn import functional
from qframe.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
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
        ((4, 2, 3), [(1, 2, 2), (1, 2, 3)], r"c_0 has shape \(1, 2, 3\); it must have \(1, 2, 2\)"),
        ((4, 2, 3), [(1, 2, 2)], "initial state as a pair"),
    ],
)
def test_inputs_that_do_not_fit(x, hx, text):
    states = None if hx is None else tuple(np.zeros(shape, np.float32) for shape in hx)
    with pytest.raises(ArgumentError, match=text):
        nn.LSTM(3, 2)(np.zeros(x, np.float32), states)


# -- gated recurrent units -------------------------------------------------------------------------


def expected_gru(weights, x, hidden):
    """One direction of one layer over (T, N, I), in float64."""
    weight_ih, weight_hh, bias_ih, bias_hh = (w.astype(np.float64) for w in weights)
    size, outputs = hidden.shape[1], []
    for step in x.astype(np.float64):
        given, kept = step @ weight_ih.T + bias_ih, hidden @ weight_hh.T + bias_hh
        reset, update = (
            1 / (1 + np.exp(-(given[:, part] + kept[:, part])))
            for part in (slice(size), slice(size, 2 * size))
        )
        new = np.tanh(given[:, 2 * size :] + reset * kept[:, 2 * size :])
        hidden = update * hidden + (1 - update) * new
        outputs.append(hidden)
    return np.stack(outputs), hidden


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_gru_is_its_definition(bidirectional, batch_first):
    layer = nn.GRU(3, 2, batch_first=batch_first, bidirectional=bidirectional)
    x, hidden = normal(4, 2, 3), normal(2 if bidirectional else 1, 2, 2, seed=1)
    out, h_n = layer(x.swapaxes(0, 1) if batch_first else x, hidden)
    out = out.swapaxes(0, 1) if batch_first else out
    for direction, weights in enumerate(layer.all_weights):
        expected, last = expected_gru(weights, x[::-1] if direction else x, hidden[direction])
        part = out[..., 2 * direction : 2 * direction + 2]
        np.testing.assert_allclose(part[::-1] if direction else part, expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(h_n[direction], last, rtol=1e-5, atol=1e-6)
    assert out.dtype == h_n.dtype == np.float32


def test_gru_parameters_repr_and_refusals():
    layer = nn.GRU(3, 4, 2, bias=False, bidirectional=True)
    assert layer.weight_ih_l1_reverse.shape == (12, 8)
    assert repr(layer) == "GRU(3, 4, num_layers=2, bias=False, bidirectional=True)"
    with pytest.raises(ArgumentError, match=r"GRU: h_0 has shape \(1, 2, 4\); it must have \(4, 2, 4\)"):
        layer(normal(5, 2, 3), normal(1, 2, 4))
    with pytest.warns(QFrameWarning, match="GRU: dropout=0.5 has no effect") as caught:
        nn.GRU(2, 3, dropout=0.5)
    assert caught[0].filename == __file__


# -- sequences of several lengths ------------------------------------------------------------------


def as_tuple(states):
    return states if isinstance(states, tuple) else (states,)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@pytest.mark.parametrize("lengths", [[4, 3, 1], [1, 4, 3]])
def test_each_packed_sequence_is_as_if_it_were_alone(kind, lengths):
    layer = kind(3, 2, 2, bidirectional=True)
    x = normal(4, 3, 3)
    hx = [normal(4, 3, 2, seed=1), normal(4, 3, 2, seed=2)]
    hx = tuple(hx) if kind is nn.LSTM else hx[0]
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    out, last = layer(packed, hx)
    assert np.array_equal(out.batch_sizes, packed.batch_sizes)
    padded, counts = pad_packed_sequence(out)
    assert counts.tolist() == lengths
    for number, length in enumerate(lengths):
        own = (slice(None), slice(number, number + 1))
        alone = tuple(state[own] for state in hx) if kind is nn.LSTM else hx[own]
        expected, ends = layer(x[:length, number : number + 1], alone)
        np.testing.assert_allclose(padded[:length, number], expected[:, 0], atol=1e-6)
        assert not padded[length:, number].any()
        for state, end in zip(as_tuple(last), as_tuple(ends), strict=True):
            np.testing.assert_allclose(state[:, number], end[:, 0], atol=1e-6)


def test_packed_sequences_that_do_not_fit():
    packed = pack_padded_sequence(normal(4, 2, 5), [4, 2])
    with pytest.raises(
        ArgumentError, match=r"packed data has shape \(6, 5\).*input_size=3 it must have \(6, 3\)"
    ):
        nn.LSTM(3, 2)(packed)
    short = packed._replace(data=packed.data[:4, :3])
    with pytest.raises(ArgumentError, match=r"it must have \(6, 3\)"):
        nn.LSTM(3, 2)(short)
