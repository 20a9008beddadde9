"""prepare and add_observer_: where observers go, and what is said before calibration."""

import copy
import pickle

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as q

from .models import MyLinear, Net, assert_unchanged, images, observed_paths, ready, snapshot


def test_leaves_with_a_qconfig_and_fused_containers_are_observed():
    prepared = q.prepare(ready())
    assert observed_paths(prepared) == ["quant", "conv", "side", "plus", "fc"]


def test_unfused_modules_are_observed_one_by_one():
    assert observed_paths(q.prepare(ready(fused=False))) == [
        "quant",
        "conv",
        "bn",
        "relu",
        "side",
        "plus",
        "fc",
    ]


def test_a_fused_container_has_one_observer_which_sees_its_output_once():
    prepared = q.prepare(ready())
    container = prepared.conv
    assert [name for name, _ in container.named_modules()] == ["", "0", "1", "activation_post_process"]
    seen = []
    container.register_forward_hook(lambda module, args, output: seen.append(output))
    prepared(images())
    assert container.activation_post_process.calls == 1
    assert container.activation_post_process.min_val == seen[0].min() >= 0


def test_observers_are_those_of_the_qconfig_and_see_the_outputs():
    prepared = q.prepare(ready())
    outputs = {}
    for path, module in prepared.named_modules():
        module.register_forward_hook(lambda m, args, output, path=path: outputs.update({path: output}))
    prepared(images())
    for path in ("quant", "side", "fc"):
        observer = prepared.get_submodule(path).activation_post_process
        assert type(observer) is q.MinMaxObserver
        assert observer.reduce_range
        assert (observer.min_val, observer.max_val) == (outputs[path].min(), outputs[path].max())


def test_preparing_does_not_change_what_the_model_computes():
    model = ready()
    np.testing.assert_array_equal(q.prepare(model)(images()), model(images()))


def test_the_observer_s_own_output_goes_on():
    class Doubling(q.MinMaxObserver):
        def forward(self, x):
            return 2 * super().forward(x)

    model = nn.Sequential(q.QuantStub()).eval()
    model.qconfig = q.QConfig(activation=Doubling, weight=q.default_weight_observer)
    np.testing.assert_array_equal(q.prepare(model)(images()), 2 * images())


def test_hooks_of_the_user_run_before_the_observer():
    model = nn.Sequential(q.QuantStub()).eval()
    model.qconfig = q.default_qconfig
    model[0].register_forward_hook(lambda module, args, output: output * 10)
    prepared = q.prepare(model)
    prepared(np.ones((1, 2), np.float32))
    assert prepared[0].activation_post_process.max_val == 10


def test_a_copy_is_prepared_unless_inplace():
    model = ready()
    before = snapshot(model)
    assert q.prepare(model) is not model
    assert_unchanged(model, before)
    assert q.prepare(model, inplace=True) is model
    assert observed_paths(model)


def test_preparing_twice_changes_nothing_more():
    prepared = q.prepare(ready())
    prepared(images())
    before = snapshot(prepared)
    assert_unchanged(q.prepare(prepared), before)


def test_the_root_may_be_a_leaf():
    linear = nn.Linear(2, 3).eval()
    linear.qconfig = q.default_qconfig
    prepared = q.prepare(linear)
    prepared(np.ones((1, 2), np.float32))
    assert prepared.activation_post_process.calls == 1


def test_a_module_in_two_places_has_one_observer_and_one_hook():
    shared = nn.ReLU()
    model = nn.Sequential(nn.Sequential(shared), nn.Sequential(shared)).eval()
    model.qconfig = q.default_qconfig
    prepared = q.prepare(model)
    assert prepared[0][0] is prepared[1][0]
    assert len(prepared[0][0]._forward_hooks) == 1


def test_modules_without_qconfig_are_left_alone():
    model = ready()
    model.side.qconfig = None
    assert "side" not in observed_paths(q.prepare(model))


def test_unmapped_leaves_with_a_qconfig_of_their_own_are_observed():
    model = ready()
    model.drop.qconfig = q.default_qconfig
    assert "drop" in observed_paths(q.prepare(model))


# -- qconfig_dict, white list, non-leaf modules ----------------------------------------------------------


def test_rules_by_path_type_and_globally():
    model = Net().eval()
    rules = {"": q.default_qconfig, nn.Conv2d: q.default_per_channel_qconfig, "side": None}
    prepared = q.prepare(model, qconfig_dict=rules)
    assert prepared.conv.qconfig == q.default_per_channel_qconfig
    assert prepared.fc.qconfig == q.default_qconfig
    assert observed_paths(prepared) == ["quant", "conv", "bn", "relu", "plus", "fc"]


