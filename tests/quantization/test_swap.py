"""convert and swap_module: what is replaced, what survives, and what is said before anything changes."""

import copy
import pickle

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as q

from .models import (
    MyLinear,
    Net,
    assert_unchanged,
    calibrated,
    images,
    kinds,
    noise,
    observed_paths,
    ready,
    set_weights,
    snapshot,
)


class Trace:
    """Notes the calls of its hooks; copies of a model keep writing to the same list."""

    def __init__(self):
        self.seen = []

    def hook(self, name):
        return lambda module, *rest: self.seen.append(name)


class Stand(nn.Module):
    """Stands for a quantized module in mappings of the tests."""

    def __init__(self, replaced):
        super().__init__()
        self.replaced = type(replaced).__name__

    @classmethod
    def from_float(cls, mod):
        return cls(mod)

    def forward(self, x):
        return x


# -- what is replaced ------------------------------------------------------------------------------------


def test_every_module_with_a_quantized_form_is_replaced():
    converted = q.convert(calibrated(ready()))
    quantized = {path: m._get_name() for path, m in converted.named_modules() if path.count(".") == 0}
    assert quantized == {
        "": "Net",
        "quant": "Quantize",
        "conv": "QuantizedConvReLU2d",
        "bn": "Identity",
        "relu": "Identity",
        "side": "QuantizedConv2d",
        "plus": "QFunctional",
        "drop": "Dropout",
        "pool": "AdaptiveAvgPool2d",
        "flatten": "Flatten",
        "fc": "QuantizedLinear",
        "dequant": "DeQuantize",
    }


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", ["fbgemm", "qnnpack", "reference"])
def test_the_quantized_model_computes_nearly_the_same(fused, name):
    model = ready(q.get_default_qconfig(name), fused)
    converted = q.convert(calibrated(model))
    assert 0 < noise(converted(images(1)), model(images(1))) < 0.05


def test_qparams_are_those_of_the_observers():
    prepared = calibrated(ready())
    converted = q.convert(prepared)
    for path in ("conv", "side", "plus", "fc"):
        scale, zero_point = prepared.get_submodule(path).activation_post_process.calculate_qparams()
        module = converted.get_submodule(path)
        assert (module.scale, module.zero_point) == (float(scale[0]), int(zero_point[0]))


def test_relu6_is_fused_as_a_clamp():
    model = nn.Sequential(q.QuantStub(), nn.Conv2d(3, 4, 1), nn.ReLU6(), q.DeQuantStub()).eval()
    model[1].weight[...] *= 30
    model = q.fuse_modules(model, ["1", "2"])
    model.qconfig = q.default_qconfig
    converted = q.convert(calibrated(model))
    assert type(converted[1]) is nn.intrinsic.quantized.ConvReLU2d
    output = converted(images(1) * 3)
    assert output.max() == pytest.approx(6, abs=converted[1].scale)
    assert output.min() == 0


def test_the_root_is_replaced_and_returned():
    linear = nn.Linear(2, 3).eval()
    linear.qconfig = q.default_qconfig
    prepared = q.prepare(linear)
    prepared(np.ones((1, 2), np.float32))
    for inplace in (False, True):
        converted = q.convert(prepared, inplace=inplace)
        assert type(converted) is nn.quantized.Linear


def test_a_module_in_two_places_stays_one():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(q.QuantStub(), nn.Sequential(shared), nn.Sequential(shared), q.DeQuantStub()).eval()
    model.qconfig = q.default_qconfig
    prepared = q.prepare(model)
    with pytest.warns(qframe.errors.QuantizationWarning, match=r"'1\.0' \(2 times\)"):
        prepared(np.ones((1, 2), np.float32))
    converted = q.convert(prepared)
    assert type(converted[1][0]) is nn.quantized.Linear
    assert converted[1][0] is converted[2][0]


def test_a_copy_is_converted_unless_inplace():
    prepared = calibrated(ready())
    before = snapshot(prepared)
    q.convert(prepared)
    assert_unchanged(prepared, before)
    assert q.convert(prepared, inplace=True) is prepared
    assert type(prepared.fc) is nn.quantized.Linear


def test_switched_off_modules_stay_float():
    model = ready()
    model.fc.qconfig = None
    converted = q.convert(calibrated(model))
    assert type(converted.fc) is nn.Linear


def test_dequant_stubs_need_no_qconfig():
    assert type(q.swap_module(q.DeQuantStub(), q.DEFAULT_MODULE_MAPPING)) is nn.quantized.DeQuantize


def test_modes_are_kept():
    converted = q.convert(calibrated(ready()))
    assert not any(module.training for module in converted.modules())


# -- mappings of one's own -------------------------------------------------------------------------------


