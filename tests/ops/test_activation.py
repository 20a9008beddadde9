"""The elementwise functions on every code of the 8-bit dtypes, against their formulas in plain Python."""

import math

import numpy as np
import pytest

from qframe import ops
from qframe.dtypes import qint8, qint32, quint8
from qframe.engines import registry
from qframe.errors import ArgumentError
from qframe.ops.activation import lookup_table
from qframe.qtensor import QTensor

f32 = np.float32
DTYPES = [quint8, qint8]
INPUTS = [(0.1, 0), (0.023, 3), (0.5, 100), (1e-3, 127)]


@pytest.fixture(autouse=True)
def on_the_reference():
    with registry.use_engine("reference"):
        yield


def hardswish(x):
    return f32(x * min(max(f32(x + f32(3)), f32(0)), f32(6))) / f32(6)


#: name: (call, formula of one float32, output qparams from (scale, zero point, dtype))
FUNCTIONS = {
    "sigmoid": (
        ops.sigmoid,
        lambda x: f32(1 / (1 + math.exp(-float(x)))),
        lambda s, z, dtype: (1 / 256, dtype.minimum),
    ),
    "tanh": (
        ops.tanh,
        lambda x: f32(math.tanh(float(x))),
        lambda s, z, dtype: (2 / 256, 128 if dtype is quint8 else 0),
    ),
    "hardsigmoid": (
        ops.hardsigmoid,
        lambda x: min(max(f32(x + f32(3)), f32(0)), f32(6)) / f32(6),
        lambda s, z, dtype: (1 / 256, dtype.minimum),
    ),
    "hardswish": (lambda x: ops.hardswish(x, 0.07, 9), hardswish, lambda s, z, dtype: (0.07, 9)),
    "elu": (
        lambda x: ops.elu(x, 0.05, 20, 1.5),
        lambda x: x if x > 0 else f32(math.expm1(float(x))) * f32(1.5),
        lambda s, z, dtype: (0.05, 20),
    ),
    "leaky_relu": (
        lambda x: ops.leaky_relu(x, 0.1),
        lambda x: x if x > 0 else x * f32(0.1),
        lambda s, z, dtype: (s, z),
    ),
    "leaky_relu-rescaled": (
        lambda x: ops.leaky_relu(x, 0.3, 0.2, 5),
        lambda x: x if x > 0 else x * f32(0.3),
        lambda s, z, dtype: (0.2, 5),
    ),
    "threshold": (
        lambda x: ops.threshold(x, 0.5, -1.0),
        lambda x: x if x > f32(0.5) else f32(-1.0),
        lambda s, z, dtype: (s, z),
    ),
    "relu": (ops.relu, lambda x: max(x, f32(0)), lambda s, z, dtype: (s, z)),
    "relu6": (ops.relu6, lambda x: min(max(x, f32(0)), f32(6)), lambda s, z, dtype: (s, z)),
    "hardtanh": (
        lambda x: ops.hardtanh(x, -0.7, 2.5),
        lambda x: min(max(x, f32(-0.7)), f32(2.5)),
        lambda s, z, dtype: (s, z),
    ),
    "hardtanh-open": (
        lambda x: ops.hardtanh(x, None, 2.5),
        lambda x: min(x, f32(2.5)),
        lambda s, z, dtype: (s, z),
    ),
}


def every_code(dtype, scale, zero_point):
    codes = np.arange(dtype.minimum, dtype.maximum + 1).astype(dtype.numpy)
    return QTensor.per_tensor(codes, scale, zero_point)


def quantized(x, scale, zero_point, dtype):
    code = zero_point + round(float(f32(x) * (f32(1) / f32(scale))))
    return min(max(code, dtype.minimum), dtype.maximum)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES, ids=repr)
@pytest.mark.parametrize(("scale", "zero_point"), INPUTS)
def test_every_code(name, dtype, scale, zero_point):
    call, formula, qparams = FUNCTIONS[name]
    x = every_code(dtype, scale, zero_point)
    result = call(x)
    expected_scale, expected_zero_point = qparams(scale, zero_point, dtype)
    assert (result.q_scale(), result.q_zero_point()) == (expected_scale, expected_zero_point)
    reals = [f32(scale) * f32(int(code) - zero_point) for code in x.int_repr()]
    expected = [quantized(formula(real), expected_scale, expected_zero_point, dtype) for real in reals]
    assert result.int_repr().tolist() == expected


@pytest.mark.parametrize(
    ("function", "scale", "reals"),
    [
        (ops.sigmoid, 2.0**-32, [0.5]),
        (ops.tanh, 2.0**-31, [0.0]),
        (ops.hardsigmoid, 2.0**-32, [0.5]),
        (ops.leaky_relu, 0.01, [0.0]),
    ],
)
def test_qint32_runs_the_formula_itself(function, scale, reals):
    x = QTensor.per_tensor(np.array([5], dtype=np.int32), 0.01, 5)
    result = function(x)
    assert result.dtype is qint32
    assert result.q_scale() == scale
    # one half does not fit under the fixed scale: it saturates, as in PyTorch
    largest = float(f32(scale)) * (2**31 - 1)
    assert result.dequantize() == pytest.approx([min(real, largest) for real in reals], rel=1e-6)


def test_tables_are_made_once_and_read_only():
    arguments = FUNCTIONS["leaky_relu"][1], (), 0.1, 3, 0.1, 3, quint8
    table = lookup_table(np.abs, *arguments[1:])
    assert lookup_table(np.abs, *arguments[1:]) is table
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 1


def test_defaults_are_the_specifications():
    x = every_code(quint8, 0.05, 100)
    assert ops.leaky_relu(x).equal(ops.leaky_relu(x, 0.01))
    assert ops.hardtanh(x).equal(ops.hardtanh(x, -1.0, 1.0))
    assert ops.elu(x, 0.1, 30).equal(ops.elu(x, 0.1, 30, 1.0))


@pytest.mark.parametrize("call", [lambda x: ops.elu(x, 0.0, 0), lambda x: ops.hardswish(x, 0.1, 300)])
def test_bad_output_qparams_are_refused(call):
    with pytest.raises(ArgumentError):
        call(every_code(quint8, 0.1, 0))