@pytest.mark.parametrize("inplace", [True, False])
def test_a_rule_that_matches_nothing_leaves_the_model_as_it_was(inplace):
    model = Net().eval()
    before = snapshot(model)
    with pytest.raises(qframe.errors.ConfigurationError, match="did you mean 'side'"):
        q.prepare(model, inplace=inplace, qconfig_dict={"sidee": q.default_qconfig})
    assert_unchanged(model, before)


def test_white_list_decides_which_types_are_observed():
    assert observed_paths(q.prepare(ready(), white_list={nn.Linear})) == ["fc"]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, x):
        return self.linear(x)


def test_non_leaf_modules_that_are_listed_are_observed_as_a_whole():
    model = nn.Sequential(Block(), Block()).eval()
    model.qconfig = q.default_qconfig
    white_list = q.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST | {Block}
    prepared = q.prepare(model, white_list=white_list, observer_non_leaf_module_list=[Block])
    assert observed_paths(prepared) == ["0", "1"]
    prepared(np.ones((1, 2), np.float32))
    assert prepared[0].activation_post_process.calls == 1


def test_a_sequential_cannot_be_observed_as_a_whole():
    text = "Sequential in the list of non-leaf modules"
    with pytest.raises(qframe.errors.ConfigurationError, match=text):
        q.add_observer_(ready(), [nn.Sequential])
    model = ready()
    before = snapshot(model)
    with pytest.raises(qframe.errors.ConfigurationError, match=text):
        q.prepare(model, inplace=True, observer_non_leaf_module_list=[nn.Sequential])
    assert_unchanged(model, before)


def test_add_observer_goes_by_the_attributes():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].qconfig = q.default_qconfig
    assert q.add_observer_(model) is None
    assert observed_paths(model) == ["1"]


def test_there_is_one_device():
    q.add_observer_(nn.Linear(2, 2), device="cpu")
    with pytest.raises(qframe.errors.ConfigurationError, match="CPU"):
        q.add_observer_(nn.Linear(2, 2), device="cuda")


# -- warnings and refusals -------------------------------------------------------------------------------


def test_training_mode_is_reported():
    with pytest.warns(qframe.errors.QuantizationWarning, match=r"training mode.*model.eval\(\)"):
        q.prepare(ready().train())


def test_a_model_without_qconfig_is_reported():
    with pytest.warns(qframe.errors.QuantizationWarning, match="no module got a qconfig"):
        assert observed_paths(q.prepare(Net().eval())) == []


def test_skipped_subclasses_are_reported():
    model = nn.Sequential(nn.Linear(2, 2), MyLinear(2, 2)).eval()
    model.qconfig = q.default_qconfig
    with pytest.warns(
        qframe.errors.QuantizationWarning, match=r"left in float: '1' \(MyLinear, from Linear\)"
    ):
        prepared = q.prepare(model)
    assert observed_paths(prepared) == ["0"]


@pytest.mark.parametrize("qconfig", [None, q.default_qconfig])
def test_subclasses_that_were_decided_about_are_not_reported(qconfig):
    model = nn.Sequential(nn.Linear(2, 2), MyLinear(2, 2)).eval()
    model.qconfig = q.default_qconfig
    model[1].qconfig = qconfig
    assert observed_paths(q.prepare(model)) == (["0", "1"] if qconfig else ["0"])


@pytest.mark.parametrize("thing", [None, "model", lambda x: x])
@pytest.mark.parametrize(
    "function",
    [
        q.prepare,
        q.convert,
        q.quantize_dynamic,
        lambda model: q.quantize(model, print, ()),
    ],
)
def test_only_modules_can_be_quantized(function, thing):
    with pytest.raises(qframe.errors.DTypeError, match="no qframe.nn.Module"):
        function(thing)


def test_bad_calibration_data_names_module_and_batch():
    prepared = q.prepare(ready())
    prepared(images())
    spoiled = images()
    spoiled[0, 0, 0, 0] = np.nan
    with pytest.raises(qframe.errors.CalibrationError) as caught:
        prepared(spoiled)
    assert "in module 'quant.activation_post_process' (MinMaxObserver)" in str(caught.value)
    assert "batch 2 of this observer holds 1 NaN among 216 values" in str(caught.value)


# -- copies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_prepared_models_copy_and_pickle(duplicate):
    prepared = q.prepare(ready())
    prepared(images())
    twin = duplicate(prepared)
    before = snapshot(prepared)
    twin(images(1) * 5)
    assert_unchanged(prepared, before)
    assert twin.quant.activation_post_process.calls == 2
    assert q.convert(twin).quant.scale != q.convert(prepared).quant.scale


def test_prepared_state_loads_into_a_freshly_prepared_model():
    prepared = q.prepare(ready())
    prepared(images())
    other = q.prepare(ready())
    other.load_state_dict(prepared.state_dict())
    first, second = q.convert(prepared), q.convert(other)
    np.testing.assert_array_equal(first(images(2)), second(images(2)))