def test_a_mapping_replaces_the_default_altogether():
    converted = q.convert(calibrated(ready()), mapping={nn.Linear: Stand})
    assert {path: kind for path, kind in kinds(converted).items() if kind == "Stand"} == {"fc": "Stand"}
    assert type(converted.side) is nn.Conv2d


def test_a_block_is_built_from_its_converted_children():
    class Block(nn.Sequential):
        pass

    class QBlock(Stand):
        @classmethod
        def from_float(cls, mod):
            block = cls(mod)
            block.inner = mod[0]
            return block

    model = nn.Sequential(Block(nn.Linear(2, 2))).eval()
    model[0].qconfig = q.default_qconfig
    model[0][0].qconfig = q.default_qconfig
    converted = q.convert(model, mapping={Block: QBlock, nn.Linear: Stand})
    assert type(converted[0]) is QBlock
    assert type(converted[0].inner) is Stand


def test_classes_without_from_float_are_refused():
    prepared = calibrated(ready())
    before = snapshot(prepared)
    with pytest.raises(qframe.errors.ConfigurationError, match="Linear: .*Identity"):
        q.convert(prepared, mapping={nn.Linear: nn.Identity}, inplace=True)
    assert_unchanged(prepared, before)


def test_swap_module_leaves_alone_what_has_no_quantized_form_or_no_qconfig():
    for module in (nn.Linear(2, 2), nn.Dropout()):
        assert q.swap_module(module, q.DEFAULT_MODULE_MAPPING) is module
    dropout = nn.Dropout()
    dropout.qconfig = q.default_qconfig
    assert q.swap_module(dropout, q.DEFAULT_MODULE_MAPPING) is dropout
    linear = nn.Linear(2, 2)
    linear.qconfig = q.default_qconfig
    assert type(q.swap_module(linear, {nn.Linear: Stand})) is Stand
    linear.qconfig = None
    assert q.swap_module(linear, {nn.Linear: Stand}) is linear


# -- hooks and what is cleaned up ------------------------------------------------------------------------


def test_hooks_of_the_user_survive_in_order():
    trace = Trace()
    model = ready()
    for name in ("fc", "dequant", "quant"):
        module = getattr(model, name)
        module.register_forward_pre_hook(trace.hook(f"before {name}"))
        module.register_forward_hook(trace.hook(f"after {name} 1"))
        module.register_forward_hook(trace.hook(f"after {name} 2"))
    prepared = calibrated(model)
    prepared.fc.register_forward_hook(trace.hook("late"))
    converted = q.convert(prepared)
    trace.seen.clear()
    converted(images())
    expected = [
        f"{when} {name}{i}"
        for name in ("quant", "fc", "dequant")
        for when, i in (("before", ""), ("after", " 1"), ("after", " 2"))
    ]
    expected.insert(6, "late")
    assert trace.seen == expected


def test_hooks_of_the_root_survive():
    trace = Trace()
    model = ready()
    model.register_forward_pre_hook(trace.hook("before"))
    model.register_forward_hook(trace.hook("after"))
    converted = q.convert(calibrated(model))
    trace.seen.clear()
    converted(images())
    assert trace.seen == ["before", "after"]


def test_nothing_of_the_preparation_stays():
    model = ready()
    model.drop.qconfig = q.default_qconfig  # observed, but it has no quantized form
    converted = q.convert(calibrated(model))
    assert observed_paths(converted) == []
    for module in converted.modules():
        assert "qconfig" not in vars(module)
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    converted(images())


def test_an_unconverted_float_functional_loses_its_observer():
    converted = q.convert(calibrated(ready()), mapping={nn.Linear: Stand})
    assert type(converted.plus) is nn.quantized.FloatFunctional
    assert type(converted.plus.activation_post_process) is nn.Identity


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_converted_models_copy_and_pickle(duplicate):
    converted = q.convert(calibrated(ready()))
    np.testing.assert_array_equal(duplicate(converted)(images(5)), converted(images(5)))


def test_converted_state_loads_into_another_conversion():
    converted = q.convert(calibrated(ready()))
    other = q.convert(calibrated(ready(), seeds=[9]))
    other.load_state_dict(converted.state_dict())
    np.testing.assert_array_equal(other(images(5)), converted(images(5)))


# -- refusals --------------------------------------------------------------------------------------------


class Branches(nn.Module):
    """One layer is used, one never, one with empty arrays only."""

    def __init__(self):
        super().__init__()
        self.used, self.dead, self.empty = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)
        self.fused = nn.intrinsic.LinearReLU(nn.Linear(2, 2), nn.ReLU())

    def forward(self, x):
        self.empty(x[:0])
        return self.used(x)


