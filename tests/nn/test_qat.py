"""nn.qat and nn.intrinsic.qat: layers that round, their gradients, their batch norms, how they are made."""

import copy

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as q
from qframe.autograd import gradcheck, value_and_grad
from qframe.errors import ArgumentError, ConfigurationError, DTypeError
from qframe.nn import intrinsic as nni
from qframe.nn.intrinsic import qat as niqat

#: Rounds nothing, so that a layer can be compared with the float modules that it stands for.
PLAIN = q.QConfig(activation=nn.Identity, weight=nn.Identity)
ROUNDING = q.get_default_qat_qconfig("fbgemm")


def conv(**keywords):
    return nn.Conv2d(4, 6, 3, padding=1, **keywords)


#: Name -> the type, and the float modules that it is made of.
LAYERS = {
    "Linear": (nn.qat.Linear, lambda: [nn.Linear(5, 3)]),
    "Linear without bias": (nn.qat.Linear, lambda: [nn.Linear(5, 3, bias=False)]),
    "LinearReLU": (niqat.LinearReLU, lambda: [nn.Linear(5, 3), nn.ReLU()]),
    "LinearReLU6": (niqat.LinearReLU, lambda: [nn.Linear(5, 3), nn.ReLU6()]),
    "Conv2d": (nn.qat.Conv2d, lambda: [conv(groups=2, stride=2, dilation=2)]),
    "Conv2d reflect": (nn.qat.Conv2d, lambda: [conv(padding_mode="reflect")]),
    "ConvReLU2d": (niqat.ConvReLU2d, lambda: [conv(bias=False), nn.ReLU()]),
    "ConvReLU6": (niqat.ConvReLU2d, lambda: [conv(), nn.ReLU6()]),
    "ConvBn2d": (niqat.ConvBn2d, lambda: [conv(bias=False), nn.BatchNorm2d(6)]),
    "ConvBn2d bias": (niqat.ConvBn2d, lambda: [conv(groups=2), nn.BatchNorm2d(6, eps=0.1, momentum=0.3)]),
    "ConvBn2d average": (niqat.ConvBn2d, lambda: [conv(), nn.BatchNorm2d(6, momentum=None)]),
    "ConvBnReLU2d": (niqat.ConvBnReLU2d, lambda: [conv(), nn.BatchNorm2d(6), nn.ReLU()]),
    "ConvBnReLU6": (niqat.ConvBnReLU2d, lambda: [conv(stride=2), nn.BatchNorm2d(6), nn.ReLU6()]),
}
WITH_NORM = [name for name in LAYERS if "Bn" in name]


def fused(modules):
    return q.fuse_known_modules(modules)[0] if len(modules) > 1 else modules[0]


def made(name, qconfig):
    """The layer and the float modules, which share nothing, with statistics that are not the neutral ones."""
    kind, parts = LAYERS[name]
    modules = parts()
    rng = np.random.default_rng(0)
    for module in modules:
        for array in module.parameters():
            array[...] = rng.uniform(-0.5, 1, array.shape)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean[...], module.running_var[...] = rng.normal(size=6), rng.uniform(0.2, 2, 6)
    layer = kind.from_float(copy.deepcopy(fused(modules)), qconfig)
    assert type(layer) is kind
    return layer, nn.Sequential(*modules)


def batch(name, seed=1):
    shape = (7, 5) if "Linear" in name else (3, 4, 7, 6)
    return np.float32(np.random.default_rng(seed).normal(size=shape))


def step_of(model, x):
    """Output, and gradients in the order of the parameters of weight, bias and batch norm."""
    weights = np.random.default_rng(5).normal(size=model(x).shape)
    _, gradients = value_and_grad(model, lambda: (model(x) * np.float32(weights)).sum())()
    return model(x), gradients


def renamed(path):
    """The path of a parameter or buffer in the float modules, as it is in the layer."""
    number, name = path.split(".")
    return name if number == "0" else f"bn.{name}"


