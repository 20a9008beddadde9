"""nn.quantized.functional."""

import re

import numpy as np
import pytest

from qframe import ops
from qframe.dtypes import qint8, qint32
from qframe.errors import ArgumentError, DTypeError, UnsupportedArgument
from qframe.nn import quantized as nnq
from qframe.nn.quantized import functional
from qframe.qtensor import QTensor

CONV = {
    1: (functional.conv1d, nnq.Conv1d),
    2: (functional.conv2d, nnq.Conv2d),
    3: (functional.conv3d, nnq.Conv3d),
}


def test_relu(activation):
    x = activation(10)
    expected = np.maximum(x.int_repr(), 100)
    np.testing.assert_array_equal(functional.relu(x).int_repr(), expected)
    assert functional.relu(x, inplace=True) is x
    np.testing.assert_array_equal(x.int_repr(), expected)


def test_linear_takes_the_inputs_qparams_unless_told(activation, qweight, codes_of):
    x, weight, bias = activation(4, 5), qweight(3, 5), np.array([1.0, 2.0, 4.0], np.float32)
    real = x.dequantize() @ weight.dequantize().T + bias
    output = functional.linear(x, weight, bias)
    assert (output.q_scale(), output.q_zero_point()) == (0.5, 100)
    np.testing.assert_array_equal(output.int_repr(), codes_of(real, 0.5, 100))
    output = functional.linear(x, weight, bias, scale=8.0, zero_point=3)
    np.testing.assert_array_equal(output.int_repr(), codes_of(real, 8.0, 3))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_convolutions_agree_with_their_modules(activation, qweight, same, dims):
    function, module = CONV[dims]
    x, weight, bias = activation(2, 4, *(6,) * dims), qweight(6, 2, *(3,) * dims), np.ones(6, np.float32)
    layer = module(4, 6, 3, 2, 1, 1, 2)
    layer.set_weight_bias(weight, bias)
    layer.scale, layer.zero_point = 8.0, 100
    for number in (lambda n: n, lambda n: (n,) * dims):
        output = function(x, weight, bias, number(2), number(1), number(1), 2, scale=8.0, zero_point=100)
        same(output, layer(x))
    assert function(x, weight, None, groups=2).q_scale() == 1.0


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_what_convolutions_refuse(activation, qweight, dims):
    function = CONV[dims][0]
    x, weight = activation(2, 4, *(6,) * dims), qweight(6, 4, *(3,) * dims)
    with pytest.raises(NotImplementedError, match="padding_mode='circular'"):
        function(x, weight, None, padding_mode="circular")
    with pytest.raises(DTypeError, match="quint8"):
        function(activation(2, 4, *(6,) * dims, zero_point=0, dtype=qint8), weight, None)
    with pytest.raises(DTypeError, match="qint8"):
        function(x, x, None)
    with pytest.raises(DTypeError, match="dtype"):
        function(x, weight, None, dtype=qint32)
    with pytest.raises(DTypeError, match="float32"):
        function(x.dequantize(), weight, None)
    with pytest.raises(ValueError, match="takes shape"):
        function(activation(4, *(6,) * dims), weight, None)
    with pytest.raises(ValueError, match="stride"):
        function(x, weight, None, stride=(1,) * (dims + 1))


def test_max_pool2d(activation):
    x = activation(2, 3, 6, 6)
    expected = x.int_repr().reshape(2, 3, 3, 2, 3, 2).max(axis=(3, 5))
    for kernel in (2, (2, 2), [2, 2]):
        output = functional.max_pool2d(x, kernel)
        np.testing.assert_array_equal(output.int_repr(), expected)
    assert (output.q_scale(), output.q_zero_point()) == (0.5, 100)
    assert functional.max_pool2d(x, 3, stride=1, padding=1).shape == x.shape
    assert functional.max_pool2d(x, 4, stride=4, ceil_mode=True).shape == (2, 3, 2, 2)
    assert functional.max_pool2d(x, 3, stride=1, dilation=2).shape == (2, 3, 2, 2)
    with pytest.raises(UnsupportedArgument, match="return_indices"):
        functional.max_pool2d(x, 2, return_indices=True)


def test_avg_pool2d(activation):
    x = activation(2, 3, 4, 4)
    sums = (x.int_repr().astype(int) - 100).reshape(2, 3, 2, 2, 2, 2).sum(axis=(3, 5))
    np.testing.assert_array_equal(functional.avg_pool2d(x, 2).int_repr(), np.rint(sums / 4) + 100)
    halved = functional.avg_pool2d(x, 2, divisor_override=8).int_repr()
    np.testing.assert_array_equal(halved, np.rint(sums / 8) + 100)
    assert functional.avg_pool2d(x, (3, 2), stride=(1, 2), padding=(1, 0)).shape == (2, 3, 4, 2)
    corner = functional.avg_pool2d(x, 2, padding=1, count_include_pad=False).int_repr()[..., 0, 0]
    np.testing.assert_array_equal(corner, x.int_repr()[..., 0, 0])


