"""state_dict, copies and engine switches of all quantized modules."""

import copy
import pickle

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import float16, qint8
from qframe.engines import registry
from qframe.errors import StateDictError
from qframe.nn import intrinsic as nni
from qframe.nn import quantized as nnq
from qframe.qtensor import QTensor

PER_CHANNEL = [0.5, 0.25, 0.125]


def ones(*shape):
    return np.ones(shape, np.float32)


#: Name: (make an empty module, shape of its input, or "float" and the shape).
MODULES = {
    "Linear": (lambda: nnq.Linear(4, 3), (2, 4)),
    "Linear without bias": (lambda: nnq.Linear(4, 3, bias_=False), (2, 4)),
    "LinearReLU": (lambda: nni.quantized.LinearReLU(4, 3), (2, 4)),
    "Conv1d": (lambda: nnq.Conv1d(2, 3, 3), (1, 2, 8)),
    "Conv2d": (lambda: nnq.Conv2d(2, 3, 3, padding=1), (1, 2, 5, 5)),
    "Conv2d without bias": (lambda: nnq.Conv2d(2, 3, 3, bias=False), (1, 2, 5, 5)),
    "Conv3d": (lambda: nnq.Conv3d(2, 3, 2), (1, 2, 4, 4, 4)),
    "ConvReLU1d": (lambda: nni.quantized.ConvReLU1d(2, 3, 3), (1, 2, 8)),
    "ConvReLU2d": (lambda: nni.quantized.ConvReLU2d(2, 3, 3), (1, 2, 5, 5)),
    "ConvReLU3d": (lambda: nni.quantized.ConvReLU3d(2, 3, 2), (1, 2, 4, 4, 4)),
    "dynamic Linear": (lambda: nnq.dynamic.Linear(4, 3), (2, 4)),
    "dynamic Linear, float16": (lambda: nnq.dynamic.Linear(4, 3, dtype=float16), (2, 4)),
    "BatchNorm2d": (lambda: nnq.BatchNorm2d(3), (2, 3, 4, 4)),
    "BatchNorm3d": (lambda: nnq.BatchNorm3d(3), (2, 3, 2, 2, 2)),
    "BNReLU2d": (lambda: nni.quantized.BNReLU2d(3), (2, 3, 4, 4)),
    "BNReLU3d": (lambda: nni.quantized.BNReLU3d(3), (2, 3, 2, 2, 2)),
    "LayerNorm": (lambda: nnq.LayerNorm((3, 4), ones(3, 4), ones(3, 4), 1.0, 0), (2, 3, 4)),
    "LayerNorm without weight": (lambda: nnq.LayerNorm(4, None, None, 1.0, 0), (2, 3, 4)),
    "GroupNorm": (lambda: nnq.GroupNorm(3, 6, ones(6), ones(6), 1.0, 0), (2, 6, 4)),
    "InstanceNorm1d": (lambda: nnq.InstanceNorm1d(3, ones(3), ones(3), 1.0, 0), (2, 3, 4)),
    "InstanceNorm2d": (lambda: nnq.InstanceNorm2d(3, None, None, 1.0, 0), (2, 3, 4, 4)),
    "InstanceNorm3d": (lambda: nnq.InstanceNorm3d(3, ones(3), None, 1.0, 0), (2, 3, 2, 2, 3)),
    "ELU": (lambda: nnq.ELU(1.0, 0, 2.0), (2, 30)),
    "Hardswish": (lambda: nnq.Hardswish(1.0, 0), (2, 30)),
    "LeakyReLU": (lambda: nnq.LeakyReLU(1.0, 0, 0.3), (2, 30)),
    "Sigmoid": (lambda: nnq.Sigmoid(1.0, 0), (2, 30)),
}
EVERY = pytest.mark.parametrize(("make", "shape"), MODULES.values(), ids=MODULES)


