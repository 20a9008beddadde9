"""state_dict, copies, engine switches and replaced weights of dynamic recurrent modules."""

import copy
import pickle

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import float16, qint8
from qframe.engines import registry
from qframe.errors import ArgumentError, DTypeError, StateDictError
from qframe.nn.quantized import dynamic
from qframe.qtensor import QTensor

MODULES = {
    "LSTM": lambda **options: dynamic.LSTM(3, 2, 2, bidirectional=True, **options),
    "GRU": lambda **options: dynamic.GRU(3, 2, batch_first=True, **options),
    "LSTM without bias": lambda **options: dynamic.LSTM(3, 2, bias=False, **options),
    "LSTMCell": lambda **options: dynamic.LSTMCell(3, 2, **options),
    "GRUCell": lambda **options: dynamic.GRUCell(3, 2, **options),
    "RNNCell": lambda **options: dynamic.RNNCell(3, 2, nonlinearity="relu", **options),
}
EVERY = pytest.mark.parametrize("make", MODULES.values(), ids=MODULES)
FORMS = pytest.mark.parametrize("form", ["per_tensor", "per_channel", "float16"])


def options_of(form):
    return {"dtype": float16 if form == "float16" else qint8}


def filled(module, form, seed=0):
    """Give a module random weights and biases."""
    rng = np.random.default_rng(seed)
    values = {}
    for name, value in {**module.get_weight(), **module.get_bias()}.items():
        codes = rng.integers(-128, 128, value.shape).astype(np.int8)
        if form == "float16" or value.ndim == 1:
            values[name] = rng.normal(size=value.shape).astype(np.float32)
        elif form == "per_tensor":
            values[name] = QTensor.per_tensor(codes, 0.01, 3)
        else:
            rows = value.shape[0]
            values[name] = QTensor.per_channel(codes, rng.uniform(0.005, 0.02, rows), np.arange(rows) % 3, 0)
    module.set_weight_bias(values)
    return module


def run(module):
    """The output and the last states, in one flat array."""
    rng = np.random.default_rng(5)
    cell = not hasattr(module, "num_layers")
    result = module(rng.normal(size=(4, 3) if cell else (4, 5, 3)).astype(np.float32))
    parts = result if isinstance(result, tuple) else (result,)
    return np.concatenate([np.ravel(part) for part in parts if isinstance(part, np.ndarray)])


def copied_by_state(module, make, form):
    other = make(**options_of(form))
    assert other.load_state_dict(module.state_dict()) == ([], [])
    return other


COPIES = {
    "state_dict": copied_by_state,
    "deepcopy": lambda module, make, form: copy.deepcopy(module),
    "pickle": lambda module, make, form: pickle.loads(pickle.dumps(module)),
}


@EVERY
@FORMS
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_gives_the_same_output_and_shares_nothing(make, form, copied):
    module = filled(make(**options_of(form)), form)
    expected = run(module)
    other = copied(module, make, form)
    np.testing.assert_array_equal(run(other), expected)
    assert repr(other) == repr(module)
    for value in module.state_dict().values():
        (value.int_repr() if isinstance(value, QTensor) else value)[...] = 1
    filled(module, form, seed=1)
    assert not np.array_equal(run(module), expected)
    np.testing.assert_array_equal(run(other), expected)


@EVERY
@FORMS
def test_loading_replaces_the_packed_form_and_copies(make, form):
    module, other = filled(make(**options_of(form)), form), filled(make(**options_of(form)), form, seed=1)
    run(other)
    state = module.state_dict()
    other.load_state_dict(state)
    np.testing.assert_array_equal(run(other), run(module))
    expected = run(other)
    for value in state.values():
        (value.int_repr() if isinstance(value, QTensor) else value)[...] = 1
    np.testing.assert_array_equal(run(copy.deepcopy(other)), expected)


def test_the_state_is_logical_and_named_as_in_the_float_layer():
    layer = filled(dynamic.LSTM(3, 2, 2, bidirectional=True), "per_tensor")
    assert list(nn.Sequential(layer).state_dict()) == [
        f"0.{key}" for key in nn.LSTM(3, 2, 2, bidirectional=True).state_dict()
    ]
    state = layer.state_dict()
    assert isinstance(state["weight_hh_l1_reverse"], QTensor)
    assert state["bias_ih_l0"].dtype == np.float32
    half = dynamic.GRUCell(3, 2, dtype=float16).state_dict()
    assert list(half) == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    assert [value.dtype for value in half.values()] == [np.float16] * 2 + [np.float32] * 2


