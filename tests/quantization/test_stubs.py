"""QuantStub, DeQuantStub, QuantWrapper and add_quant_dequant."""

import numpy as np
import pytest

from qframe import nn
from qframe import quantization as q

X = np.float32([[1, -2]])


def test_stubs_return_their_input():
    assert q.QuantStub()(X) is X
    assert q.DeQuantStub()(X) is X
    assert repr(q.QuantStub()) == "QuantStub()"


def test_a_stub_has_a_qconfig_only_if_given_one():
    assert not hasattr(q.QuantStub(), "qconfig")
    assert not hasattr(q.QuantStub(None), "qconfig")
    assert q.QuantStub(q.default_qconfig).qconfig is q.default_qconfig


def test_wrapper_holds_stubs_and_module_and_computes_the_same():
    linear = nn.Linear(2, 3)
    wrapper = q.QuantWrapper(linear)
    assert list(wrapper._modules) == ["quant", "dequant", "module"]
    np.testing.assert_array_equal(wrapper(X), linear(X))


@pytest.mark.parametrize("training", [False, True])
def test_wrapper_takes_over_mode_and_qconfig(training):
    linear = nn.Linear(2, 3).train(training)
    linear.qconfig = q.default_qconfig
    wrapper = q.QuantWrapper(linear)
    assert {module.training for module in wrapper.modules()} == {training}
    assert wrapper.quant.qconfig is q.default_qconfig
    assert not hasattr(q.QuantWrapper(nn.Linear(2, 3)).quant, "qconfig")


def test_leaves_with_a_qconfig_are_wrapped_in_place():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    model[1][0].qconfig = q.default_qconfig
    assert q.add_quant_dequant(model) is model
    assert type(model[0]) is nn.Linear
    assert type(model[1][0]) is q.QuantWrapper
    assert type(model[1][1]) is nn.ReLU


def test_a_leaf_itself_comes_back_wrapped():
    linear = nn.Linear(2, 2)
    assert q.add_quant_dequant(linear) is linear
    linear.qconfig = q.default_qconfig
    assert q.add_quant_dequant(linear).module is linear


def test_fused_containers_with_a_qconfig_are_leaves():
    fused = nn.intrinsic.LinearReLU(nn.Linear(2, 2), nn.ReLU())
    fused.qconfig = fused[0].qconfig = q.default_qconfig
    wrapped = q.add_quant_dequant(nn.Sequential(fused))[0]
    assert wrapped.module is fused
    assert type(fused[0]) is nn.Linear


def test_a_module_in_two_places_is_wrapped_once():
    linear = nn.Linear(2, 2)
    linear.qconfig = q.default_qconfig
    model = q.add_quant_dequant(nn.Sequential(linear, nn.Sequential(linear)))
    assert model[0] is model[1][0]
    assert model[0].module is linear


def test_reserved_names_stay_empty():
    model = nn.Sequential(nn.Linear(2, 2))
    model.register_parameter("spare", None)
    model.add_module("later", None)
    q.add_quant_dequant(model)
    assert model.later is None


def test_a_wrapped_model_quantizes_end_to_end():
    model = nn.Sequential(nn.Linear(2, 3)).eval()
    model[0].qconfig = q.default_qconfig
    q.add_quant_dequant(model)
    prepared = q.prepare(model)
    expected = prepared(X)
    converted = q.convert(prepared)
    assert [type(m).__name__ for m in converted[0].children()] == ["Quantize", "DeQuantize", "Linear"]
    assert converted[0].module._get_name() == "QuantizedLinear"
    scale = converted[0].module.scale
    assert np.abs(converted(X) - expected).max() <= 2 * scale