# -- without rounding --------------------------------------------------------------------------------


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_without_rounding_a_layer_is_the_float_modules(name, frozen):
    layer, plain = made(name, PLAIN)
    if frozen:
        layer.apply(niqat.freeze_bn_stats)
        plain.apply(lambda module: module.eval() if isinstance(module, nn.BatchNorm2d) else None)
    out, gradients = step_of(layer, batch(name))
    expected, others = step_of(plain, batch(name))
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
    assert set(gradients) == {renamed(path) for path in others}
    for path, gradient in others.items():
        np.testing.assert_allclose(gradients[renamed(path)], gradient, rtol=1e-4, atol=2e-4, err_msg=path)
    for path, buffer in plain.named_buffers():
        np.testing.assert_allclose(layer.get_submodule("bn")._buffers[path.split(".")[1]], buffer, rtol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_equal_differences(name):
    layer, _ = made(name, PLAIN)
    assert gradcheck(layer, batch(name).astype(np.float64)[:2])


# -- rounding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_output_and_weight_are_rounded(name):
    layer, _ = made(name, ROUNDING)
    seen = {}
    layer.weight_fake_quant.register_forward_hook(lambda m, arguments, output: seen.update(weight=output))
    out = layer(batch(name))
    fake = layer.activation_post_process
    codes = out / fake.scale[0]
    np.testing.assert_allclose(codes, np.rint(codes), atol=1e-3)
    scales = layer.weight_fake_quant.scale.reshape(-1, *[1] * (layer.weight.ndim - 1))
    codes = seen["weight"] / scales
    np.testing.assert_allclose(codes, np.rint(codes), atol=1e-3)
    assert len(layer.weight_fake_quant.scale) == len(layer.weight)


@pytest.mark.parametrize("name", WITH_NORM)
def test_the_weight_that_is_rounded_has_the_batch_norm_folded_in(name):
    layer, plain = made(name, ROUNDING)
    expected = q.fuse_conv_bn(plain[0].eval(), plain[1].eval())
    weight, bias = layer.folded_parameters()
    np.testing.assert_allclose(weight, expected.weight, rtol=1e-6)
    np.testing.assert_array_equal(bias, expected.bias)
    layer(batch(name))
    largest = np.abs(expected.weight).reshape(6, -1).max(axis=1)
    np.testing.assert_allclose(layer.weight_fake_quant.scale, largest / 127.5, rtol=1e-5)


def test_the_statistics_of_a_step_count_for_the_next_one():
    layer, _ = made("ConvBn2d", ROUNDING)
    before = layer.bn.running_var.copy()
    layer(batch("ConvBn2d"))
    assert not np.array_equal(layer.bn.running_var, before)
    assert layer.bn.num_batches_tracked == 1


# -- the batch norm ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ConvBn2d", "ConvBnReLU2d"])
def test_frozen_statistics_stay_frozen_until_they_are_updated_again(name):
    layer, _ = made(name, ROUNDING)
    assert not layer.freeze_bn
    model = nn.Sequential(layer, nn.BatchNorm2d(6))
    model.apply(niqat.freeze_bn_stats)
    for training in (True, False, True):
        model.train(training)
        assert layer.training is training
        assert not layer.bn.training
        assert model[1].training is training
    before = layer.bn.running_mean.copy()
    layer(batch(name))
    np.testing.assert_array_equal(layer.bn.running_mean, before)
    model.apply(niqat.update_bn_stats)
    assert layer.bn.training
    layer(batch(name))
    assert not np.array_equal(layer.bn.running_mean, before)


def test_updating_in_evaluation_mode_waits_for_training():
    layer, _ = made("ConvBn2d", ROUNDING)
    layer.eval().freeze_bn_stats().update_bn_stats()
    assert not layer.bn.training
    assert layer.train().bn.training


def test_built_frozen():
    layer = niqat.ConvBn2d(3, 4, 1, freeze_bn=True, qconfig=ROUNDING)
    assert layer.training
    assert not layer.bn.training
    assert not layer.train().bn.training


def test_a_batch_norm_in_evaluation_mode_stays_frozen():
    container = nni.ConvBn2d(conv(), nn.BatchNorm2d(6))
    container[1].eval()
    assert niqat.ConvBn2d.from_float(container, ROUNDING).train().freeze_bn


def test_parameters_of_a_new_layer():
    qframe.manual_seed(0)
    layer = niqat.ConvBn2d(3, 400, 1, qconfig=ROUNDING)
    assert layer.bias is None
    assert 0 <= layer.bn.weight.min() < 0.1 < 0.9 < layer.bn.weight.max() < 1
    assert not layer.bn.bias.any()
    layer.bn.running_mean[...] = 3
    layer.reset_running_stats()
    assert not layer.bn.running_mean.any()
    assert niqat.ConvBn2d(3, 4, 1, bias=True, qconfig=ROUNDING).bias.shape == (4,)


# -- how they are made -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_parameters_are_those_of_the_float_modules(name):
    kind, parts = LAYERS[name]
    modules = parts()
    layer = kind.from_float(fused(modules), ROUNDING)
    for path, parameter in nn.Sequential(*modules).named_parameters():
        assert dict(layer.named_parameters())[renamed(path)] is parameter
    assert layer.qconfig is ROUNDING


def test_own_qconfig_of_the_float_module():
    linear = nn.Linear(2, 2)
    linear.qconfig = ROUNDING
    assert nn.qat.Linear.from_float(linear).qconfig is ROUNDING
    assert nn.qat.Linear.from_float(linear, PLAIN).qconfig is PLAIN


class MyLinear(nn.Linear):
    """A subclass, which may compute something else."""


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: nn.qat.Linear(2, 2), "needs a qconfig, got None"),
        (lambda: nn.qat.Conv2d(2, 2, 1, qconfig=3), "needs a qconfig, got 3"),
        (lambda: nn.qat.Linear.from_float(nn.Linear(2, 2)), "qat.linear.Linear needs a qconfig"),
        (lambda: nn.qat.Linear.from_float(MyLinear(2, 2), ROUNDING), "takes exactly a .*linear.Linear, got"),
        (lambda: niqat.ConvBn2d.from_float(conv(), ROUNDING), "takes exactly a .*fused.ConvBn2d"),
        (
            lambda: nn.qat.Linear.from_float(nn.qat.Linear(2, 2, qconfig=ROUNDING), ROUNDING),
            "takes exactly a qframe.nn.linear.Linear",
        ),
    ],
)
def test_refusals(build, text):
    with pytest.raises(ConfigurationError, match=text):
        build()


