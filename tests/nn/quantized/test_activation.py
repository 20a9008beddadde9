"""nn.quantized.ReLU, ReLU6, and the activations whose output has qparams of its own."""

import copy

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import qint8, qint32, quint8
from qframe.errors import ArgumentError, ConfigurationError, DTypeError, QSchemeError
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


REQUANTIZING = {
    "ELU": (nn.ELU(1.5), lambda: nnq.ELU(0.25, 10, 1.5), "QuantizedELU(alpha=1.5)"),
    "Hardswish": (nn.Hardswish(), lambda: nnq.Hardswish(0.25, 10), "QuantizedHardswish()"),
    "LeakyReLU": (
        nn.LeakyReLU(0.3),
        lambda: nnq.LeakyReLU(0.25, 10, 0.3),
        "QuantizedLeakyReLU(negative_slope=0.3)",
    ),
    "Sigmoid": (nn.Sigmoid(), lambda: nnq.Sigmoid(0.25, 10), "QuantizedSigmoid()"),
}
EVERY = pytest.mark.parametrize("name", REQUANTIZING)


@EVERY
@DTYPES
def test_output_is_the_float_module_on_real_values_quantized(activation, codes_of, name, dtype):
    source, make, _ = REQUANTIZING[name]
    x = activation(200, scale=0.125, zero_point=20, dtype=dtype) if dtype is not qint32 else None
    x = QTensor.per_tensor(np.arange(-80, 120, dtype=np.int32), 0.125, 20) if x is None else x
    output = make()(x)
    assert (output.q_scale(), output.q_zero_point(), output.dtype) == (0.25, 10, dtype)
    expected = codes_of(source(x.dequantize()), 0.25, 10, dtype.minimum, dtype.maximum)
    np.testing.assert_array_equal(output.int_repr(), expected)


@EVERY
def test_from_float_takes_qparams_from_the_observer_and_arguments_from_the_module(prepared, name):
    source, make, text = REQUANTIZING[name]
    layer = type(make()).from_float(prepared(copy.deepcopy(source), 0.5, 7))
    assert (layer.scale, layer.zero_point) == (0.5, 7)
    assert repr(layer) == text
    assert repr(make()) == text
    with pytest.raises(ConfigurationError, match="without an activation observer"):
        type(make()).from_float(copy.deepcopy(source))
    with pytest.raises(ConfigurationError, match=f"takes exactly a .*{name}"):
        type(make()).from_float(prepared(nn.ReLU()))


@EVERY
def test_float_arrays_are_refused(name):
    with pytest.raises(DTypeError, match="float32"):
        REQUANTIZING[name][1]()(np.zeros(3, np.float32))


@pytest.mark.parametrize(
    "make",
    [
        lambda: nnq.ELU(0.0, 0),
        lambda: nnq.Hardswish(1.0, 1.5),
        lambda: nnq.LeakyReLU(float("nan"), 0),
        lambda: nnq.Sigmoid(1.0, 2**40),
    ],
)
def test_bad_qparams_are_refused(make):
    with pytest.raises(ArgumentError, match="scale|zero_point"):
        make()


def test_qparams_may_be_arrays_with_one_entry():
    layer = nnq.ELU(np.array([0.5], np.float32), np.array([3]))
    assert (layer.scale, layer.zero_point) == (0.5, 3)
    assert (type(layer.scale), type(layer.zero_point)) == (float, int)


def test_leaky_relu_in_place_takes_over_the_outputs_qparams(activation):
    x = activation(50)
    expected = nnq.LeakyReLU(0.25, 10)(x)
    layer = nnq.LeakyReLU(0.25, 10, inplace=True)
    assert layer(x) is x
    assert x.equal(expected)
    assert repr(layer) == "QuantizedLeakyReLU(negative_slope=0.01, inplace=True)"


def test_max_pool2d_is_the_float_module_and_takes_quantized_tensors(activation):
    assert nnq.MaxPool2d is nn.MaxPool2d
    x = activation(1, 2, 4, 4)
    expected = x.int_repr().reshape(1, 2, 2, 2, 2, 2).max(axis=(3, 5))
    np.testing.assert_array_equal(nnq.MaxPool2d(2)(x).int_repr(), expected)
