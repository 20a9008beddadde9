"""state_dict and load_state_dict."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import DTypeError, StateDictError
from qframe.qtensor import QTensor


def small():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


KEYS = [
    "0.weight",
    "0.bias",
    "1.weight",
    "1.bias",
    "1.running_mean",
    "1.running_var",
    "1.num_batches_tracked",
]


def filled(model):
    return {
        key: np.full(value.shape, i, value.dtype) for i, (key, value) in enumerate(model.state_dict().items())
    }


def test_keys_and_arrays():
    model = small()
    state = model.state_dict()
    assert list(state) == KEYS
    assert state["0.weight"] is model[0].weight


def test_prefix_and_destination():
    destination = {"kept": 1}
    assert nn.Linear(1, 1).state_dict(destination, prefix="a.") is destination
    assert list(destination) == ["kept", "a.weight", "a.bias"]


def test_none_and_non_persistent_buffers_are_left_out():
    module = nn.Linear(2, 2, bias=False)
    module.register_buffer("scratch", np.zeros(1), persistent=False)
    module.register_buffer("absent", None)
    assert list(module.state_dict()) == ["weight"]


def test_shared_module_has_both_paths():
    shared = nn.Linear(1, 1, bias=False)
    assert list(nn.Sequential(shared, shared).state_dict()) == ["0.weight", "1.weight"]


def test_load_copies_values_into_the_same_arrays():
    model = small()
    arrays, state = model.state_dict(), filled(model)
    result = model.load_state_dict(state)
    assert (result.missing_keys, result.unexpected_keys) == ([], [])
    for key, value in model.state_dict().items():
        assert value is arrays[key]
        assert value is not state[key]
        assert np.array_equal(value, state[key])


def test_load_takes_anything_that_becomes_an_array():
    module = nn.Linear(2, 1)
    module.load_state_dict({"weight": [[1, 2]], "bias": np.array([3.5], np.float64)})
    assert module.weight.tolist() == [[1.0, 2.0]]
    assert module.bias.dtype == np.float32


def test_load_replaces_read_only_arrays():
    frozen = np.zeros((1, 1), np.float32)
    frozen.flags.writeable = False
    module = nn.Linear(1, 1, bias=False)
    module.weight = frozen
    module.load_state_dict({"weight": [[4.0]]})
    assert module.weight == 4
    assert frozen == 0


def test_load_does_not_change_the_given_dict():
    model = small()
    state = filled(model)
    del state["1.num_batches_tracked"]
    model.load_state_dict(state)
    assert "1.num_batches_tracked" not in state


def test_batch_norm_of_old_files_counts_no_batches():
    model = small()
    model[1].num_batches_tracked[...] = 5
    state = filled(model)
    del state["1.num_batches_tracked"]
    model.load_state_dict(state)
    assert model[1].num_batches_tracked == 0


def broken(model):
    state = filled(model)
    state["0.weight"] = np.zeros((3, 5), np.float32)
    state["1.num_batches_tracked"] = np.array(0.5)
    state["1.bias"] = QTensor.per_tensor(np.zeros(3, np.int8), 1.0, 0)
    state["1.running_var"] = "nothing"
    state["0.wieght"] = state.pop("0.bias")
    return state


def test_all_problems_are_reported_and_nothing_changes():
    model = small()
    before = {key: value.copy() for key, value in model.state_dict().items()}
    with pytest.raises(StateDictError) as caught:
        model.load_state_dict(broken(model))
    text = str(caught.value)
    for line in (
        "does not fit Sequential (6 problems; nothing was loaded)",
        "0.weight has shape (3, 5); it needs float32 of shape (3, 2), as the entry of Linear",
        "1.num_batches_tracked is float64 of shape (); it needs int64",
        "1.bias is a qint8 tensor of shape (3,); it needs float32 of shape (3,), as the entry of BatchNorm1d",
        "1.running_var is <U7 of shape ()",
        "missing: 0.bias (Linear, float32 of shape (3,))",
        "unexpected: 0.wieght",
    ):
        assert line in text
    for key, value in model.state_dict().items():
        assert np.array_equal(value, before[key])


def test_not_strict_passes_over_keys_but_not_over_shapes():
    model = small()
    result = model.load_state_dict({"0.weight": np.ones((3, 2)), "other": 1}, strict=False)
    assert result.missing_keys == [key for key in KEYS if key != "0.weight"]
    assert result.unexpected_keys == ["other"]
    assert np.array_equal(model[0].weight, np.ones((3, 2)))
    with pytest.raises(StateDictError, match=r"0\.weight has shape \(1,\)"):
        model.load_state_dict({"0.weight": np.ones(1)}, strict=False)


def test_near_key_is_named():
    with pytest.raises(StateDictError, match=r"unexpected: wieght \(is it weight\?\)"):
        nn.Linear(1, 1, bias=False).load_state_dict({"wieght": [[1.0]]})


@pytest.mark.parametrize(
    ("extra", "advice"),
    [
        ({"scale": 1.0}, "convert this model likewise first"),
        ({"_packed_params.dtype": 1}, "convert this model likewise first"),
        ({"weight": QTensor.per_tensor(np.zeros((1, 1), np.int8), 1.0, 0)}, "It holds quantized tensors"),
        ({"weight": np.zeros((2, 2))}, "arguments of the saved one"),
        ({"odd": 0}, "give strict=False"),
    ],
)
def test_remedy_suits_the_problem(extra, advice):
    with pytest.raises(StateDictError, match=advice):
        nn.Linear(1, 1, bias=False).load_state_dict({"weight": [[1.0]], **extra})


def test_prefix_of_parallel_wrappers_is_recognised():
    with pytest.raises(StateDictError, match=r"Remove the prefix 'module\.'"):
        nn.Linear(1, 1, bias=False).load_state_dict({"module.weight": [[1.0]]})


def test_state_must_be_a_mapping():
    with pytest.raises(DTypeError, match="needs a mapping from paths to arrays"):
        nn.Linear(1, 1).load_state_dict([1])


def test_value_that_cannot_become_an_array():
    class Foreign:
        def __array__(self, *args, **kwargs):
            raise RuntimeError("requires grad")

    with pytest.raises(StateDictError, match=r"weight cannot be made an array \(requires grad\)"):
        nn.Linear(1, 1, bias=False).load_state_dict({"weight": Foreign()})


def test_quantized_buffers_round_trip():
    def holder(code):
        module = nn.Module()
        module.register_buffer("q", QTensor.per_tensor(np.full(2, code, np.int8), 0.5, 1))
        return module

    source, target = holder(3), holder(4)
    target.load_state_dict(source.state_dict())
    assert target.q.equal(source.q)
    assert target.q is not source.q
    with pytest.raises(StateDictError, match="q is a float64 array"):
        target.load_state_dict({"q": np.zeros(2)})


class Observer(nn.Module):
    """Its buffers take any shape, and it knows an older name of one of them."""

    def __init__(self):
        super().__init__()
        self.register_buffer("low", np.zeros(0, np.float32))

    def _upgrade_state_dict(self, state, prefix):
        if prefix + "min" in state:
            state[prefix + "low"] = state.pop(prefix + "min")

    def _check_state_dict(self, check, prefix):
        check.expect_array(prefix + "low", self.low, self, any_shape=True)
        if check.allow(prefix + "high") and check.state[prefix + "high"] < 0:
            check.reject(prefix + "high", "is below zero")

    def _load_from_state_dict(self, state, prefix):
        if prefix + "low" in state:
            self.low = np.array(state[prefix + "low"], np.float32)


def test_extension_points():
    model = nn.Sequential(Observer())
    model.load_state_dict({"0.min": [1.0, 2.0], "0.high": 1})
    assert model[0].low.tolist() == [1.0, 2.0]
    model.load_state_dict({"0.low": 3.0})
    assert model[0].low.shape == ()
    with pytest.raises(StateDictError, match=r"0\.high is below zero"):
        model.load_state_dict({"0.low": 3.0, "0.high": -1})
    with pytest.raises(StateDictError, match=r"missing: 0\.low \(Observer, float32"):
        model.load_state_dict({})