@pytest.mark.parametrize("size", [2, (2, 2), (None, 2), None])
def test_adaptive_avg_pool2d(activation, size):
    x = activation(2, 3, 4, 4)
    sums = (x.int_repr().astype(int) - 100).reshape(2, 3, 2, 2, 2, 2).sum(axis=(3, 5))
    output = functional.adaptive_avg_pool2d(x, size)
    if size in (2, (2, 2)):
        np.testing.assert_array_equal(output.int_repr(), np.rint(sums / 4) + 100)
    else:
        assert output.shape == (2, 3, 4, 4 if size is None else 2)


def test_avg_pool3d(activation):
    x = activation(2, 3, 4, 2, 6)
    sums = (x.int_repr().astype(int) - 100).reshape(2, 3, 2, 2, 1, 2, 3, 2).sum(axis=(3, 5, 7))
    output = functional.avg_pool3d(x, 2)
    np.testing.assert_array_equal(output.int_repr(), np.rint(sums / 8) + 100)
    halved = functional.avg_pool3d(x, (2, 2, 2), 2, divisor_override=16).int_repr()
    np.testing.assert_array_equal(halved, np.rint(sums / 16) + 100)
    assert functional.avg_pool3d(x, 2, stride=(1, 2, 3), padding=(0, 1, 1)).shape == (2, 3, 3, 2, 3)
    corner = functional.avg_pool3d(x, 2, padding=1, count_include_pad=False).int_repr()[..., 0, 0, 0]
    np.testing.assert_array_equal(corner, x.int_repr()[..., 0, 0, 0])
    with pytest.raises(ArgumentError, match=r"\(N, C, D, H, W\)"):
        functional.avg_pool3d(activation(2, 3, 4, 4), 2)


REAL = {
    "hardtanh": (lambda q: functional.hardtanh(q, -3.0, 4.0), lambda x: np.clip(x, -3, 4)),
    "hardtanh-default": (functional.hardtanh, lambda x: np.clip(x, -1, 1)),
    "clamp": (lambda q: functional.clamp(q, -3.0, 4.0), lambda x: np.clip(x, -3, 4)),
    "leaky_relu": (lambda q: functional.leaky_relu(q, 0.25), lambda x: np.where(x > 0, x, x / 4)),
    "threshold": (lambda q: functional.threshold(q, 1.0, -2.0), lambda x: np.where(x > 1, x, -2)),
}


@pytest.mark.parametrize("name", REAL)
def test_activations_that_keep_the_qparams(activation, codes_of, name):
    function, real = REAL[name]
    x = activation(300)
    output = function(x)
    assert (output.q_scale(), output.q_zero_point()) == (0.5, 100)
    np.testing.assert_array_equal(output.int_repr(), codes_of(real(x.dequantize()), 0.5, 100))


@pytest.mark.parametrize("function", [functional.relu, functional.hardtanh, functional.leaky_relu])
def test_activations_in_place(activation, function):
    x = activation(50)
    expected = function(x)
    assert function(x, inplace=True) is x
    assert x.equal(expected)


def test_activations_with_output_qparams(activation, codes_of):
    x = activation(300, scale=0.0625)
    real = x.dequantize()
    elu = functional.elu(x, 0.125, 30, 1.5).int_repr()
    np.testing.assert_array_equal(elu, codes_of(np.where(real > 0, real, 1.5 * np.expm1(real)), 0.125, 30))
    np.testing.assert_array_equal(
        functional.hardswish(x, 0.125, 30).int_repr(),
        codes_of(real * np.clip(real + 3, 0, 6) / 6, 0.125, 30),
    )
    slope = functional.leaky_relu(x, 0.25, scale=0.125, zero_point=30)
    np.testing.assert_array_equal(slope.int_repr(), codes_of(np.where(real > 0, real, real / 4), 0.125, 30))
    assert (slope.q_scale(), slope.q_zero_point()) == (0.125, 30)
    with pytest.raises(ArgumentError, match="cannot rescale its input"):
        functional.leaky_relu(x, inplace=True, scale=0.125, zero_point=30)


def test_activations_with_fixed_qparams(activation):
    x = activation(10)
    for function, scale, zero_point in (
        (functional.sigmoid, 1 / 256, 0),
        (functional.hardsigmoid, 1 / 256, 0),
        (functional.tanh, 2 / 256, 128),
    ):
        output = function(x)
        assert (output.q_scale(), output.q_zero_point()) == (scale, zero_point)


@pytest.mark.parametrize(("threshold", "value"), [(None, 1.0), (1.0, None)])
def test_threshold_needs_both_numbers(activation, threshold, value):
    with pytest.raises(ValueError, match="is None"):
        functional.threshold(activation(3), threshold, value)