@pytest.fixture
def filled(rng, qweight):
    """Give an empty module contents that differ from a new one's."""

    def fill(module, weight_scale=PER_CHANNEL):
        if hasattr(module, "set_weight_bias"):
            shape = module.weight().shape
            half = getattr(module, "dtype", None) is float16
            weight = (
                rng.normal(size=shape).astype(np.float32) if half else qweight(*shape, scale=weight_scale)
            )
            bias = module.bias()
            module.set_weight_bias(weight, None if bias is None else rng.normal(size=3).astype(np.float32))
        for array in (*module.parameters(), *module.buffers()):
            if array.dtype == np.float32:
                array[...] = rng.uniform(0.5, 1.5, array.shape)
        if hasattr(module, "scale"):
            module.scale, module.zero_point = 0.3, 77
        return module

    return fill


@pytest.fixture
def run(activation):
    """Run modules on one input, float or quantized as they need; return plain numbers."""

    def on(shape):
        x = activation(*shape)

        def call(module):
            dynamic = isinstance(module, nnq.dynamic.Linear)
            return np.asarray(module(x.dequantize() if dynamic else x))

        return call

    return on


def copied_by_state(module, make):
    other = make()
    other.load_state_dict(module.state_dict())
    return other


@EVERY
@pytest.mark.parametrize(
    "copied",
    [
        copied_by_state,
        lambda module, make: copy.deepcopy(module),
        lambda module, make: pickle.loads(pickle.dumps(module)),
    ],
    ids=["state_dict", "deepcopy", "pickle"],
)
def test_a_copy_gives_the_same_output_and_shares_nothing(filled, run, make, shape, copied):
    module, call = filled(make()), run(shape)
    expected = call(module)
    assert not np.array_equal(call(make()), expected)
    other = copied(module, make)
    np.testing.assert_array_equal(call(other), expected)
    assert repr(other) == repr(module)
    filled(module)
    np.testing.assert_array_equal(call(other), expected)


@EVERY
def test_running_before_loading_does_not_keep_the_old_packed_form(filled, run, make, shape):
    module, other, call = filled(make()), make(), run(shape)
    call(other)
    other.load_state_dict(module.state_dict())
    np.testing.assert_array_equal(call(other), call(module))


@EVERY
def test_loading_copies(filled, run, make, shape):
    state, other, call = filled(make()).state_dict(), make(), run(shape)
    other.load_state_dict(state)
    expected = call(other)
    for value in state.values():
        (value.int_repr() if isinstance(value, QTensor) else value)[...] = 1
    np.testing.assert_array_equal(call(copy.deepcopy(other)), expected)


def test_the_state_is_logical_and_engine_neutral(filled):
    state = nn.Sequential(filled(nnq.Conv2d(2, 3, 3))).state_dict()
    assert set(state) == {"0.weight", "0.bias", "0.scale", "0.zero_point"}
    assert isinstance(state["0.weight"], QTensor)
    assert state["0.bias"].dtype == np.float32
    assert (state["0.scale"].dtype, state["0.scale"].shape) == (np.float64, ())
    assert (state["0.zero_point"].dtype, state["0.zero_point"].shape) == (np.int64, ())
    assert float(state["0.scale"]) == 0.3
    assert "0.bias" not in nn.Sequential(nnq.Conv2d(2, 3, 3, bias=False)).state_dict()


@pytest.mark.parametrize(
    "name", ["BatchNorm2d", "LayerNorm", "GroupNorm", "InstanceNorm1d", "ELU", "Hardswish"]
)
def test_modules_whose_qparams_pytorch_1_6_forgets_save_them(filled, name):
    module = filled(MODULES[name][0]())
    state = module.state_dict()
    assert (float(state["scale"]), int(state["zero_point"])) == (0.3, 77)
    other = filled(MODULES[name][0]())
    other.scale, other.zero_point = 0.5, 9
    del state["scale"], state["zero_point"]
    other.load_state_dict(state)
    assert (other.scale, other.zero_point) == (0.5, 9)


