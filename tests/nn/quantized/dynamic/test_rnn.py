"""Dynamic recurrent layers: made of dynamic linear layers and cells, over layers, directions and lengths."""

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import float16, qint8, quint8
from qframe.engines import registry
from qframe.errors import ArgumentError, ConfigurationError, DTypeError
from qframe.nn.functional import dropout
from qframe.nn.quantized import dynamic
from qframe.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from qframe.numerics.recurrent import gru_cell, lstm_cell
from qframe.random import manual_seed

CELLS = {"LSTM": lstm_cell, "GRU": gru_cell}
KINDS = pytest.mark.parametrize("name", CELLS)
FORMS = pytest.mark.parametrize("dtype", [qint8, float16])


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def states_for(name, *shape):
    return (normal(*shape, seed=1), normal(*shape, seed=2)) if name == "LSTM" else normal(*shape, seed=1)


def as_tuple(states):
    return states if isinstance(states, tuple) else (states,)


def converted(name, *arguments, dtype=qint8, weight=None, qconfig, **options):
    """A float layer and its dynamic form."""
    source = getattr(nn, name)(*arguments, **options).eval()
    source.qconfig = weight or qconfig(0.01, dtype=dtype)
    return source, getattr(dynamic, name).from_float(source)


def linear(layer, which, suffix):
    """A dynamic linear layer with the weights that the recurrent one has."""
    weight, bias = (
        layer.get_weight()[f"weight_{which}{suffix}"],
        layer.get_bias().get(f"bias_{which}{suffix}"),
    )
    twin = dynamic.Linear(weight.shape[1], weight.shape[0], bias is not None, layer.dtype)
    twin.set_weight_bias(weight, bias)
    return twin


def one_direction(layer, name, suffix, x, states):
    """The input of all steps in one product, the hidden state step by step."""
    project_input, project_hidden = linear(layer, "ih", suffix), linear(layer, "hh", suffix)
    outputs = []
    for step in project_input(x):
        states = CELLS[name](step, project_hidden(states[0]), states)
        outputs.append(states[0])
    return np.stack(outputs), states


@KINDS
@FORMS
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_layers_are_made_of_dynamic_linear_layers_and_cells(
    name, dtype, bidirectional, bias, batch_first, qconfig
):
    options = {"bias": bias, "batch_first": batch_first, "bidirectional": bidirectional}
    _, layer = converted(name, 3, 4, 2, dtype=dtype, qconfig=qconfig, **options)
    x, hx = normal(5, 2, 3), states_for(name, 4 if bidirectional else 2, 2, 4)
    out, last = layer(x.swapaxes(0, 1) if batch_first else x, hx)
    ends, index = [], 0
    for number in range(2):
        outputs = []
        for end in ("", "_reverse") if bidirectional else ("",):
            states = tuple(state[index] for state in as_tuple(hx))
            y, states = one_direction(layer, name, f"_l{number}{end}", x[::-1] if end else x, states)
            outputs.append(y[::-1] if end else y)
            ends.append(states)
            index += 1
        x = np.concatenate(outputs, axis=2)
    same = np.testing.assert_array_equal if dtype is qint8 else _close
    same(out.swapaxes(0, 1) if batch_first else out, x)
    same(np.stack(as_tuple(last)), np.stack(list(zip(*ends, strict=True))))
    assert out.dtype == np.float32


def _close(a, b):
    """For float sums, whose order is not the same for several rows and for one."""
    np.testing.assert_allclose(a, b, atol=1e-6)


@KINDS
@FORMS
def test_the_result_is_close_to_that_of_the_float_layer(name, dtype, qconfig):
    source, layer = converted(
        name, 8, 16, 2, dtype=dtype, qconfig=qconfig, weight=qconfig(0.002, dtype=dtype)
    )
    x = normal(6, 3, 8)
    (expected, _), (out, _) = source(x), layer(x)
    error = np.abs(out - expected).max()
    assert 0 < error < (0.02 if dtype is qint8 else 0.001)


