"""nn.quantized.dynamic.Linear."""

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import float16, qint8, quint8
from qframe.engines import registry
from qframe.errors import ArgumentError, ConfigurationError, DTypeError
from qframe.nn.quantized import dynamic
from qframe.numerics import quantize as codes
from qframe.qparams import choose_dynamic_qparams


def real_product(x, weight, bias, reduce_range):
    """Quantize x with one scale and multiply exactly, in float64."""
    scale, zero_point = choose_dynamic_qparams(float(x.min()), float(x.max()), reduce_range)
    quantized = codes(x, scale, zero_point, quint8).astype(np.float64)
    return (quantized - zero_point) * scale @ weight.T.astype(np.float64) + (0 if bias is None else bias)


@pytest.fixture
def layer(qweight):
    made = dynamic.Linear(6, 3)
    made.set_weight_bias(qweight(3, 6, scale=[0.5, 0.25, 0.125]), np.array([1, -2, 3], np.float32))
    return made


def test_a_new_layer_has_zero_weights():
    x = np.random.default_rng(0).normal(size=(128, 20)).astype(np.float32)
    assert not dynamic.Linear(20, 30)(x).any()
    assert dynamic.Linear(20, 30)(x).shape == (128, 30)
    assert dynamic.Linear(2, 3, bias_=False).bias() is None


@pytest.mark.parametrize("shape", [(4, 6), (2, 3, 6)])
def test_output_is_the_product_with_the_quantized_input(rng, layer, shape):
    x = rng.normal(size=shape).astype(np.float32)
    output = layer(x)
    expected = real_product(x, layer.weight().dequantize(), layer.bias(), False)
    assert output.dtype == np.float32
    np.testing.assert_allclose(output, expected, rtol=1e-6, atol=1e-5)
    assert layer(x[:0]).shape == (0, *shape[1:-1], 3)


def test_the_range_is_reduced_where_engine_or_user_ask_for_it(rng, layer, careful):
    x = rng.normal(size=(4, 6)).astype(np.float32)
    weight, bias = layer.weight().dequantize(), layer.bias()
    full, reduced = (real_product(x, weight, bias, reduce) for reduce in (False, True))
    assert not np.allclose(full, reduced, atol=1e-4)
    with registry.use_engine("careful"):
        np.testing.assert_allclose(layer(x), reduced, rtol=1e-6, atol=1e-5)
        layer.reduce_range = False
        np.testing.assert_allclose(layer(x), full, rtol=1e-6, atol=1e-5)
    explicit = dynamic.Linear(6, 3, reduce_range=True)
    explicit.set_weight_bias(layer.weight(), bias)
    np.testing.assert_allclose(explicit(x), reduced, rtol=1e-6, atol=1e-5)


def test_float16_weights_are_rounded_and_saturated(rng):
    half = dynamic.Linear(2, 2, dtype=float16)
    weight = np.array([[0.1, 1e6], [-1e6, 2.0]], dtype=np.float32)
    half.set_weight_bias(weight, np.array([0.5, 1.0], np.float32))
    rounded = np.clip(weight, -65504, 65504).astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(half.weight(), rounded)
    x = rng.normal(size=(3, 2)).astype(np.float32)
    np.testing.assert_allclose(half(x), x @ rounded.T + [0.5, 1.0], rtol=1e-6)


@pytest.mark.parametrize("dtype", [qint8, float16])
def test_other_input_is_refused(dtype, quantize):
    model = nn.Sequential(dynamic.Linear(6, 3, dtype=dtype))
    with pytest.raises(DTypeError, match=r"in module '0' \(Linear\).*DeQuantStub"):
        model(quantize(np.zeros((2, 6))))
    with pytest.raises(DTypeError, match="float64"):
        model(np.zeros((2, 6)))
    with pytest.raises(ArgumentError, match="in_features"):
        model(np.zeros((2, 5), np.float32))
    with pytest.raises(ArgumentError, match="batch dimension"):
        model(np.zeros(6, np.float32))


def test_input_that_is_not_finite_is_refused(layer):
    with pytest.raises(ArgumentError, match="finite"):
        layer(np.full((1, 6), np.nan, np.float32))


def test_bad_weights_and_dtypes_are_refused(quantize, qweight):
    with pytest.raises(DTypeError, match="quint8"):
        dynamic.Linear(2, 3, dtype=quint8)
    with pytest.raises(DTypeError, match="float32"):
        dynamic.Linear(2, 3).set_weight_bias(np.zeros((3, 2), np.float32), None)
    with pytest.raises(DTypeError, match="float16"):
        dynamic.Linear(2, 3, dtype=float16).set_weight_bias(qweight(3, 2), None)
    with pytest.raises(ArgumentError, match=r"\(2, 3\)"):
        dynamic.Linear(2, 3, dtype=float16).set_weight_bias(np.zeros((2, 3), np.float32), None)


def test_repr(qweight):
    assert repr(dynamic.Linear(2, 3)) == (
        "DynamicQuantizedLinear(in_features=2, out_features=3, dtype=qframe.qint8, "
        "qscheme=qframe.per_tensor_affine)"
    )
    assert repr(dynamic.Linear(2, 3, dtype=float16)) == (
        "DynamicQuantizedLinear(in_features=2, out_features=3, dtype=qframe.float16)"
    )


@pytest.mark.parametrize("biased", [True, False])
def test_from_float_quantizes_the_weight(qconfig, biased):
    source = nn.Linear(2, 3, bias=biased)
    source.weight = np.array([[1.0, -1.0], [2.0, 0.5], [0.25, 3.0]], np.float32)
    source.qconfig = qconfig(0.5)
    layer = dynamic.Linear.from_float(source)
    np.testing.assert_array_equal(layer.weight().int_repr(), np.rint(source.weight / 0.5))
    assert layer.dtype is qint8
    assert (layer.bias() is not None) == biased
    source.qconfig = qconfig(dtype=float16)
    layer = dynamic.Linear.from_float(source)
    assert layer.dtype is float16
    np.testing.assert_array_equal(layer.weight(), source.weight)


def test_from_float_refuses_what_it_cannot_convert(qconfig):
    source = nn.Linear(2, 3)
    with pytest.raises(ConfigurationError, match="without qconfig"):
        dynamic.Linear.from_float(source)
    source.qconfig = qconfig(dtype=quint8)
    with pytest.raises(ConfigurationError, match=r"dtype qframe\.quint8"):
        dynamic.Linear.from_float(source)
    with pytest.raises(ConfigurationError, match="takes exactly"):
        dynamic.Linear.from_float(nn.Identity())
