"""nn.quantized.Linear."""

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import float16, qint8, quint8
from qframe.errors import ArgumentError, ConfigurationError, DTypeError, QSchemeError
from qframe.nn import quantized as nnq
from qframe.qtensor import QTensor


def test_a_new_layer_has_zero_weights_and_unit_qparams(quantize):
    layer = nnq.Linear(20, 30)
    output = layer(quantize(np.random.default_rng(0).normal(size=(128, 20))))
    assert output.shape == (128, 30)
    assert not output.int_repr().any()
    assert (layer.scale, layer.zero_point) == (1.0, 0)
    assert layer.weight().dtype is qint8
    assert (layer.weight().q_scale(), layer.weight().q_zero_point()) == (1.0, 0)
    assert layer.bias().tolist() == [0.0] * 30
    assert nnq.Linear(2, 3, bias_=False).bias() is None


@pytest.mark.parametrize("scale", [0.125, [0.125, 0.5, 0.03125]], ids=["per tensor", "per channel"])
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("batch", [(4,), (2, 3), (0,)])
def test_output_is_the_real_product_quantized_once(activation, qweight, codes_of, scale, biased, batch):
    weight = qweight(3, 5, scale=scale)
    bias = np.array([4.0, -2.5, 0.5], dtype=np.float32) if biased else None
    layer = nnq.Linear(5, 3, biased)
    layer.set_weight_bias(weight, bias)
    layer.scale, layer.zero_point = 4.0, 90
    x = activation(*batch, 5)
    real = x.dequantize().astype(np.float64) @ weight.dequantize().T.astype(np.float64)
    real += 0 if bias is None else bias
    output = layer(x)
    np.testing.assert_array_equal(output.int_repr(), codes_of(real, 4.0, 90))
    assert (output.q_scale(), output.q_zero_point(), output.dtype) == (4.0, 90, quint8)


def test_accessors_return_copies(qweight):
    layer = nnq.Linear(2, 3)
    layer.set_weight_bias(qweight(3, 2), np.ones(3, np.float32))
    layer.weight().int_repr()[...] = 0
    layer.bias()[...] = 0
    assert layer.weight().int_repr().any()
    assert layer.bias().all()


def test_a_weight_that_does_not_fit_is_refused(qweight, quantize):
    layer = nnq.Linear(2, 3)
    with pytest.raises(ArgumentError, match=r"\(2, 3\).*\(3, 2\)"):
        layer.set_weight_bias(qweight(2, 3), None)
    with pytest.raises(DTypeError, match="float32"):
        layer.set_weight_bias(np.ones((3, 2), np.float32), None)
    with pytest.raises(DTypeError, match="quint8"):
        layer.set_weight_bias(quantize(np.ones((3, 2))), None)
    with pytest.raises(ArgumentError, match="3 output channels"):
        layer.set_weight_bias(qweight(3, 2), np.ones(2, np.float32))
    by_column = QTensor.per_channel(np.zeros((3, 2), np.int8), [1.0, 1.0], [0, 0], 1)
    with pytest.raises(QSchemeError, match="axis 1"):
        layer.set_weight_bias(by_column, None)
    assert layer.bias() is not None


@pytest.mark.parametrize("dtype", [quint8, float16])
def test_only_qint8_weights(dtype):
    with pytest.raises(DTypeError, match="dtype"):
        nnq.Linear(2, 3, dtype=dtype)


@pytest.mark.parametrize(
    ("x", "error", "text"),
    [
        (np.zeros((1, 2), np.float32), DTypeError, "float32.*QuantStub"),
        (QTensor.per_tensor(np.zeros((1, 2), np.int8), 1.0, 0), DTypeError, "quint8 activations"),
        (QTensor.per_tensor(np.zeros((1, 3), np.uint8), 1.0, 0), ArgumentError, r"\(1, 3\)"),
        (QTensor.per_tensor(np.zeros(2, np.uint8), 1.0, 0), ArgumentError, "batch dimension"),
    ],
)
def test_wrong_input_names_the_module(x, error, text):
    model = nn.Sequential(nn.Identity(), nn.Sequential(nnq.Linear(2, 3)))
    with pytest.raises(error, match=text) as raised:
        model(x)
    assert "module '1.0' (Linear)" in str(raised.value)