def test_the_dynamic_state_has_weight_and_bias_only():
    assert set(nnq.dynamic.Linear(2, 3).state_dict()) == {"weight", "bias"}
    half = nnq.dynamic.Linear(2, 3, dtype=float16).state_dict()
    assert half["weight"].dtype == np.float16


@pytest.mark.parametrize("shape", [(2, 4)])
def test_another_engine_packs_anew(filled, run, relay, shape):
    layer, call = filled(nnq.Linear(4, 3)), run(shape)
    expected = call(layer)
    with registry.use_engine("relay"):
        for _ in range(2):
            np.testing.assert_array_equal(call(layer), expected)
        assert relay.packed == ["linear_pack"]
        conv = filled(nnq.Conv2d(2, 3, 3))
        run((1, 2, 4, 4))(conv)
        assert relay.packed == ["linear_pack", "conv2d_pack"]
        copy.deepcopy(conv)
        layer.load_state_dict(layer.state_dict())
        np.testing.assert_array_equal(call(layer), expected)
        assert relay.packed == ["linear_pack", "conv2d_pack", "linear_pack"]
    np.testing.assert_array_equal(call(layer), expected)


def test_every_misfit_is_listed_and_nothing_is_changed(filled, qweight):
    model = nn.Sequential(filled(nnq.Linear(4, 3)), filled(nnq.Conv2d(2, 3, 3)))
    before = {key: copy.deepcopy(value) for key, value in model.state_dict().items()}
    state = dict(before)
    state["0.weight"] = np.zeros((3, 4), np.float32)
    state["0.bias"] = qweight(3)
    state["1.weight"] = qweight(3, 2, 2, 2)
    state["1.scale"] = np.array(-1.0)
    state["1.zero_point"] = np.array(1.5)
    state["1.extra"] = np.zeros(1)
    del state["0.scale"]
    with pytest.raises(StateDictError) as raised:
        model.load_state_dict(state)
    for part in (
        "0.weight is a float32 array of shape (3, 4)",
        "0.bias",
        "1.weight has shape (3, 2, 2, 2)",
        "1.scale",
        "1.zero_point",
        "missing: 0.scale",
        "unexpected: 1.extra",
    ):
        assert part in str(raised.value)
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(np.asarray(value), np.asarray(before[key]))


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"weight": QTensor.per_tensor(np.zeros((3, 4), np.uint8), 1.0, 0)}, "quint8"),
        ({"weight": QTensor.per_channel(np.zeros((3, 4), np.int8), [1.0] * 4, [0] * 4, 1)}, "axis 1"),
        ({"scale": np.array([1.0, 2.0])}, "single number"),
        ({"scale": np.array(np.nan)}, "finite"),
        ({"zero_point": np.array(256)}, "256"),
        ({"zero_point": QTensor.per_tensor(np.zeros((), np.int8), 1.0, 0)}, "single integer"),
        ({"bias": np.zeros(4, np.float32)}, "bias"),
    ],
)
def test_entries_that_do_not_fit(filled, entry, text):
    layer = filled(nnq.Linear(4, 3))
    with pytest.raises(StateDictError, match=text):
        layer.load_state_dict({**layer.state_dict(), **entry})


def test_a_bias_must_be_there_or_not_as_in_the_module(filled):
    with_bias, without = filled(nnq.Linear(4, 3)), filled(nnq.Linear(4, 3, bias_=False))
    with pytest.raises(StateDictError, match="missing: bias"):
        with_bias.load_state_dict(without.state_dict())
    with pytest.raises(StateDictError, match="unexpected: bias"):
        without.load_state_dict(with_bias.state_dict())
    without.load_state_dict({**without.state_dict(), "bias": None})
    assert without.bias() is None


