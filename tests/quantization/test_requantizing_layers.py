"""Layers whose output has qparams of its own take them from calibration: norms, ELU, Hardswish."""

import copy

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as q

from .models import calibrated, images, noise, observed_paths, set_weights


class Net(nn.Module):
    """All of them, between a convolution and two linear layers, and some that keep the qparams."""

    def __init__(self):
        super().__init__()
        self.quant = q.QuantStub()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.group = nn.GroupNorm(2, 8)
        self.swish = nn.Hardswish()
        self.instance = nn.InstanceNorm2d(8, affine=True)
        self.elu = nn.ELU(0.7)
        self.up = nn.Upsample(scale_factor=2)
        self.leaky = nn.LeakyReLU(0.3)
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.flatten = nn.Flatten()
        self.hidden = nn.Linear(32, 16)
        self.layer = nn.LayerNorm(16)
        self.fc = nn.Linear(16, 5)
        self.sigmoid = nn.Sigmoid()
        self.dequant = q.DeQuantStub()
        set_weights(self)
        rng = np.random.default_rng(3)
        for norm in (self.group, self.instance, self.layer):
            norm.weight[...] = rng.uniform(0.5, 2, norm.weight.shape)
            norm.bias[...] = rng.normal(size=norm.bias.shape)

    def forward(self, x):
        x = self.swish(self.group(self.conv(self.quant(x))))
        x = self.leaky(self.up(self.elu(self.instance(x))))
        x = self.layer(self.hidden(self.flatten(self.pool(x))))
        return self.dequant(self.sigmoid(self.fc(x)))


REQUANTIZING = ("conv", "group", "swish", "instance", "elu", "hidden", "layer", "fc")


@pytest.fixture(autouse=True)
def _on_reference():
    with qframe.use_engine("reference"):
        yield


def ready(qconfig=None):
    model = Net().eval()
    model.qconfig = qconfig or q.default_qconfig
    return model


def test_exactly_these_are_observed():
    assert observed_paths(calibrated(ready())) == ["quant", *REQUANTIZING]


def test_they_become_their_quantized_forms_with_the_observers_qparams():
    prepared = calibrated(ready())
    converted = q.convert(prepared)
    names = {path: module._get_name() for path, module in converted.named_children()}
    assert names == {
        "quant": "Quantize",
        "conv": "QuantizedConv2d",
        "group": "QuantizedGroupNorm",
        "swish": "QuantizedHardswish",
        "instance": "QuantizedInstanceNorm2d",
        "elu": "QuantizedELU",
        "up": "Upsample",
        "leaky": "LeakyReLU",
        "pool": "AdaptiveAvgPool2d",
        "flatten": "Flatten",
        "hidden": "QuantizedLinear",
        "layer": "QuantizedLayerNorm",
        "fc": "QuantizedLinear",
        "sigmoid": "Sigmoid",
        "dequant": "DeQuantize",
    }
    for path in REQUANTIZING:
        scale, zero_point = prepared.get_submodule(path).activation_post_process.calculate_qparams()
        module = converted.get_submodule(path)
        assert (module.scale, module.zero_point) == (float(scale[0]), int(zero_point[0]))


@pytest.mark.parametrize("name", ["fbgemm", "qnnpack", "reference"])
def test_the_quantized_model_computes_nearly_the_same(name):
    model = ready(q.get_default_qconfig(name))
    converted = q.convert(calibrated(model))
    assert 0 < noise(converted(images(1)), model(images(1))) < 0.05


def test_state_and_copies_of_the_whole_model():
    converted = q.convert(calibrated(ready()))
    other = q.convert(calibrated(ready(), seeds=[9]))
    expected = converted(images(5))
    assert not np.array_equal(other(images(5)), expected)
    assert other.load_state_dict(converted.state_dict()) == ([], [])
    np.testing.assert_array_equal(other(images(5)), expected)
    np.testing.assert_array_equal(copy.deepcopy(converted)(images(5)), expected)


@pytest.mark.parametrize("path", ["group", "swish", "instance", "elu", "layer"])
def test_left_in_float_they_say_what_to_do(path):
    model = ready()
    model.get_submodule(path).qconfig = None
    converted = q.convert(calibrated(model))
    with pytest.raises(qframe.errors.DTypeError, match=rf"in module '{path}'.*Give this layer a qconfig"):
        converted(images())


def test_a_norm_with_running_statistics_is_refused_by_its_path():
    model = nn.Sequential(
        q.QuantStub(), nn.InstanceNorm2d(3, track_running_stats=True), q.DeQuantStub()
    ).eval()
    model.qconfig = q.default_qconfig
    prepared = calibrated(model)
    with pytest.raises(qframe.errors.ConfigurationError, match=r"'1' \(InstanceNorm2d\) cannot be converted"):
        q.convert(prepared)


def test_layers_of_fixed_or_kept_qparams_can_be_observed_on_request():
    model = nn.Sequential(q.QuantStub(), nn.LeakyReLU(0.3), nn.Sigmoid(), q.DeQuantStub()).eval()
    model.qconfig = q.default_qconfig
    mapping = {
        **q.DEFAULT_MODULE_MAPPING,
        nn.LeakyReLU: nn.quantized.LeakyReLU,
        nn.Sigmoid: nn.quantized.Sigmoid,
    }
    prepared = calibrated(model, white_list=set(mapping))
    converted = q.convert(prepared, mapping)
    assert [module._get_name() for module in converted.children()][1:3] == [
        "QuantizedLeakyReLU",
        "QuantizedSigmoid",
    ]
    scale, _ = prepared[2].activation_post_process.calculate_qparams()
    assert converted[2].scale == float(scale[0])
    assert noise(converted(images(1)), model(images(1))) < 0.02