def test_repr(qweight):
    layer = nnq.Linear(4, 5)
    layer.scale, layer.zero_point = 0.1, 68
    assert repr(layer) == (
        "QuantizedLinear(in_features=4, out_features=5, scale=0.1, zero_point=68, "
        "qscheme=qframe.per_tensor_affine)"
    )
    layer.set_weight_bias(qweight(5, 4, scale=[1.0] * 5), None)
    assert repr(layer).endswith("qscheme=qframe.per_channel_affine)")


@pytest.mark.parametrize("scale", [0.5, [0.5, 0.25, 1.0]], ids=["per tensor", "per channel"])
@pytest.mark.parametrize("biased", [True, False])
def test_from_float_takes_what_the_observers_say(prepared, qconfig, scale, biased):
    float_layer = prepared(
        nn.Linear(2, 3, bias=biased), 0.25, 10, weight=qconfig(scale, np.zeros_like(scale, int))
    )
    float_layer.weight = np.array([[1.0, -1.0], [2.0, 0.5], [0.25, 3.0]], np.float32)
    layer = nnq.Linear.from_float(float_layer)
    codes = np.rint(float_layer.weight / np.reshape(scale, (-1, 1))).astype(np.int8)
    np.testing.assert_array_equal(layer.weight().int_repr(), codes)
    assert layer.weight().qscheme().per_channel == bool(np.ndim(scale))
    assert (layer.scale, layer.zero_point) == (0.25, 10)
    assert type(layer.scale) is float
    assert type(layer.zero_point) is int
    assert (layer.bias() is not None) == biased
    if biased:
        np.testing.assert_array_equal(layer.bias(), float_layer.bias)
        float_layer.bias[...] = 7
        assert 7 not in layer.bias()


def test_the_weight_observer_is_new_and_sees_the_weight_once(prepared, qconfig, told):
    made = []

    def observer():
        made.append(told(0.5, 0, qint8))
        return made[-1]

    layer = prepared(nn.Linear(2, 3), weight=qconfig()._replace(weight=observer))
    nnq.Linear.from_float(layer)
    assert len(made) == 1
    assert len(made[0].seen) == 1
    np.testing.assert_array_equal(made[0].seen[0], layer.weight)


class OtherLinear(nn.Linear):
    """A subclass, which might compute anything."""


def test_from_float_refuses_what_it_cannot_convert_exactly(prepared, qconfig):
    with pytest.raises(ConfigurationError, match=r"OtherLinear.*subclass"):
        nnq.Linear.from_float(prepared(OtherLinear(2, 3)))
    with pytest.raises(ConfigurationError, match="takes exactly"):
        nnq.Linear.from_float(nn.ReLU())
    with pytest.raises(ConfigurationError, match="without qconfig"):
        nnq.Linear.from_float(nn.Linear(2, 3))
    unobserved = nn.Linear(2, 3)
    unobserved.qconfig = qconfig()
    with pytest.raises(ConfigurationError, match="without an activation observer"):
        nnq.Linear.from_float(unobserved)
    with pytest.raises(ConfigurationError, match=r"dtype qframe\.quint8; weights need qframe\.qint8"):
        nnq.Linear.from_float(prepared(nn.Linear(2, 3), weight=qconfig(dtype=quint8)))
    with pytest.raises(ConfigurationError, match=r"activation observer .* dtype qframe\.qint8"):
        nnq.Linear.from_float(prepared(nn.Linear(2, 3), dtype=qint8))
    with pytest.raises(ConfigurationError, match="3 scales"):
        nnq.Linear.from_float(prepared(nn.Linear(2, 3), [1.0, 1.0, 1.0], [0, 0, 0]))
