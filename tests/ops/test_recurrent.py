"""Recurrent layers as ops: what is refused, and what packed sequences, directions and ranges mean."""

import warnings

import numpy as np
import pytest

import qframe
from qframe import ops
from qframe.errors import ArgumentError, DTypeError, FallbackWarning, QSchemeError
from qframe.qtensor import QTensor

from .tensors import activation, floats, per_channel, weight

PACKS = {"lstm": ops.lstm_pack, "gru": ops.gru_pack, "rnn": ops.rnn_pack}
HALVES = {"lstm": ops.lstm_pack_fp16, "gru": ops.gru_pack_fp16, "rnn": ops.rnn_pack_fp16}
HOLDERS = {"lstm": ops.PackedLSTM, "gru": ops.PackedGRU, "rnn": ops.PackedRNN}
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
KINDS = pytest.mark.parametrize("kind", GATES)


def further(kind):
    return ["tanh"] if kind == "rnn" else []


@pytest.fixture(params=qframe.backends.quantized.supported_engines, autouse=True)
def engine(request):
    """Each test on every engine of this machine."""
    with qframe.use_engine(request.param), warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        yield request.param


def holder(kind, inputs=5, hidden=4, seed=0, **options):
    """A layer of random weights."""
    rng = np.random.default_rng(seed)
    rows = GATES[kind] * hidden
    codes = [rng.integers(-128, 128, (rows, n)).astype(np.int8) for n in (inputs, hidden)]
    biases = [rng.normal(size=rows).astype(np.float32) for _ in range(2)]
    return HOLDERS[kind](*[QTensor.per_tensor(c, 0.004, 0) for c in codes], *biases, **options)


def inputs_of(layer, batch_sizes, seed=1):
    """Random input and states."""
    rng = np.random.default_rng(seed)
    rows, size = sum(batch_sizes), layer.weight[1].shape[1]
    x = rng.normal(size=(rows, layer.weight[0].shape[1])).astype(np.float32)
    return x, tuple(rng.normal(size=(batch_sizes[0], size)).astype(np.float32) for _ in layer.kind.states)


# -- what is refused -------------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("form", ["op", "holder"])
def test_quantized_weights_that_do_not_fit(kind, form):
    make = PACKS[kind] if form == "op" else HOLDERS[kind]
    rows = 2 * GATES[kind]
    good = [weight(rows, 3), weight(rows, 2), floats(rows), None, *further(kind)]
    make(*good)
    for position, bad, error, text in [
        (1, floats(rows, 2), DTypeError, "it needs a quantized tensor"),
        (0, activation(rows, 3), (DTypeError, ArgumentError), "qframe.quint8"),
        (1, weight(rows + 1, 2), ArgumentError, f"weight_hh ({rows + 1}, 2)"),
        (0, weight(rows + 1, 3), ArgumentError, f"weight_ih has shape ({rows + 1}, 3)"),
        (0, weight(rows, 3, 1), ArgumentError, "must have 2 dimensions"),
        (1, per_channel(rows, 2, axis=1), QSchemeError, "only axis 0"),
        (2, floats(rows + 1), ArgumentError, f"(bias_ih): the bias has shape ({rows + 1},)"),
        (3, np.ones(rows), DTypeError, "(bias_hh): the bias is a float64 array"),
    ]:
        arguments = list(good)
        arguments[position] = bad
        with pytest.raises(error) as raised:
            make(*arguments)
        assert text in str(raised.value)
        assert raised.value.fix


@KINDS
@pytest.mark.parametrize("form", ["op", "holder"])
def test_half_precision_weights_that_do_not_fit(kind, form):
    make = HALVES[kind] if form == "op" else HOLDERS[kind]
    rows = 2 * GATES[kind]
    good = [floats(rows, 3), floats(rows, 2), None, floats(rows), *further(kind)]
    make(*good)
    for position, bad, error, text in [
        (1, weight(rows, 2), DTypeError, "weight_hh is a qint8 tensor"),
        (1, np.ones((rows, 2)), DTypeError, "weight_hh is a float64 array"),
        (0, floats(rows), ArgumentError, "weight_ih takes shape"),
        (1, floats(rows, 3), ArgumentError, f"must be ({GATES[kind]} * H, I) and ({GATES[kind]} * H, H)"),
        (3, floats(1, rows), ArgumentError, f"the bias has shape (1, {rows})"),
    ]:
        arguments = list(good)
        arguments[position] = bad
        with pytest.raises(error) as raised:
            make(*arguments)
        assert text in str(raised.value)
        assert raised.value.fix


@pytest.mark.parametrize("make", [ops.rnn_pack, ops.PackedRNN])
def test_an_unknown_nonlinearity(make):
    with pytest.raises(ArgumentError, match="nonlinearity='gelu' is unknown. Use one of tanh, relu"):
        make(weight(2, 3), weight(2, 2), None, None, "gelu")