def test_bad_input():
    layer = nn.qat.Conv2d(3, 4, 3, qconfig=ROUNDING)
    with pytest.raises(ArgumentError, match="channels"):
        layer(np.zeros((1, 2, 5, 5), np.float32))
    with pytest.raises(DTypeError, match="quint8"):
        layer(qframe.quantize_per_tensor(np.zeros((1, 3, 5, 5), np.float32), 1.0, 0, qframe.quint8))


# -- state -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_state_round_trip(name):
    layer, _ = made(name, ROUNDING)
    layer(batch(name))
    layer.eval().apply(q.disable_observer)
    other, _ = made(name, ROUNDING)
    other.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(other.eval()(batch(name, 2)), layer(batch(name, 2)))


def test_entries_of_the_batch_norm_from_before_pytorch_1_6():
    layer, _ = made("ConvBn2d", ROUNDING)
    state = dict(layer.state_dict())
    old = {"weight": "gamma", "bias": "beta"}
    for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
        state[old.get(name, name)] = state.pop(f"bn.{name}")
    other, _ = made("ConvBn2d", ROUNDING)
    other.bn.weight[...] = 7
    other.load_state_dict(state)
    np.testing.assert_array_equal(other.bn.weight, layer.bn.weight)
    np.testing.assert_array_equal(other.bn.running_var, layer.bn.running_var)


def test_text_shows_the_parts_that_round():
    text = repr(niqat.ConvBn2d(3, 4, 3, qconfig=ROUNDING))
    assert text.startswith("ConvBn2d(\n  3, 4, kernel_size=(3, 3)")
    assert "(bn): BatchNorm2d" in text
    assert "(weight_fake_quant): FakeQuantize(" in text