def test_float_and_quantized_states_do_not_mix(filled):
    with pytest.raises(StateDictError, match="convert this model"):
        nn.Linear(4, 3).load_state_dict(filled(nnq.Linear(4, 3)).state_dict())
    with pytest.raises(StateDictError, match="quantized weight"):
        nnq.Linear(4, 3).load_state_dict(nn.Linear(4, 3).state_dict())
    with pytest.raises(StateDictError, match="quantized weight"):
        nnq.dynamic.Linear(4, 3).load_state_dict(nn.Linear(4, 3).state_dict())
    with pytest.raises(StateDictError, match="weight"):
        nnq.dynamic.Linear(4, 3, dtype=float16).load_state_dict(nnq.dynamic.Linear(4, 3).state_dict())


def version_2(weight, bias):
    return {"_packed_params.weight": weight, "_packed_params.bias": bias}


PAIR = "_packed_params._packed_params"


def version_3(weight, bias):
    return {"_packed_params.dtype": qint8, PAIR: (weight, bias)}


@pytest.mark.parametrize("layout", [version_2, version_3])
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("kind", [nnq.Linear, nni.quantized.LinearReLU, nnq.dynamic.Linear])
def test_pytorchs_layouts_of_packed_linear_weights_load(qweight, layout, biased, kind):
    weight, bias = qweight(3, 4), np.arange(3, dtype=np.float32) if biased else None
    old = {"scale": np.array(0.25, np.float32), "zero_point": np.array(9), **layout(weight, bias)}
    model = nn.Sequential(kind(4, 3, biased))
    result = model.load_state_dict({f"0.{key}": value for key, value in old.items()})
    assert (result.missing_keys, result.unexpected_keys) == ([], [])
    layer = model[0]
    assert layer.weight().equal(weight)
    assert (layer.bias() is None) if bias is None else np.array_equal(layer.bias(), bias)
    if kind is not nnq.dynamic.Linear:
        assert (layer.scale, layer.zero_point) == (0.25, 9)


def test_an_opaque_packed_weight_is_refused():
    layer = nnq.Linear(4, 3)
    with pytest.raises(StateDictError, match="weight is object .*it needs a quantized weight"):
        layer.load_state_dict({"scale": 1.0, "zero_point": 0, PAIR: object()})


def test_a_convolutions_state_with_bias_none_loads(qweight):
    layer = nnq.Conv2d(2, 3, 3, bias=False)
    weight = qweight(3, 2, 3, 3)
    layer.load_state_dict({"weight": weight, "bias": None, "scale": np.float32(2), "zero_point": np.int64(1)})
    assert layer.weight().equal(weight)
    assert (layer.scale, layer.zero_point) == (2.0, 1)


def test_without_strict_the_fitting_entries_are_taken(qweight):
    layer = nnq.Linear(4, 3)
    weight = qweight(3, 4)
    result = layer.load_state_dict({"weight": weight, "other": np.zeros(1)}, strict=False)
    assert set(result.missing_keys) == {"bias", "scale", "zero_point"}
    assert result.unexpected_keys == ["other"]
    assert layer.weight().equal(weight)
    assert layer.bias().tolist() == [0, 0, 0]


def test_qfunctional_saves_its_qparams():
    functional = nnq.QFunctional()
    functional.scale, functional.zero_point = 0.1, -5
    other = nnq.QFunctional()
    other.load_state_dict(functional.state_dict())
    assert (other.scale, other.zero_point) == (0.1, -5)
    assert set(functional.state_dict()) == {"scale", "zero_point"}
    assert copy.deepcopy(other).scale == 0.1


def test_the_bound_of_a_fused_relu6_is_saved():
    bounded, plain = nni.quantized.ConvReLU2d(1, 1, 1), nni.quantized.ConvReLU2d(1, 1, 1)
    bounded.max_value = 6.0
    assert "max_value" not in plain.state_dict()
    with pytest.raises(StateDictError, match="missing: max_value"):
        bounded.load_state_dict(plain.state_dict())
    with pytest.raises(StateDictError, match="max_value"):
        plain.load_state_dict({**bounded.state_dict(), "max_value": np.array(-1.0)})
    plain.load_state_dict(bounded.state_dict())
    assert plain.max_value == 6.0
