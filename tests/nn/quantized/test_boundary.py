"""nn.quantized.Quantize and DeQuantize."""

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import float16, qint8, quint8
from qframe.errors import ArgumentError, ConfigurationError, DTypeError, StateDictError
from qframe.nn import quantized as nnq


def test_the_specifications_example():
    x = np.array([[1.0, -1.0], [1.0, -1.0]], dtype=np.float32)
    quantized = nnq.Quantize(1.0, 2, qint8)(x)
    assert (quantized.dtype, quantized.q_scale(), quantized.q_zero_point()) == (qint8, 1.0, 2)
    np.testing.assert_array_equal(quantized.int_repr(), [[3, 1], [3, 1]])
    back = nnq.DeQuantize()(quantized)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, x)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((0.0, 0, quint8), ArgumentError),
        ((float("nan"), 0, quint8), ArgumentError),
        ((1.0, 256, quint8), ArgumentError),
        ((1.0, 0, float16), DTypeError),
        ((1.0, 0, np.uint8), DTypeError),
    ],
)
def test_bad_arguments(arguments, error):
    with pytest.raises(error):
        nnq.Quantize(*arguments)


def test_data_on_the_wrong_side_is_refused(quantize):
    with pytest.raises(DTypeError, match=r"in module '0' \(Quantize\).*quint8 tensor.*remove this QuantStub"):
        nn.Sequential(nnq.Quantize(1.0, 0, quint8))(quantize([1.0]))
    with pytest.raises(DTypeError, match=r"in module '0' \(DeQuantize\).*float32.*remove this DeQuantStub"):
        nn.Sequential(nnq.DeQuantize())(np.zeros(2, np.float32))
    with pytest.raises(DTypeError, match="float64"):
        nnq.Quantize(1.0, 0, quint8)(np.zeros(2))


def test_repr():
    assert repr(nnq.Quantize(0.044, 66, quint8)) == (
        "Quantize(scale=tensor([0.0440]), zero_point=tensor([66]), dtype=qframe.quint8)"
    )
    assert repr(nnq.Quantize(1.0, 2, qint8)).startswith("Quantize(scale=tensor([1.]), zero_point=tensor([2])")
    assert repr(nnq.DeQuantize()) == "DeQuantize()"


def test_from_float_takes_scale_zero_point_and_dtype_of_the_observer(prepared):
    stub = prepared(nn.Identity(), np.array([0.1], np.float32), np.array([-3]), dtype=qint8)
    layer = nnq.Quantize.from_float(stub)
    assert layer.scale.tolist() == [float(np.float32(0.1))]
    assert layer.zero_point.tolist() == [-3]
    assert layer.dtype is qint8
    with pytest.raises(ConfigurationError, match="prepare"):
        nnq.Quantize.from_float(nn.Identity())


def test_dequantize_from_float_takes_a_stub():
    assert isinstance(nnq.DeQuantize.from_float(nn.Identity()), nnq.DeQuantize)
    with pytest.raises(ConfigurationError, match="Linear with parameters"):
        nnq.DeQuantize.from_float(nn.Linear(1, 1))


def test_the_state_is_pytorchs_and_keeps_the_scale_exactly():
    state = nnq.Quantize(0.1, 3, quint8).state_dict()
    assert {key: (value.dtype.name, value.shape) for key, value in state.items()} == {
        "scale": ("float64", (1,)),
        "zero_point": ("int64", (1,)),
    }
    layer = nnq.Quantize(1.0, 0, quint8)
    layer.load_state_dict(state)
    assert layer.scale.tolist() == [0.1]
    layer.load_state_dict({"scale": np.array([0.25], np.float32), "zero_point": np.array([7])})
    assert (layer.scale.tolist(), layer.zero_point.tolist()) == ([0.25], [7])


@pytest.mark.parametrize(
    "entry", [{"scale": np.array([0.0])}, {"zero_point": np.array([300])}, {"scale": np.array([1.0, 2.0])}]
)
def test_a_state_out_of_range_changes_nothing(entry):
    layer = nnq.Quantize(0.5, 3, quint8)
    state = {"scale": np.array([2.0]), "zero_point": np.array([4]), **entry}
    with pytest.raises(StateDictError, match=next(iter(entry))):
        layer.load_state_dict(state)
    assert (layer.scale.tolist(), layer.zero_point.tolist()) == ([0.5], [3])
    assert nnq.DeQuantize().state_dict() == {}