@EVERY
def test_another_engine_packs_anew(make, relay):
    module = filled(make(), "per_tensor")
    expected = run(module)
    with registry.use_engine("relay"):
        for _ in range(2):
            np.testing.assert_array_equal(run(module), expected)
        holders = 4 if repr(module).startswith("DynamicQuantizedLSTM(3, 2, num_layers=2") else 1
        assert len(relay.packed) == holders
    np.testing.assert_array_equal(run(module), expected)


def test_every_misfit_is_listed_and_nothing_is_changed():
    layer = filled(dynamic.LSTM(3, 2), "per_tensor")
    before = run(layer)
    state = layer.state_dict()
    state["weight_ih_l0"] = np.zeros((8, 3), np.float32)
    state["weight_hh_l0"] = QTensor.per_channel(np.zeros((8, 2), np.int8), [1.0] * 2, [0] * 2, 1)
    state["bias_ih_l0"] = np.zeros(7, np.float32)
    state["extra"] = np.zeros(1)
    del state["bias_hh_l0"]
    with pytest.raises(StateDictError) as raised:
        layer.load_state_dict(state)
    for part in (
        "weight_ih_l0 is a float32 array of shape (8, 3)",
        "weight_hh_l0 is quantized along axis 1",
        "bias_ih_l0 has shape (7,)",
        "missing: bias_hh_l0",
        "unexpected: extra",
    ):
        assert part in str(raised.value)
    np.testing.assert_array_equal(run(layer), before)


def test_float_and_quantized_states_do_not_mix():
    with pytest.raises(StateDictError, match="convert this model"):
        nn.LSTM(3, 2).load_state_dict(dynamic.LSTM(3, 2).state_dict())
    with pytest.raises(StateDictError, match="quantized weight"):
        dynamic.LSTM(3, 2).load_state_dict(nn.LSTM(3, 2).state_dict())
    with pytest.raises(StateDictError, match="weight_ih_l0"):
        dynamic.LSTM(3, 2, dtype=float16).load_state_dict(dynamic.LSTM(3, 2).state_dict())


def test_loading_in_part():
    layer = filled(dynamic.GRUCell(3, 2), "per_tensor")
    before, other = layer.get_weight(), filled(dynamic.GRUCell(3, 2), "per_tensor", seed=1)
    result = layer.load_state_dict({"weight_hh": other.get_weight()["weight_hh"]}, strict=False)
    assert result.missing_keys == ["weight_ih", "bias_ih", "bias_hh"]
    assert layer.get_weight()["weight_ih"].equal(before["weight_ih"])
    assert layer.get_weight()["weight_hh"].equal(other.get_weight()["weight_hh"])


def test_weights_are_read_and_replaced_as_copies():
    layer = filled(dynamic.LSTMCell(3, 2), "per_tensor")
    before = run(layer)
    weights, biases = layer.get_weight(), layer.get_bias()
    assert list(weights) == ["weight_ih", "weight_hh"]
    assert list(biases) == ["bias_ih", "bias_hh"]
    weights["weight_ih"].int_repr()[...] = 5
    biases["bias_ih"][...] = 5
    np.testing.assert_array_equal(run(layer), before)
    layer.set_weight_bias({**weights, **biases})
    assert not np.array_equal(run(layer), before)


@pytest.mark.parametrize(
    ("changes", "kind", "text"),
    [
        ({"weight_ih": None}, ArgumentError, "weight_ih missing or unknown"),
        ({"weight_xx": np.zeros(1)}, ArgumentError, "weight_xx missing or unknown"),
        (
            {"weight_ih": QTensor.per_tensor(np.zeros((6, 4), np.int8), 1.0, 0)},
            ArgumentError,
            r"weight_ih has shape \(6, 4\); it needs \(6, 3\)",
        ),
        ({"weight_hh": np.zeros((6, 2), np.float32)}, DTypeError, "needs a quantized tensor"),
        ({"bias_hh": np.zeros(6)}, DTypeError, "float64"),
    ],
)
def test_weights_that_do_not_fit_change_nothing(changes, kind, text):
    layer = filled(dynamic.GRUCell(3, 2), "per_tensor")
    before = run(layer)
    values = {**layer.get_weight(), **layer.get_bias(), **changes}
    with pytest.raises(kind, match=text):
        layer.set_weight_bias({name: value for name, value in values.items() if value is not None})
    np.testing.assert_array_equal(run(layer), before)


def test_a_quantized_weight_for_half_precision():
    layer = dynamic.GRUCell(3, 2, dtype=float16)
    values = {**layer.get_weight(), **layer.get_bias()}
    values["weight_hh"] = QTensor.per_tensor(np.zeros((6, 2), np.int8), 1.0, 0)
    with pytest.raises(DTypeError, match="float16 weight is made from a float array"):
        layer.set_weight_bias(values)
