"""Which module gets which qconfig, and what is said about rules that do nothing."""

import pytest

import qframe
from qframe import nn
from qframe import quantization as q

from .models import MyLinear, Net, assert_unchanged, ready, snapshot


def named(name):
    """A qconfig that can be told from others."""
    return q.QConfig(activation=q.MinMaxObserver.with_args(), weight=named_weights[name])


named_weights = {name: q.HistogramObserver.with_args(dtype=qframe.qint8, bins=ord(name)) for name in "ABCDE"}
A, B, C, D = (named(name) for name in "ABCD")


def names(model):
    """Letter of each module's own qconfig, by path."""
    letters = {qconfig: letter for letter, qconfig in zip("ABCD", (A, B, C, D), strict=True)} | {None: "None"}
    return {path: letters[m.qconfig] for path, m in model.named_modules() if "qconfig" in vars(m)}


def test_precedence_own_attribute_then_path_then_type_then_parent():
    model = nn.Sequential(
        nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Sequential(nn.ReLU())
    )
    model[2].qconfig = C
    q.propagate_qconfig_(model, {nn.Linear: A, "1": B, "": D, "2": B, "1.1": None})
    assert names(model) == {"": "D", "0": "A", "1": "B", "1.0": "A", "1.1": "None", "2": "C", "2.0": "C"}


def test_a_path_beats_a_type():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    q.propagate_qconfig_(model, {nn.Linear: A, "1": B})
    assert names(model) == {"0": "A", "1": "B"}


def test_an_explicit_none_switches_a_subtree_off_whatever_the_rules_say():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Linear(2, 2))
    model[0].qconfig = None
    q.propagate_qconfig_(model, {"": A, "0": B})
    assert names(model) == {"": "A", "0": "None", "0.0": "None", "0.1": "None", "1": "A"}


def test_types_outside_of_the_white_list_only_pass_it_on():
    model = Net()
    q.propagate_qconfig_(model, {"": A})
    assert set(names(model)) == {"quant", "conv", "bn", "relu", "side", "plus", "fc"}


def test_a_white_list_of_ones_own():
    model = Net()
    q.propagate_qconfig_(model, {"": A}, {nn.Dropout})
    assert set(names(model)) == {"drop"}


def test_without_rules_and_attributes_nothing_is_stored():
    model = Net()
    q.propagate_qconfig_(model)
    assert names(model) == {}


def test_a_module_with_two_paths_keeps_what_the_first_gave_it():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(nn.Sequential(shared), nn.Sequential(shared))
    q.propagate_qconfig_(model, {"0": A, "1": B})
    assert shared.qconfig is A


def test_either_path_of_a_shared_module_can_be_named():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(nn.Sequential(shared), nn.Sequential(shared))
    q.propagate_qconfig_(model, {"1.0": A})
    assert shared.qconfig is A


MAPPINGS = [q.DEFAULT_MODULE_MAPPING, q.DEFAULT_DYNAMIC_MODULE_MAPPING, q.DEFAULT_QAT_MODULE_MAPPING]


def test_the_white_list_holds_what_can_be_converted():
    mapped = {kind for mapping in MAPPINGS for kind in mapping}
    assert {nn.Sequential} | mapped - {q.DeQuantStub} == q.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_whatever_is_mapped_can_be_converted(mapping):
    assert all(hasattr(quantized, "from_float") for quantized in mapping.values())
    assert all(issubclass(kind, nn.Module) for kind in mapping)


# -- rules that cannot be honoured -----------------------------------------------------------------------

BAD_RULES = [
    ({"fcc": A}, "rule 'fcc' matches no module: did you mean 'fc'?"),
    ({"conv.0": A}, "rule 'conv.0' matches no module: did you mean 'conv'"),
    ({"zzzz": A}, "rule 'zzzz' matches no module: the paths are 'quant', 'conv'"),
    ({nn.Conv3d: A}, "rule Conv3d matches no module: the model holds AdaptiveAvgPool2d, BatchNorm2d"),
    ({"drop": A}, "rule 'drop' has no effect: neither 'drop' (Dropout) nor anything in it can be quantized"),
    ({nn.Dropout: A}, "rule Dropout has no effect"),
    ({3: A}, "rule 3 is neither the path of a module nor a type"),
    ({"fc": "fbgemm"}, "rule 'fc' gives 'fbgemm', which is no QConfig"),
    ({"fc": q.MinMaxObserver}, "which is no QConfig"),
]


@pytest.mark.parametrize(("rules", "text"), BAD_RULES)
def test_rules_that_cannot_be_honoured_are_reported(rules, text):
    model = Net()
    before = snapshot(model)
    with pytest.raises(qframe.errors.ConfigurationError) as caught:
        q.propagate_qconfig_(model, {"": D, **rules})
    assert text in str(caught.value)
    assert_unchanged(model, before)


def test_a_model_without_submodules_has_no_paths_to_suggest():
    with pytest.raises(qframe.errors.ConfigurationError, match=r"rule 'fc' matches no module\. Nothing"):
        q.propagate_qconfig_(nn.Linear(2, 2), {"fc": A})


def test_all_bad_rules_are_listed_at_once():
    with pytest.raises(qframe.errors.ConfigurationError) as caught:
        q.propagate_qconfig_(Net(), {"fcc": A, "drop": A, "fc": B})
    lines = str(caught.value).splitlines()
    assert lines[0] == "the qconfig rules cannot be honoured (2):"
    assert len(lines) == 3
    assert lines[2].endswith("Nothing was changed: correct them and try again")


@pytest.mark.parametrize("key", ["drop", "pool", nn.Dropout])
def test_switching_off_what_is_off_is_fine(key):
    q.propagate_qconfig_(Net(), {"": A, key: None})


def test_a_type_that_only_subclasses_match_is_explained():
    model = nn.Sequential({"head": MyLinear(2, 2)})
    with pytest.raises(qframe.errors.ConfigurationError) as caught:
        q.propagate_qconfig_(model, {nn.Linear: A})
    assert "only subclasses, such as MyLinear at 'head'" in str(caught.value)
    assert "mapping={MyLinear: ...}" in str(caught.value)


def test_a_path_that_holds_a_subclass_is_explained():
    model = nn.Sequential({"head": MyLinear(2, 2)})
    with pytest.raises(
        qframe.errors.ConfigurationError, match=r"left in float: 'head' \(MyLinear, from Linear"
    ):
        q.propagate_qconfig_(model, {"head": A})


@pytest.mark.parametrize("key", ["conv.0", nn.Conv2d])
def test_a_rule_for_a_part_of_a_fused_module_is_explained(key):
    model = q.fuse_modules(nn.Sequential({"conv": nn.Conv2d(1, 1, 1), "relu": nn.ReLU()}), ["conv", "relu"])
    with pytest.raises(qframe.errors.ConfigurationError, match="part of the fused module 'conv'"):
        q.propagate_qconfig_(model, {"": A, key: B})


def test_a_part_of_a_fused_module_without_qconfig_stands_for_itself():
    model = q.fuse_modules(nn.Sequential({"conv": nn.Conv2d(1, 1, 1), "relu": nn.ReLU()}), ["conv", "relu"])
    q.propagate_qconfig_(model, {nn.Conv2d: B})
    assert names(model) == {"conv.0": "B"}


@pytest.mark.parametrize("value", ["fbgemm", 8, q.MinMaxObserver])
def test_an_attribute_that_is_no_qconfig_is_reported(value):
    model = ready()
    model.fc.qconfig = value
    with pytest.raises(qframe.errors.ConfigurationError, match="'fc' has qconfig = .* no QConfig"):
        q.propagate_qconfig_(model)