@KINDS
@pytest.mark.parametrize("lengths", [[4, 4, 2], [1, 4, 3]])
def test_packed_sequences(name, lengths, qconfig):
    """With float16 weights rows share no scale, so that each sequence is as if it were alone."""
    _, layer = converted(name, 3, 4, 2, bidirectional=True, dtype=float16, qconfig=qconfig)
    x, hx = normal(4, 3, 3), states_for(name, 4, 3, 4)
    out, last = layer(pack_padded_sequence(x, lengths, enforce_sorted=False), hx)
    padded, counts = pad_packed_sequence(out)
    assert counts.tolist() == lengths
    for number, length in enumerate(lengths):
        own = tuple(state[:, number : number + 1] for state in as_tuple(hx))
        expected, ends = layer(x[:length, number : number + 1], own if name == "LSTM" else own[0])
        _close(padded[:length, number], expected[:, 0])
        for state, end in zip(as_tuple(last), as_tuple(ends), strict=True):
            _close(state[:, number], end[:, 0])


@KINDS
def test_a_packed_batch_shares_one_scale_and_padding_has_no_part_in_it(name, qconfig):
    _, layer = converted(name, 3, 4, qconfig=qconfig)
    x = normal(4, 2, 3)
    packed = pack_padded_sequence(x, [4, 2])
    x[2:, 1] = 1000  # never looked at
    again = pack_padded_sequence(x, [4, 2])
    np.testing.assert_array_equal(layer(packed)[0].data, layer(again)[0].data)
    x[0, 1] = 1000
    changed = layer(pack_padded_sequence(x, [4, 2]))[0].data
    assert not np.array_equal(changed[::2][:2], layer(packed)[0].data[::2][:2])


@KINDS
def test_initial_states_are_zero_and_stay_unchanged(name, qconfig):
    _, layer = converted(name, 3, 4, qconfig=qconfig)
    x, zero = normal(5, 2, 3), np.zeros((1, 2, 4), np.float32)
    hx = (zero, zero) if name == "LSTM" else zero
    np.testing.assert_array_equal(layer(x)[0], layer(x, hx)[0])
    assert not zero.any()
    assert layer(x[:, :0])[0].shape == (5, 0, 4)


@KINDS
def test_dropout_acts_between_layers_in_training_only(name, qconfig):
    _, layer = converted(name, 3, 4, 2, dropout=0.5, qconfig=qconfig)
    x = normal(5, 2, 3)
    evaluated = layer.eval()(x)[0]
    np.testing.assert_array_equal(evaluated, layer(x)[0])
    zero = tuple(np.zeros((2, 4), np.float32) for _ in range(2 if name == "LSTM" else 1))
    lower, _ = one_direction(layer, name, "_l0", x, zero)
    manual_seed(3)
    expected, _ = one_direction(layer, name, "_l1", dropout(lower, 0.5), zero)
    manual_seed(3)
    np.testing.assert_array_equal(layer.train()(x)[0], expected)
    assert not np.array_equal(expected, evaluated)


@KINDS
def test_the_range_is_reduced_where_engine_or_user_ask_for_it(name, qconfig, careful):
    _, layer = converted(name, 3, 4, qconfig=qconfig)
    x = normal(5, 2, 3)
    full = layer(x)[0]
    layer.reduce_range = True
    reduced = layer(x)[0]
    assert not np.array_equal(full, reduced)
    layer.reduce_range = None
    with registry.use_engine("careful"):
        np.testing.assert_array_equal(layer(x)[0], reduced)
        layer.reduce_range = False
        np.testing.assert_array_equal(layer(x)[0], full)


@KINDS
def test_a_new_layer_has_zero_weights(name):
    layer = getattr(dynamic, name)(3, 4, 2, bidirectional=True, reduce_range=True)
    assert layer.reduce_range
    assert not layer(normal(5, 2, 3))[0].any()
    assert not any(weight.int_repr().any() for weight in layer.get_weight().values())


@KINDS
@FORMS
def test_other_input_is_refused(name, dtype, quantize):
    model = nn.Sequential(getattr(dynamic, name)(3, 4, dtype=dtype))
    with pytest.raises(DTypeError, match=rf"in module '0' \({name}\).*DeQuantStub"):
        model(quantize(np.zeros((5, 2, 3))))
    with pytest.raises(DTypeError, match="float64"):
        model(np.zeros((5, 2, 3)))
    with pytest.raises(ArgumentError, match="input_size=3 and one step or more"):
        model(np.zeros((5, 2, 4), np.float32))
    layer = model[0]
    with pytest.raises(ArgumentError, match=r"h_0 has shape \(2, 2, 4\); it must have \(1, 2, 4\)"):
        layer(normal(5, 2, 3), states_for(name, 2, 2, 4))
    zero = np.zeros((1, 2, 4))
    with pytest.raises(DTypeError, match="h_0 is a float64 array"):
        layer(normal(5, 2, 3), (zero, zero) if name == "LSTM" else zero)
    with pytest.raises(DTypeError, match="quint8"):
        getattr(dynamic, name)(3, 4, dtype=quint8)


