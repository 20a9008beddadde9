"""save, load and load_into as a user meets them."""

from collections import OrderedDict

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as tq
from qframe.errors import DTypeError, StateDictError
from qframe.nn import quantized as nnq
from qframe.qtensor import QTensor

from ..quantization.models import Net, calibrated, images, ready
from .states import same, snapshot


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def build(stage):
    """The network of the tests in a stage of the workflow; ``seed`` changes its weights."""

    def make(seed=0):
        model = ready() if stage != "float" else Net()
        for module in model.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                module.weight[...] += seed
        if stage == "prepared":
            return calibrated(model, seeds=range(seed, seed + 2))
        if stage == "converted":
            return tq.convert(calibrated(model, seeds=range(seed, seed + 2)))
        if stage == "dynamic":
            return tq.quantize_dynamic(model)
        return model.eval()

    return make


@pytest.mark.parametrize("stage", ["float", "prepared", "converted", "dynamic"])
def test_a_network_gives_the_same_output_after_loading(path, stage):
    make = build(stage)
    model, other = make(seed=1), make()
    expected = model(images())
    assert not np.array_equal(other(images()), expected)
    qframe.save(model, path)
    assert qframe.load_into(other, path) == ([], [])
    np.testing.assert_array_equal(other(images()), expected)
    assert same(snapshot(model), snapshot(other))


def test_load_gives_what_load_state_dict_takes(path):
    model, other = nn.Sequential(nnq.Linear(3, 2)), nn.Sequential(nnq.Linear(3, 2))
    model[0].scale = 0.1
    qframe.save(model, path)
    state = qframe.load(path)
    assert type(state) is OrderedDict
    assert list(state) == list(model.state_dict())
    assert state._metadata == {}
    other.load_state_dict(state)
    assert other[0].scale == 0.1


def test_the_state_is_that_of_the_moment(path):
    model = nn.Linear(2, 2)
    qframe.save(model, path)
    expected = snapshot(model)
    model.weight[...] = 9
    assert same(dict(qframe.load(path)), expected)


def test_packed_forms_are_not_saved(path):
    layer = nnq.Linear(64, 64)
    qframe.save(layer, path)
    size = path.stat().st_size
    layer(QTensor.per_tensor(np.zeros((1, 64), np.uint8), 1.0, 0))
    assert layer._packed_params._form is not None
    qframe.save(layer, path)
    assert path.stat().st_size == size < 64 * 64 + 64 * 4 + 2000


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda state: state.pop("1.bias"), "missing: 1.bias"),
        (lambda state: state.update(extra=np.zeros(1)), "unexpected: extra"),
        (lambda state: state.update({"1.bias": np.zeros(3, np.float32)}), r"1.bias has shape \(3,\)"),
        (lambda state: state.update({"1.weight": np.zeros((2, 2), np.float32)}), "1.weight"),
        (lambda state: state.update({"1.scale": np.array(-1.0)}), "1.scale"),
        (lambda state: state.update({"1.scale": None}), "1.scale"),
        (lambda state: state.update({"1.zero_point": "text"}), "1.zero_point"),
        (lambda state: state.update({"0.weight": (1, 2)}), "0.weight"),
    ],
)
def test_what_does_not_fit_changes_nothing_and_names_the_file(path, change, text):
    model, other = (nn.Sequential(nn.Linear(2, 2), nnq.Linear(2, 2)) for _ in range(2))
    state = dict(model.state_dict())
    change(state)
    before = snapshot(other)
    qframe.save(state, path)
    with pytest.raises(
        StateDictError, match=rf"in '.*model\.safetensors', .*nothing was loaded(.|\n)*{text}"
    ):
        qframe.load_into(other, path)
    assert same(snapshot(other), before)


def test_without_strict_what_fits_is_loaded(path):
    qframe.save({"weight": np.full((2, 2), 3.0, np.float32), "more": np.zeros(1)}, path)
    layer = nn.Linear(2, 2)
    assert qframe.load_into(layer, path, strict=False) == (["bias"], ["more"])
    assert (layer.weight == 3).all()


def version_3(weight, bias):
    """PyTorch's own entries of a quantized linear layer."""
    return OrderedDict(
        {
            "scale": np.array(0.25, np.float32),
            "zero_point": np.array(9),
            "_packed_params.dtype": qframe.qint8,
            "_packed_params._packed_params": (weight, bias),
        }
    )


@pytest.mark.parametrize("bias", [None, np.arange(2, dtype=np.float32)])
def test_pytorchs_nested_entries_load(path, bias):
    weight = QTensor.per_channel(np.arange(6, dtype=np.int8).reshape(2, 3), [0.5, 0.25], [0, 0], 0)
    state = version_3(weight, bias)
    state._metadata = OrderedDict({"": {"version": 3}})
    qframe.save(state, path)
    assert qframe.load(path)._metadata == state._metadata
    layer = nnq.Linear(3, 2, bias_=bias is not None)
    qframe.load_into(layer, path)
    assert layer.weight().equal(weight)
    assert (layer.scale, layer.zero_point) == (0.25, 9)


@pytest.mark.parametrize("wrong", [3, "model", np.zeros(2), [("a", np.zeros(2))]])
def test_what_is_neither_module_nor_mapping_is_refused(path, wrong):
    with pytest.raises(DTypeError, match="save got .*Give the model first, then the path"):
        qframe.save(wrong, path)
    with pytest.raises(DTypeError, match="load_into got .*it needs a module"):
        qframe.load_into(wrong, path)
    assert not path.exists()
