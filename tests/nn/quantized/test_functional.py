"""nn.quantized.functional."""

import numpy as np
import pytest

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