@KINDS
def test_numbers_that_are_not_finite_are_refused_with_the_module(name, qconfig):
    _, layer = converted(name, 3, 4, qconfig=qconfig)
    x = normal(5, 2, 3)
    x[3, 1, 0] = np.inf
    with pytest.raises(ArgumentError, match=r"in module '0'.*must be finite"):
        nn.Sequential(layer)(x)


def test_repr():
    assert repr(dynamic.LSTM(2, 3)) == "DynamicQuantizedLSTM(2, 3)"
    arguments = "2, 3, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True"
    assert repr(dynamic.GRU(2, 3, 2, False, True, 0.5, True)) == f"DynamicQuantizedGRU({arguments})"
    assert repr(dynamic.LSTM(2, 3, dtype=float16)) == "DynamicQuantizedLSTM(2, 3)"


# -- from_float ------------------------------------------------------------------------------------


@KINDS
def test_from_float_quantizes_each_weight_by_itself_and_keeps_the_biases(name, told):
    source = getattr(nn, name)(3, 4, 2, bidirectional=True)
    built = []

    class Largest(told):
        def __init__(self):
            super().__init__(None, 0, qint8)
            built.append(self)

        def calculate_qparams(self):
            return np.abs(self.seen[0]).max() / 127, np.asarray(0)

    source.qconfig = type("QConfig", (), {"weight": Largest})
    layer = getattr(dynamic, name).from_float(source)
    float_state = source.state_dict()
    for key, weight in layer.get_weight().items():
        np.testing.assert_array_equal(
            weight.int_repr(), np.rint(float_state[key] * np.float32(1 / np.float32(weight.q_scale())))
        )
        assert np.abs(weight.int_repr()).max() == 127
    for key, bias in layer.get_bias().items():
        np.testing.assert_array_equal(bias, float_state[key])
        assert not np.shares_memory(bias, float_state[key])
    assert [len(observer.seen) for observer in built if observer.seen] == [1] * 8


@KINDS
def test_from_float_takes_over_the_arguments(name, qconfig):
    source, layer = converted(name, 3, 4, 2, False, True, 0.5, True, qconfig=qconfig)
    assert repr(layer) == "DynamicQuantized" + repr(source)
    assert layer.get_bias() == {}


@KINDS
def test_from_float_per_channel(name, qconfig):
    gates = {"LSTM": 4, "GRU": 3}[name]
    scales = np.linspace(0.005, 0.02, 4 * gates)
    source, layer = converted(name, 3, 4, qconfig=qconfig, weight=qconfig(scales, np.zeros(len(scales), int)))
    weight = layer.get_weight()["weight_hh_l0"]
    np.testing.assert_array_equal(weight.q_per_channel_scales(), scales)
    np.testing.assert_allclose(weight.dequantize(), source.weight_hh_l0, atol=0.011)
    x = normal(5, 2, 3)
    expected, _ = one_direction(
        layer, name, "_l0", x, (np.zeros((2, 4), np.float32),) * (2 if gates == 4 else 1)
    )
    np.testing.assert_array_equal(layer(x)[0], expected)


@KINDS
def test_float16_weights_are_rounded_and_saturated(name, qconfig):
    source = getattr(nn, name)(3, 4)
    source.weight_ih_l0[0] = 1e6, -1e6, 0.1
    source.qconfig = qconfig(dtype=float16)
    layer = getattr(dynamic, name).from_float(source)
    rounded = np.clip(source.weight_ih_l0, -65504, 65504).astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(layer.get_weight()["weight_ih_l0"], rounded)


@KINDS
def test_from_float_refuses_what_it_cannot_convert(name, qconfig):
    source = getattr(nn, name)(2, 3)
    with pytest.raises(ConfigurationError, match="without qconfig"):
        getattr(dynamic, name).from_float(source)
    source.qconfig = qconfig(dtype=quint8)
    with pytest.raises(ConfigurationError, match=r"dtype qframe\.quint8"):
        getattr(dynamic, name).from_float(source)
    with pytest.raises(ConfigurationError, match="takes exactly"):
        getattr(dynamic, name).from_float(nn.Linear(2, 3))