def test_interpolate(activation, same):
    x = activation(1, 2, 3, 4)
    doubled = functional.interpolate(x, scale_factor=2)
    np.testing.assert_array_equal(doubled.int_repr(), x.int_repr().repeat(2, 2).repeat(2, 3))
    assert (doubled.q_scale(), doubled.q_zero_point()) == (0.5, 100)
    same(functional.interpolate(x, (6, 8)), doubled)
    smooth = functional.interpolate(x, (5, 7), mode="bilinear", align_corners=True)
    np.testing.assert_array_equal(smooth.int_repr()[..., ::2, ::2], x.int_repr())
    same(smooth, ops.interpolate_bilinear(x, (5, 7), True, (None, None)))
    given = functional.interpolate(x, None, (1.7, 2.6), "bilinear")
    same(given, ops.interpolate_bilinear(x, (5, 10), False, (1.7, 2.6)))
    again = functional.interpolate(x, None, (1.7, 2.6), "bilinear", False, True)
    same(again, ops.interpolate_bilinear(x, (5, 10), False, (None, None)))
    volume = activation(1, 2, 2, 3, 2)
    assert functional.interpolate(volume, scale_factor=(2, 1, 3)).shape == (1, 2, 4, 3, 6)
    with pytest.raises(NotImplementedError, match="mode='linear'"):
        functional.interpolate(activation(1, 2, 3), 5, mode="linear")
    with pytest.raises(ArgumentError, match="takes shape"):
        functional.interpolate(volume, 5, mode="bilinear")


def test_deprecated_names_warn_and_interpolate(activation, same):
    x = activation(1, 2, 3, 4)
    for name, arguments, expected in (
        ("upsample", {"mode": "bilinear"}, functional.interpolate(x, 6, mode="bilinear")),
        ("upsample_nearest", {}, functional.interpolate(x, 6)),
        (
            "upsample_bilinear",
            {},
            functional.interpolate(x, 6, mode="bilinear", align_corners=True),
        ),
    ):
        text = (
            f"nn.quantized.functional.{name} is deprecated. Use nn.quantized.functional.interpolate instead."
        )
        with pytest.warns(UserWarning, match=re.escape(text)) as caught:
            output = getattr(functional, name)(x, 6, **arguments)
        assert caught[0].filename == __file__
        same(output, expected)


FLOAT_INPUT = {
    "relu": (),
    "hardtanh": (),
    "clamp": (0.0, 1.0),
    "leaky_relu": (),
    "threshold": (0.0, 1.0),
    "elu": (1.0, 0),
    "hardswish": (1.0, 0),
    "hardsigmoid": (),
    "sigmoid": (),
    "tanh": (),
    "linear": (None,),
    "conv1d": (None, None),
    "conv2d": (None, None),
    "conv3d": (None, None),
    "max_pool2d": (2,),
    "avg_pool2d": (2,),
    "avg_pool3d": (2,),
    "adaptive_avg_pool2d": (2,),
    "interpolate": (2,),
    "upsample": (2,),
    "upsample_bilinear": (2,),
    "upsample_nearest": (2,),
}


def test_every_function_is_tested_with_float_input():
    assert set(FLOAT_INPUT) == set(functional.__all__)


@pytest.mark.parametrize("name", FLOAT_INPUT)
@pytest.mark.filterwarnings("ignore:nn.quantized.functional")
def test_float_input_is_refused_with_the_remedy(name):
    with pytest.raises(
        DTypeError, match="got a float32 array of shape .* it needs a quantized tensor"
    ) as error:
        getattr(functional, name)(np.zeros((1, 2, 4, 4), np.float32), *FLOAT_INPUT[name])
    assert "QuantStub" in str(error.value)


def test_what_pooling_refuses(activation):
    x = activation(2, 3, 4, 4)
    for pool in (functional.max_pool2d, functional.avg_pool2d, functional.adaptive_avg_pool2d):
        with pytest.raises(DTypeError, match="float32"):
            pool(x.dequantize(), 2)
        with pytest.raises(ArgumentError, match=r"\(N, C, H, W\)"):
            pool(activation(3, 4, 4), 2)
        with pytest.raises(ArgumentError):
            pool(x, (2, 2, 2))
    with pytest.raises(ArgumentError, match="padding"):
        functional.max_pool2d(x, 2, padding=2)


def test_weights_of_every_call_are_used(activation, qweight):
    x = activation(1, 2)
    zero = QTensor.per_tensor(np.zeros((1, 2), np.int8), 1.0, 0)
    assert functional.linear(x, zero).int_repr().tolist() == [[100]]
    assert functional.linear(x, zero, np.array([2.0], np.float32)).int_repr().tolist() == [[104]]
