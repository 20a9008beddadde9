"""nn.quantized.FloatFunctional and QFunctional."""

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import qint8, qint32
from qframe.errors import ConfigurationError, DTypeError
from qframe.nn import quantized as nnq

A = np.array([[1.0, -2.0], [3.0, 0.5]], dtype=np.float32)
B = np.array([[2.0, 1.0], [-4.0, 0.25]], dtype=np.float32)

CALLS = {
    "add": (lambda f, a, b: f.add(a, b), A + B),
    "add_scalar": (lambda f, a, b: f.add_scalar(a, 2.5), A + 2.5),
    "mul": (lambda f, a, b: f.mul(a, b), A * B),
    "mul_scalar": (lambda f, a, b: f.mul_scalar(a, -1.5), A * -1.5),
    "cat": (lambda f, a, b: f.cat([a, b], dim=1), np.concatenate([A, B], 1)),
    "add_relu": (lambda f, a, b: f.add_relu(a, b), np.maximum(A + B, 0)),
}
OPERATIONS = pytest.mark.parametrize(("call", "expected"), CALLS.values(), ids=CALLS)


class Doubling(nn.Module):
    """Stands where an observer would."""

    def forward(self, x):
        return 2 * x


@OPERATIONS
def test_float_results_go_through_the_observer(call, expected):
    functional = nnq.FloatFunctional()
    result = call(functional, A, B)
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == np.float32
    functional.activation_post_process = Doubling()
    np.testing.assert_array_equal(call(functional, A, B), 2 * expected)


def test_the_specifications_float_example():
    assert nnq.FloatFunctional().add(np.float32(3), np.float32(4)) == 7


@OPERATIONS
def test_quantized_operands_are_refused_in_float(quantize, call, expected):
    with pytest.raises(DTypeError, match=r"FloatFunctional\.\w+ got a quint8 tensor.*qconfig"):
        call(nnq.FloatFunctional(), quantize(A), quantize(B))


@OPERATIONS
def test_quantized_results_are_the_real_ones_quantized_once(quantize, call, expected):
    functional = nnq.QFunctional()
    functional.scale, functional.zero_point = 0.125, 100
    a, b = quantize(A, 0.25, 100), quantize(B, 0.25, 100)
    result = call(functional, a, b)
    np.testing.assert_array_equal(result.dequantize(), expected)
    if call not in (CALLS["add_scalar"][0], CALLS["mul_scalar"][0]):
        assert (result.q_scale(), result.q_zero_point()) == (0.125, 100)


@OPERATIONS
@pytest.mark.parametrize("dtype", [qint8, qint32])
def test_other_dtypes_stay(quantize, call, expected, dtype):
    functional = nnq.QFunctional()
    functional.scale = 0.125
    result = call(functional, quantize(A, 0.25, 0, dtype), quantize(B, 0.25, 0, dtype))
    assert result.dtype is dtype
    np.testing.assert_array_equal(result.dequantize(), expected)


def test_the_specifications_quantized_example(quantize):
    result = nnq.QFunctional().add(quantize(3.0, dtype=qint32), quantize(4.0, dtype=qint32))
    assert result.shape == ()
    assert (float(result), result.q_scale(), result.q_zero_point()) == (7.0, 1.0, 0)


def test_quantized_results_go_through_activation_post_process(quantize):
    class Dequantizing(nn.Module):
        def forward(self, x):
            return x.dequantize()

    functional = nnq.QFunctional()
    functional.activation_post_process = Dequantizing()
    assert functional.add(quantize(A, zero_point=9), quantize(B, zero_point=9)).dtype == np.float32


@OPERATIONS
def test_float_operands_are_refused_when_quantized(call, expected):
    with pytest.raises(DTypeError, match="float32"):
        call(nnq.QFunctional(), A, B)


@pytest.mark.parametrize("kind", [nnq.FloatFunctional, nnq.QFunctional])
def test_they_are_not_called_themselves(kind):
    with pytest.raises(RuntimeError, match="Call one of its operations"):
        kind()(A)


def test_repr():
    assert repr(nnq.QFunctional()) == (
        "QFunctional(\n  scale=1.0, zero_point=0\n  (activation_post_process): Identity()\n)"
    )
    assert repr(nnq.FloatFunctional()) == "FloatFunctional(\n  (activation_post_process): Identity()\n)"


def test_from_float(told):
    source = nnq.FloatFunctional()
    with pytest.raises(ConfigurationError, match="without an activation observer"):
        nnq.QFunctional.from_float(source)
    del source.activation_post_process
    object.__setattr__(source, "activation_post_process", told(0.5, 7))
    quantized = nnq.QFunctional.from_float(source)
    assert (quantized.scale, quantized.zero_point) == (0.5, 7)
    with pytest.raises(ConfigurationError, match="takes exactly"):
        nnq.QFunctional.from_float(nn.Identity())


def test_the_clamp_of_add_relu_follows_the_qparams(quantize):
    functional = nnq.QFunctional()
    for zero_point in (0, 50, 200):
        functional.zero_point = zero_point
        low = functional.add_relu(quantize(-A, zero_point=20), quantize(B, zero_point=20)).int_repr().min()
        assert low == zero_point
