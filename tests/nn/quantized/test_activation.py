"""nn.quantized.ReLU and ReLU6."""

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import qint8, qint32, quint8
from qframe.errors import ConfigurationError, DTypeError, QSchemeError
from qframe.nn import quantized as nnq
from qframe.qtensor import QTensor

DTYPES = pytest.mark.parametrize("dtype", [quint8, qint8, qint32])


@DTYPES
def test_relu_clamps_codes_at_the_zero_point(activation, dtype):
    x = activation(3, 4, zero_point=5, dtype=dtype)
    output = nnq.ReLU()(x)
    np.testing.assert_array_equal(output.int_repr(), np.maximum(x.int_repr(), 5))
    assert (output.q_scale(), output.q_zero_point(), output.dtype) == (0.5, 5, dtype)


@DTYPES
def test_relu6_clamps_codes_at_both_ends(activation, dtype):
    x = activation(3, 4, zero_point=5, dtype=dtype)
    np.testing.assert_array_equal(nnq.ReLU6()(x).int_repr(), np.clip(x.int_repr(), 5, 5 + 12))


def test_relu6_where_six_is_beyond_the_largest_code(activation):
    x = activation(50, scale=0.01, zero_point=0)
    np.testing.assert_array_equal(nnq.ReLU6()(x).int_repr(), x.int_repr())


@pytest.mark.parametrize("kind", [nnq.ReLU, nnq.ReLU6])
def test_inplace_writes_into_the_input(activation, kind):
    x = activation(100)
    expected = kind()(x).int_repr()
    output = kind(inplace=True)(x)
    assert output is x
    np.testing.assert_array_equal(x.int_repr(), expected)


@pytest.mark.parametrize("kind", [nnq.ReLU, nnq.ReLU6])
def test_other_data_is_refused(kind):
    with pytest.raises(DTypeError, match="float32"):
        kind()(np.zeros(3, np.float32))
    with pytest.raises(QSchemeError, match="axis 0"):
        kind()(QTensor.per_channel(np.zeros((2, 2), np.int8), [1.0, 1.0], [0, 0], 0))


def test_repr():
    assert repr(nnq.ReLU()) == "QuantizedReLU()"
    assert repr(nnq.ReLU(inplace=True)) == "QuantizedReLU(inplace=True)"
    assert repr(nnq.ReLU6()) == "QuantizedReLU6()"


def test_from_float_keeps_inplace_and_needs_the_exact_type():
    assert type(nnq.ReLU6.from_float(nn.ReLU6(inplace=True))) is nnq.ReLU6
    assert nnq.ReLU6.from_float(nn.ReLU6(inplace=True)).inplace
    with pytest.raises(ConfigurationError, match="ReLU6"):
        nnq.ReLU.from_float(nn.ReLU6())


def test_they_save_nothing():
    assert nnq.ReLU().state_dict() == {}


def test_max_pool2d_is_the_float_module_and_takes_quantized_tensors(activation):
    assert nnq.MaxPool2d is nn.MaxPool2d
    x = activation(1, 2, 4, 4)
    expected = x.int_repr().reshape(1, 2, 2, 2, 2, 2).max(axis=(3, 5))
    np.testing.assert_array_equal(nnq.MaxPool2d(2)(x).int_repr(), expected)
