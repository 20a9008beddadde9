"""What every contract refuses alike: float for quantized, the reverse, bad qparams, bad clamps."""

import math

import numpy as np
import pytest

from qframe import ops
from qframe.dtypes import quint8
from qframe.errors import ArgumentError, DTypeError, QSchemeError

from .tensors import activation, floats, per_channel, weight

X = activation(2, 3)
IMAGE = activation(1, 2, 5, 5)
WINDOW = ((2, 2), (2, 2), (0, 0))
VECTORS = (floats(3),) * 4
TABLE = np.zeros(256, dtype=np.uint8)
NOT_QUANTIZED = "it needs a quantized tensor. Put a QuantStub before this layer"

FLOAT_INSTEAD_OF_QUANTIZED = {
    "add": lambda x: ops.add(x, X, 0.1, 0),
    "add-second": lambda x: ops.add(X, x, 0.1, 0),
    "mul": lambda x: ops.mul(x, X, 0.1, 0),
    "add_scalar": lambda x: ops.add_scalar(x, 1.0),
    "mul_scalar": lambda x: ops.mul_scalar(x, 1.0),
    "cat": lambda x: ops.cat([X, x], 0, 0.1, 0),
    "clamp": lambda x: ops.clamp(x, 0, 9),
    "lookup": lambda x: ops.lookup(x, TABLE, 0.1, 0),
    "relu": lambda x: ops.relu(x),
    "hardtanh": lambda x: ops.hardtanh(x),
    "sigmoid": lambda x: ops.sigmoid(x),
    "max_pool2d": lambda x: ops.max_pool2d(x, *WINDOW, (1, 1), False),
    "avg_pool2d": lambda x: ops.avg_pool2d(x, *WINDOW, False, True, None),
    "adaptive_avg_pool2d": lambda x: ops.adaptive_avg_pool2d(x, (1, 1)),
    "mean": lambda x: ops.mean(x, None, False),
    "batch_norm": lambda x: ops.batch_norm(x, *VECTORS, 1e-5, 0.1, 0),
    "layer_norm": lambda x: ops.layer_norm(x, (3,), None, None, 1e-5, 0.1, 0),
    "group_norm": lambda x: ops.group_norm(x, 1, None, None, 1e-5, 0.1, 0),
    "instance_norm": lambda x: ops.instance_norm(x, None, None, 1e-5, 0.1, 0),
    "dequantize": lambda x: ops.dequantize(x),
}


@pytest.mark.parametrize("name", FLOAT_INSTEAD_OF_QUANTIZED)
def test_float_array_is_refused_with_the_remedy(name):
    with pytest.raises(DTypeError, match=r"got a float32 array of shape \(2, 3\)") as error:
        FLOAT_INSTEAD_OF_QUANTIZED[name](floats(2, 3))
    assert NOT_QUANTIZED in str(error.value)


@pytest.mark.parametrize("name", [name for name in FLOAT_INSTEAD_OF_QUANTIZED if name != "dequantize"])
def test_per_channel_activation_is_refused(name):
    with pytest.raises(QSchemeError, match=r"per channel.*axis 0") as error:
        FLOAT_INSTEAD_OF_QUANTIZED[name](per_channel(2, 3))
    assert "only weights are quantized per channel" in str(error.value)


QUANTIZED_INSTEAD_OF_FLOAT = {
    "quantize_per_tensor": lambda x: ops.quantize_per_tensor(x, 0.1, 0, quint8),
    "quantize_per_channel": lambda x: ops.quantize_per_channel(x, np.ones(2), np.zeros(2, int), 0, quint8),
    "min_max": lambda x: ops.min_max(x),
    "min_max_per_channel": lambda x: ops.min_max_per_channel(x, 0),
    "histogram": lambda x: ops.histogram(x, 10, 0.0, 1.0),
    "linear_pack_fp16": lambda x: ops.linear_pack_fp16(x, None),
}


@pytest.mark.parametrize("name", QUANTIZED_INSTEAD_OF_FLOAT)
def test_quantized_tensor_is_refused_with_the_remedy(name):
    with pytest.raises(DTypeError, match="needs a float32 array") as error:
        QUANTIZED_INSTEAD_OF_FLOAT[name](X)
    assert "Put a DeQuantStub before this layer, or call dequantize()" in str(error.value)


