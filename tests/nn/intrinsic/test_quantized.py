"""nn.intrinsic.quantized: the plain module, then the activation, in one step."""

from collections import namedtuple

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import qint8, quint8
from qframe.engines import registry
from qframe.errors import ConfigurationError, DTypeError
from qframe.nn import intrinsic as nni
from qframe.nn import quantized as nnq
from qframe.nn.intrinsic import quantized as nniq
from qframe.qschemes import per_tensor_symmetric
from qframe.qtensor import QTensor
from qframe.random import manual_seed

QConfig = namedtuple("QConfig", "activation weight")

#: Fused kind, its container, the plain quantized kind, the float module, shape of an input.
KINDS = [
    (nniq.ConvReLU1d, nni.ConvReLU1d, nnq.Conv1d, lambda: nn.Conv1d(2, 3, 3, padding=1), (2, 2, 6)),
    (nniq.ConvReLU2d, nni.ConvReLU2d, nnq.Conv2d, lambda: nn.Conv2d(2, 3, 3, stride=2), (2, 2, 6, 6)),
    (nniq.ConvReLU3d, nni.ConvReLU3d, nnq.Conv3d, lambda: nn.Conv3d(2, 3, 2), (2, 2, 4, 4, 4)),
    (nniq.LinearReLU, nni.LinearReLU, nnq.Linear, lambda: nn.Linear(8, 5), (4, 8)),
    (nniq.BNReLU2d, nni.BNReLU2d, nnq.BatchNorm2d, lambda: nn.BatchNorm2d(2), (2, 2, 3, 3)),
    (nniq.BNReLU3d, nni.BNReLU3d, nnq.BatchNorm3d, lambda: nn.BatchNorm3d(2), (2, 2, 3, 3, 3)),
]
#: Constructor arguments that the kinds have, some of them each.
ARGUMENTS = [
    "in_features",
    "out_features",
    "num_features",
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
]
EVERY = pytest.mark.parametrize(
    ("kind", "container", "plain", "make", "shape"), KINDS, ids=[row[0].__name__ for row in KINDS]
)
BOUNDS = pytest.mark.parametrize(("relu", "bound"), [(nn.ReLU, None), (nn.ReLU6, 6.0)])


class Told:
    """An observer that says what it was told."""

    def __init__(self, scale, zero_point, dtype):
        self.answer, self.dtype, self.qscheme = (scale, zero_point), dtype, per_tensor_symmetric

    def __call__(self, x):
        return x

    def calculate_qparams(self):
        return self.answer


@pytest.fixture(autouse=True)
def _on_reference():
    with registry.use_engine("reference"):
        yield


def prepared(module, scale=0.0625, zero_point=5, dtype=quint8):
    """Give a float module what prepare and calibration would."""
    module.qconfig = QConfig(None, lambda: Told(0.01, 0, qint8))
    module.activation_post_process = Told(scale, zero_point, dtype)
    return module


def quantized_input(shape):
    codes = np.random.default_rng(5).integers(0, 255, shape, endpoint=True).astype(np.uint8)
    return QTensor.per_tensor(codes, 0.25, 128)


@EVERY
@BOUNDS
def test_output_is_the_plain_modules_clamped(kind, container, plain, make, shape, relu, bound):
    manual_seed(0)
    source = make()
    fused = kind.from_float(prepared(container(source, relu())))
    expected = plain.from_float(prepared(source))(quantized_input(shape))
    output = fused(quantized_input(shape))
    high = 255 if bound is None else 5 + 96
    np.testing.assert_array_equal(output.int_repr(), np.clip(expected.int_repr(), 5, high))
    assert expected.int_repr().min() < 5
    assert expected.int_repr().max() > 101
    assert (output.q_scale(), output.q_zero_point()) == (0.0625, 5)
    assert fused.max_value == bound
    assert (fused.scale, fused.zero_point) == (0.0625, 5)


@EVERY
@BOUNDS
def test_a_new_module_learns_the_activation_from_the_state(kind, container, plain, make, shape, relu, bound):
    source = make()
    fused = kind.from_float(prepared(container(source, relu())))
    arguments = {name: getattr(source, name) for name in ARGUMENTS if hasattr(source, name)}
    other = kind(**arguments)
    other.load_state_dict(fused.state_dict())
    x = quantized_input(shape)
    assert other(x).equal(fused(x))
    assert other.max_value == bound


def test_clamps_follow_changed_qparams():
    layer = nniq.LinearReLU(8, 5)
    layer.set_weight_bias(layer.weight(), np.full(5, -1, np.float32))
    for layer.scale, layer.zero_point in ((1.0, 0), (0.5, 40), (0.5, 255)):
        assert set(layer(quantized_input((2, 8))).int_repr().flat) == {layer.zero_point}


def test_repr():
    layer = nniq.ConvReLU2d(3, 4, 3)
    assert repr(layer) == (
        "QuantizedConvReLU2d(3, 4, kernel_size=(3, 3), stride=(1, 1), scale=1.0, zero_point=0)"
    )
    layer.max_value = 6.0
    assert repr(layer).endswith("zero_point=0, max_value=6.0)")
    assert repr(nniq.LinearReLU(4, 5)).startswith(
        "QuantizedLinearReLU(in_features=4, out_features=5, scale=1.0"
    )
    assert repr(nniq.BNReLU3d(4)).startswith("QuantizedBNReLU3d(4, eps=1e-05")


@EVERY
def test_only_the_container_is_converted(kind, container, plain, make, shape):
    with pytest.raises(ConfigurationError, match=f"takes exactly a .*{container.__name__}"):
        kind.from_float(prepared(make()))
    with pytest.raises(ConfigurationError, match="without"):
        kind.from_float(container(make(), nn.ReLU()))


@EVERY
def test_float_input_names_the_module(kind, container, plain, make, shape):
    model = nn.Sequential(kind.from_float(prepared(container(make(), nn.ReLU()))))
    with pytest.raises(DTypeError, match=rf"in module '0' \({kind.__name__}\).*float32"):
        model(np.zeros(shape, np.float32))


def test_the_observer_is_the_containers_not_the_activations():
    inner = prepared(nn.ReLU(), scale=9.0)
    fused = nniq.ConvReLU1d.from_float(prepared(nni.ConvReLU1d(nn.Conv1d(2, 3, 3), inner)))
    assert fused.scale == 0.0625


def test_a_qconfig_on_the_convolution_inside_is_enough():
    container = nni.ConvReLU2d(prepared(nn.Conv2d(2, 3, 3)), nn.ReLU())
    container.activation_post_process = Told(0.5, 3, quint8)
    assert nniq.ConvReLU2d.from_float(container).scale == 0.5
