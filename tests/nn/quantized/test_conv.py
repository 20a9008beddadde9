"""nn.quantized.Conv1d, Conv2d and Conv3d."""

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import qint8, quint8
from qframe.errors import ArgumentError, ConfigurationError, DTypeError, UnsupportedArgument
from qframe.nn import functional
from qframe.nn import quantized as nnq
from qframe.qtensor import QTensor

QUANTIZED = {1: nnq.Conv1d, 2: nnq.Conv2d, 3: nnq.Conv3d}
FLOAT = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
CONVOLVE = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
DIMS = pytest.mark.parametrize("dims", [1, 2, 3])

#: Arguments beyond channels and kernel; sizes are small enough for the float oracle to be exact.
GEOMETRY = [
    {},
    {"stride": 2},
    {"padding": 1},
    {"dilation": 2, "padding": 2},
    {"groups": 2},
    {"stride": 2, "padding": 1, "groups": 4, "bias": False},
]


@pytest.mark.parametrize(
    ("layer", "shape", "output"),
    [
        (nnq.Conv1d(16, 33, 3, stride=2), (20, 16, 100), (20, 33, 49)),
        (nnq.Conv2d(16, 33, 3, stride=2), (2, 16, 50, 100), (2, 33, 24, 49)),
        (nnq.Conv2d(16, 33, (3, 5), stride=(2, 1), padding=(4, 2)), (2, 16, 50, 20), (2, 33, 28, 20)),
        (
            nnq.Conv2d(16, 33, (3, 5), stride=(2, 1), padding=(4, 2), dilation=(3, 1)),
            (2, 16, 50, 20),
            (2, 33, 26, 20),
        ),
        (
            nnq.Conv3d(16, 33, (3, 5, 5), stride=(1, 2, 2), padding=(1, 2, 2)),
            (1, 16, 6, 8, 8),
            (1, 33, 6, 4, 4),
        ),
    ],
)
def test_the_specifications_examples(quantize, layer, shape, output):
    assert layer(quantize(np.ones(shape))).shape == output


@DIMS
@pytest.mark.parametrize("geometry", GEOMETRY, ids=str)
@pytest.mark.parametrize("per_channel", [False, True])
def test_output_is_the_real_convolution_quantized_once(
    activation, qweight, codes_of, dims, geometry, per_channel
):
    scale = [0.125, 0.5, 0.25, 0.03125] if per_channel else 0.125
    layer = QUANTIZED[dims](4, 4, 3, **geometry)
    weight = qweight(4, 4 // layer.groups, *(3,) * dims, scale=scale)
    bias = np.array([4.0, -2.5, 0.5, 64.0], dtype=np.float32) if geometry.get("bias", True) else None
    layer.set_weight_bias(weight, bias)
    layer.scale, layer.zero_point = 16.0, 90
    x = activation(2, 4, *(7,) * dims)
    real = CONVOLVE[dims](
        x.dequantize(), weight.dequantize(), bias, layer.stride, layer.padding, layer.dilation, layer.groups
    )
    output = layer(x)
    np.testing.assert_array_equal(output.int_repr(), codes_of(real, 16.0, 90))
    assert (output.q_scale(), output.q_zero_point(), output.dtype) == (16.0, 90, quint8)


@DIMS
def test_a_new_layer_has_zero_weights(dims):
    layer = QUANTIZED[dims](4, 6, 3, groups=2)
    assert layer.weight().shape == (6, 2, *(3,) * dims)
    assert layer.weight().dtype is qint8
    assert not layer.weight().int_repr().any()
    assert layer.bias().shape == (6,)
    assert QUANTIZED[dims](4, 6, 3, bias=False).bias() is None
    assert layer.kernel_size == (3,) * dims


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"padding_mode": "reflect"}, UnsupportedArgument, "padding_mode='reflect'"),
        ({"padding_mode": "reflect"}, NotImplementedError, "only zero padding"),
        ({"groups": 3}, ValueError, "in_channels=4 is not divisible by groups=3"),
        ({"out_channels": 5, "groups": 2}, ValueError, "out_channels=5 is not divisible by groups=2"),
        ({"kernel_size": (3, 3, 3)}, ArgumentError, "kernel_size"),
        ({"stride": 0}, ArgumentError, "stride"),
        ({"padding": 0.5}, ArgumentError, "padding"),
    ],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        nnq.Conv2d(**{"in_channels": 4, "out_channels": 4, "kernel_size": 3, **arguments})


@DIMS
def test_wrong_input_names_the_module(dims, activation):
    model = nn.Sequential(QUANTIZED[dims](4, 4, 3))
    for x, error in [
        (np.zeros((1, 4, *(5,) * dims), np.float32), DTypeError),
        (activation(1, 4, *(5,) * (dims + 1)), ValueError),
        (activation(4, *(5,) * dims), ValueError),
        (activation(1, 3, *(5,) * dims), ArgumentError),
        (activation(1, 4, *(2,) * dims), ArgumentError),
        (QTensor.per_tensor(np.zeros((1, 4, *(5,) * dims), np.int8), 1.0, 0), DTypeError),
    ]:
        with pytest.raises(error, match=rf"in module '0' \(Conv{dims}d\)"):
            model(x)


def test_repr():
    assert repr(nnq.Conv2d(3, 4, 3)) == (
        "QuantizedConv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), scale=1.0, zero_point=0)"
    )
    full = nnq.Conv1d(4, 8, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)
    full.scale, full.zero_point = 0.5, 3
    assert repr(full) == (
        "QuantizedConv1d(4, 8, kernel_size=(3,), stride=(2,), scale=0.5, zero_point=3, padding=(1,), "
        "dilation=(2,), groups=2, bias=False)"
    )
    assert repr(nnq.Conv3d(1, 1, 1)).startswith("QuantizedConv3d(1, 1, kernel_size=(1, 1, 1)")


@DIMS
@pytest.mark.parametrize("scale", [0.5, [0.5, 0.25, 1.0, 2.0]], ids=["per tensor", "per channel"])
def test_from_float_takes_geometry_weight_and_qparams(prepared, qconfig, dims, scale):
    source = FLOAT[dims](4, 4, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)
    source.weight = source.weight * np.float32(20)
    prepared(source, 0.25, 10, weight=qconfig(scale, np.zeros_like(scale, int)))
    layer = QUANTIZED[dims].from_float(source)
    for name in ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups"):
        assert getattr(layer, name) == getattr(source, name), name
    steps = np.reshape(scale, (-1, *(1,) * (dims + 1)))
    expected = np.clip(np.rint(source.weight / steps), -128, 127)
    np.testing.assert_array_equal(layer.weight().int_repr(), expected)
    assert layer.bias() is None
    assert (layer.scale, layer.zero_point) == (0.25, 10)


class OtherConv(nn.Conv2d):
    """A subclass, which might compute anything."""


def test_from_float_refuses_what_it_cannot_convert_exactly(prepared):
    with pytest.raises(ConfigurationError, match=r"OtherConv.*subclass"):
        nnq.Conv2d.from_float(prepared(OtherConv(2, 3, 1)))
    with pytest.raises(ConfigurationError, match="takes exactly"):
        nnq.Conv2d.from_float(prepared(nn.Conv1d(2, 3, 1)))