@pytest.mark.parametrize("name", QUANTIZED_INSTEAD_OF_FLOAT)
@pytest.mark.parametrize("wrong", [np.float64, np.float16, np.int32], ids=lambda t: t.__name__)
def test_other_number_types_are_refused(name, wrong):
    with pytest.raises(DTypeError, match=f"{np.dtype(wrong)} array") as error:
        QUANTIZED_INSTEAD_OF_FLOAT[name](np.ones((2, 3), dtype=wrong))
    assert ".astype('float32')" in str(error.value)


GIVEN_QPARAMS = {
    "quantize_per_tensor": lambda scale, zero_point: ops.quantize_per_tensor(
        floats(2), scale, zero_point, quint8
    ),
    "add": lambda scale, zero_point: ops.add(X, X, scale, zero_point),
    "mul": lambda scale, zero_point: ops.mul(X, X, scale, zero_point),
    "cat": lambda scale, zero_point: ops.cat([X], 0, scale, zero_point),
    "lookup": lambda scale, zero_point: ops.lookup(X, TABLE, scale, zero_point),
    "batch_norm": lambda scale, zero_point: ops.batch_norm(X, *VECTORS, 1e-5, scale, zero_point),
    "layer_norm": lambda scale, zero_point: ops.layer_norm(X, (3,), None, None, 1e-5, scale, zero_point),
    "group_norm": lambda scale, zero_point: ops.group_norm(X, 1, None, None, 1e-5, scale, zero_point),
    "instance_norm": lambda scale, zero_point: ops.instance_norm(X, None, None, 1e-5, scale, zero_point),
    "hardswish": lambda scale, zero_point: ops.hardswish(X, scale, zero_point),
    "linear": lambda scale, zero_point: ops.PackedLinear(weight(2, 3))(X, scale, zero_point),
}


@pytest.mark.parametrize("name", GIVEN_QPARAMS)
@pytest.mark.parametrize("scale", [0.0, -0.5, math.nan, math.inf, 1e-40])
def test_bad_scale_is_refused(name, scale):
    with pytest.raises(ArgumentError, match="scale must be a finite number above zero"):
        GIVEN_QPARAMS[name](scale, 0)


@pytest.mark.parametrize("name", GIVEN_QPARAMS)
@pytest.mark.parametrize("zero_point", [-1, 256])
def test_zero_point_outside_the_dtype_is_refused(name, zero_point):
    with pytest.raises(
        ArgumentError, match=rf"zero_point {zero_point} is out of range for qframe.quint8 \(0..255\)"
    ):
        GIVEN_QPARAMS[name](0.1, zero_point)


@pytest.mark.parametrize("name", GIVEN_QPARAMS)
def test_fractional_zero_point_is_refused(name):
    with pytest.raises(ArgumentError, match=r"zero_point must be a whole number, not 1\.5"):
        GIVEN_QPARAMS[name](0.1, 1.5)


WITH_CLAMP = {
    "add": lambda clamp: ops.add(X, X, 0.1, 0, clamp=clamp),
    "mul": lambda clamp: ops.mul(X, X, 0.1, 0, clamp=clamp),
    "cat": lambda clamp: ops.cat([X], 0, 0.1, 0, clamp=clamp),
    "batch_norm": lambda clamp: ops.batch_norm(X, *VECTORS, 1e-5, 0.1, 0, clamp=clamp),
    "linear": lambda clamp: ops.PackedLinear(weight(2, 3))(X, 0.1, 0, clamp=clamp),
}


@pytest.mark.parametrize("name", WITH_CLAMP)
@pytest.mark.parametrize("clamp", [(9, 3), (-1, 10), (0, 256)], ids=str)
def test_clamp_that_is_no_pair_of_codes_is_refused(name, clamp):
    with pytest.raises(
        ArgumentError, match=rf"clamp \({clamp[0]}, {clamp[1]}\) is not an ordered pair of quint8 codes"
    ):
        WITH_CLAMP[name](clamp)
