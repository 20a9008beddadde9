"""nn.quantized.BatchNorm2d and BatchNorm3d."""

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import qint8, quint8
from qframe.errors import ArgumentError, ConfigurationError, DTypeError
from qframe.nn import quantized as nnq

KINDS = pytest.mark.parametrize(
    ("quantized", "floating", "spatial"),
    [(nnq.BatchNorm2d, nn.BatchNorm2d, (3, 4)), (nnq.BatchNorm3d, nn.BatchNorm3d, (2, 3, 4))],
    ids=["2d", "3d"],
)


def trained(norm, rng):
    """Fill a float batch norm with statistics as training would."""
    channels = norm.num_features
    norm.running_mean[...] = rng.normal(size=channels)
    norm.running_var[...] = rng.uniform(0.5, 2, channels)
    if norm.weight is not None:
        norm.weight = rng.normal(size=channels).astype(np.float32)
        norm.bias = rng.normal(size=channels).astype(np.float32)
    return norm.eval()


@KINDS
@pytest.mark.parametrize("dtype", [quint8, qint8])
@pytest.mark.parametrize("affine", [True, False])
def test_output_is_the_float_module_on_real_values_quantized(
    prepared, activation, codes_of, rng, quantized, floating, spatial, dtype, affine
):
    source = prepared(trained(floating(5, affine=affine), rng), 0.5, 20, dtype)
    layer = quantized.from_float(source)
    x = activation(2, 5, *spatial, zero_point=30, dtype=dtype)
    output = layer(x)
    assert (output.q_scale(), output.q_zero_point(), output.dtype) == (0.5, 20, dtype)
    expected = codes_of(source(x.dequantize()), 0.5, 20, dtype.minimum, dtype.maximum)
    difference = np.abs(output.int_repr() - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.02


@KINDS
def test_from_float_copies(prepared, rng, quantized, floating, spatial):
    source = prepared(trained(floating(5, eps=1e-3, momentum=0.2), rng))
    layer = quantized.from_float(source)
    assert (layer.num_features, layer.eps, layer.momentum) == (5, 1e-3, 0.2)
    for name in ("weight", "bias", "running_mean", "running_var"):
        np.testing.assert_array_equal(getattr(layer, name), getattr(source, name))
        assert not np.shares_memory(getattr(layer, name), getattr(source, name))


@KINDS
def test_other_inputs_are_refused(activation, quantized, floating, spatial):
    layer = quantized(5)
    with pytest.raises(DTypeError, match="float32"):
        layer(np.zeros((2, 5, *spatial), np.float32))
    with pytest.raises(ArgumentError, match=r"takes shape \(N, C"):
        layer(activation(5, *spatial))
    with pytest.raises(ArgumentError, match="4 channels"):
        layer(activation(2, 4, *spatial))


def test_from_float_refuses_what_it_cannot_convert(prepared):
    with pytest.raises(ConfigurationError, match="running statistics"):
        nnq.BatchNorm2d.from_float(prepared(nn.BatchNorm2d(3, track_running_stats=False)))
    with pytest.raises(ConfigurationError, match="takes exactly"):
        nnq.BatchNorm2d.from_float(prepared(nn.BatchNorm3d(3)))
    with pytest.raises(ConfigurationError, match="without an activation observer"):
        nnq.BatchNorm2d.from_float(nn.BatchNorm2d(3))


def test_repr():
    assert repr(nnq.BatchNorm2d(4)) == (
        "QuantizedBatchNorm2d(4, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"
    )
    assert repr(nnq.BatchNorm3d(4)).startswith("QuantizedBatchNorm3d(4, ")


def test_a_state_without_scale_and_zero_point_keeps_the_modules_own():
    layer = nnq.BatchNorm2d(3)
    layer.scale, layer.zero_point = 0.5, 7
    old = nn.BatchNorm2d(3).state_dict()
    old["running_mean"] = np.ones(3, np.float32)
    layer.load_state_dict(old)
    assert (layer.scale, layer.zero_point) == (0.5, 7)
    assert layer.running_mean.tolist() == [1, 1, 1]