@KINDS
def test_calls_that_do_not_fit(kind):
    layer = holder(kind)
    x, states = inputs_of(layer, (2, 1))
    count = len(states)
    for arguments, error, text in [
        ((x.astype(np.float64), (2, 1), states), DTypeError, "input is a float64 array"),
        ((activation(3, 5), (2, 1), states), DTypeError, "input is a quint8 tensor"),
        ((x[:, :4], (2, 1), states), ArgumentError, "takes shape (rows, 5), 3 rows for 2 steps, got (3, 4)"),
        ((x[:2], (2, 1), states), ArgumentError, "got (2, 5)"),
        (
            (x, (1, 2), states),
            ArgumentError,
            "batch_sizes (1, 2) must be one or more whole numbers that never",
        ),
        ((x, (), states), ArgumentError, "batch_sizes () must be"),
        ((x, (4, -1), states), ArgumentError, "batch_sizes (4, -1) must be"),
        ((x, (2.0, 1.0), states), ArgumentError, "batch_sizes (2.0, 1.0) must be"),
        ((x, (2, 1), states[1:]), ArgumentError, f"has {count} states, got {count - 1}"),
        ((x, (2, 1), [s[:1] for s in states]), ArgumentError, "h_0 has shape (1, 4); it must have (2, 4)"),
        ((x, (2, 1), [s.astype(np.float64) for s in states]), DTypeError, "h_0 is a float64 array"),
    ]:
        with pytest.raises(error) as raised:
            layer(*arguments)
        assert text in str(raised.value)
        assert raised.value.fix


@KINDS
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["input", "hidden"])
def test_numbers_that_are_not_finite_are_refused(kind, bad, place):
    layer = holder(kind)
    x, states = inputs_of(layer, (2, 1))
    (x if place == "input" else states[0])[1, 1] = bad
    with pytest.raises(ArgumentError, match="must be finite"):
        layer(x, (2, 1), states)


def test_a_hidden_state_that_overflows_on_the_way_is_refused():
    growing = QTensor.per_tensor(np.full((1, 1), 127, np.int8), 1e18, 0)
    layer = ops.PackedRNN(growing, growing, nonlinearity="relu")
    with np.errstate(over="ignore"), pytest.raises(ArgumentError, match="must be finite"):
        layer(np.ones((9, 1), np.float32), (1,) * 9, (np.ones((1, 1), np.float32),))


# -- what a call means -----------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("reverse", [False, True])
def test_sequences_of_several_lengths(kind, reverse):
    """With half precision, where rows do not share a scale, each sequence is as if it were alone."""
    rng = np.random.default_rng(3)
    rows = GATES[kind] * 4
    layer = HOLDERS[kind](*[(rng.normal(size=(rows, n)) / 4).astype(np.float32) for n in (5, 4)])
    batch_sizes = (3, 2, 2, 1)
    x, states = inputs_of(layer, batch_sizes)
    out, *last = layer(x, batch_sizes, states, reverse=reverse)
    starts = np.concatenate([[0], np.cumsum(batch_sizes)])
    for sequence in range(3):
        places = [start + sequence for start, n in zip(starts, batch_sizes, strict=False) if sequence < n]
        alone = [state[sequence : sequence + 1] for state in states]
        own, *own_last = layer(x[places], (1,) * len(places), alone, reverse=reverse)
        np.testing.assert_allclose(out[places], own, atol=1e-6)
        for state, own_state in zip(last, own_last, strict=True):
            np.testing.assert_allclose(state[sequence], own_state[0], atol=1e-6)


@KINDS
def test_reverse_is_forward_on_the_steps_turned_around(kind):
    layer = holder(kind)
    x, states = inputs_of(layer, (2, 2, 2))
    turned = x.reshape(3, 2, -1)[::-1].reshape(6, -1)
    out, *last = layer(x, (2, 2, 2), states, reverse=True)
    other, *other_last = layer(turned, (2, 2, 2), states)
    np.testing.assert_array_equal(out.reshape(3, 2, -1)[::-1].reshape(6, -1), other)
    np.testing.assert_array_equal(last, other_last)


@KINDS
def test_the_range_is_reduced_where_engine_or_caller_ask_for_it(kind, engine):
    layer = holder(kind)
    x, states = inputs_of(layer, (2, 1))
    full, reduced = (layer(x, (2, 1), states, reduce_range=reduce)[0] for reduce in (False, True))
    assert not np.array_equal(full, reduced)
    assert not qframe.engines.registry.descriptor(engine).reduce_range
    np.testing.assert_array_equal(layer(x, (2, 1), states)[0], full)


@KINDS
def test_states_and_outputs_are_arrays_of_their_own(kind):
    layer = holder(kind)
    x, states = inputs_of(layer, (2, 1))
    before = [state.copy() for state in states]
    out, *last = layer(x, (2, 1), states)
    out[...] = 7
    assert not any(np.shares_memory(out, state) for state in last)
    for state, kept, new in zip(states, before, last, strict=True):
        np.testing.assert_array_equal(state, kept)
        assert not np.shares_memory(state, new)


def test_relu_and_tanh_differ_as_they_should():
    rng = np.random.default_rng(0)
    for nonlinearity, function in (("tanh", np.tanh), ("relu", lambda x: np.maximum(x, 0))):
        layer = ops.PackedRNN(
            *[rng.normal(size=(4, n)).astype(np.float32) for n in (5, 4)], nonlinearity=nonlinearity
        )
        x, (hidden,) = inputs_of(layer, (3,))
        wide = [w.astype(np.float16).astype(np.float64) for w in layer.weight]
        expected = function(x @ wide[0].T + hidden @ wide[1].T)
        np.testing.assert_allclose(layer(x, (3,), (hidden,))[0], expected, atol=1e-6)