@pytest.mark.parametrize("inplace", [False, True])
def test_observers_without_data_are_listed_in_two_groups(inplace):
    model = Branches().eval()
    model.qconfig = q.default_qconfig
    prepared = q.prepare(model)
    prepared(np.ones((3, 2), np.float32))
    before = snapshot(prepared)
    with pytest.raises(qframe.errors.CalibrationError) as caught:
        q.convert(prepared, inplace=inplace)
    lines = str(caught.value).splitlines()
    assert lines[0] == "3 of 4 modules to convert saw no calibration data:"
    assert lines[1] == "  never called: 'dead' (Linear), 'fused' (LinearReLU)"
    assert lines[2].startswith("  called with empty arrays only: 'empty' (Linear). Run the prepared model")
    assert_unchanged(prepared, before)


def test_dead_branches_can_be_switched_off():
    model = Branches().eval()
    model.qconfig = q.default_qconfig
    model.dead.qconfig = model.empty.qconfig = model.fused.qconfig = None
    prepared = q.prepare(model)
    prepared(np.ones((3, 2), np.float32))
    assert type(q.convert(prepared).used) is nn.quantized.Linear


def test_an_uncalibrated_model_is_refused():
    with pytest.raises(qframe.errors.CalibrationError, match="5 of 6 modules to convert saw no"):
        q.convert(q.prepare(ready()))


def test_an_unprepared_model_is_refused_and_unchanged():
    model = ready()
    q.propagate_qconfig_(model)
    before = snapshot(model)
    with pytest.raises(qframe.errors.ConfigurationError) as caught:
        q.convert(model, inplace=True)
    assert "'quant' (QuantStub) cannot be converted" in str(caught.value)
    assert "Run prepare and calibrate before convert" in str(caught.value)
    assert_unchanged(model, before)


def test_a_late_failure_undoes_what_was_replaced():
    class Failing(Stand):
        @classmethod
        def from_float(cls, mod):
            raise ValueError("no")

    prepared = calibrated(ready())
    before = snapshot(prepared)
    with pytest.raises(ValueError, match="no"):
        q.convert(prepared, mapping={nn.Conv2d: Stand, nn.Linear: Failing}, inplace=True)
    assert_unchanged(prepared, before)


def test_recording_observers_cannot_be_converted():
    prepared = calibrated(ready(q.default_debug_qconfig))
    assert len(prepared.fc.activation_post_process.get_tensor_value()) == 3
    with pytest.raises(qframe.errors.ConfigurationError) as caught:
        q.convert(prepared)
    assert "'quant' (QuantStub) cannot be converted: RecordingObserver has no" in str(caught.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_broken_weights_are_named(bad):
    prepared = calibrated(ready())
    prepared.side.weight[0, 0] = bad
    prepared.conv[0].bias[0] = bad
    with pytest.raises(qframe.errors.CalibrationError) as caught:
        q.convert(prepared)
    assert "weights hold NaN or infinity: 'conv' (ConvReLU2d), 'side' (Conv2d)" in str(caught.value)


# -- warnings --------------------------------------------------------------------------------------------


def test_nothing_to_convert_is_reported():
    with pytest.warns(qframe.errors.QuantizationWarning, match="nothing was converted.*model.qconfig"):
        converted = q.convert(nn.Sequential(nn.Linear(2, 2)))
    assert type(converted[0]) is nn.Linear


def test_a_subclass_that_was_skipped_is_reported_with_what_to_do():
    model = nn.Sequential(nn.Linear(2, 2), MyLinear(2, 2)).eval()
    model.qconfig = model[1].qconfig = q.default_qconfig
    prepared = q.prepare(model)
    prepared(np.ones((1, 2), np.float32))
    with pytest.warns(qframe.errors.QuantizationWarning) as caught:
        converted = q.convert(prepared)
    assert "'1' (MyLinear, from Linear)" in str(caught[0].message)
    assert "mapping={**DEFAULT_MODULE_MAPPING, MyLinear: ...}" in str(caught[0].message)
    assert type(converted[1]) is MyLinear
    mapped = q.convert(prepared, mapping={**q.DEFAULT_MODULE_MAPPING, MyLinear: Stand})
    assert type(mapped[1]) is Stand


def test_train_mode_containers_are_converted_part_by_part():
    model = set_weights(nn.Sequential(q.QuantStub(), nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), q.DeQuantStub()))
    model = q.fuse_modules(model.train(), ["1", "2"]).eval()
    assert type(model[1]) is nn.intrinsic.ConvBn2d
    model.qconfig = q.default_qconfig
    converted = q.convert(calibrated(model))
    assert [m._get_name() for m in converted[1]] == ["QuantizedConv2d", "QuantizedBatchNorm2d"]
    assert 0 < noise(converted(images(1)), model(images(1))) < 0.05


def test_the_float_model_is_untouched_by_the_whole_workflow():
    model = Net().eval()
    before = snapshot(model)
    fused = q.fuse_modules(model, model.fuse)
    fused.qconfig = q.default_qconfig
    q.convert(calibrated(fused))
    assert_unchanged(model, before)
