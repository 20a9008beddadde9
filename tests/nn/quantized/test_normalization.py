"""nn.quantized.LayerNorm, GroupNorm and InstanceNorm1d, 2d, 3d."""

import copy

import numpy as np
import pytest

from qframe import nn
from qframe.dtypes import qint8, quint8
from qframe.errors import ArgumentError, ConfigurationError, DTypeError, UnsupportedArgument
from qframe.nn import quantized as nnq

#: The float module and an input's shape.
KINDS = {
    "LayerNorm": (lambda affine: nn.LayerNorm((4, 5), 1e-3, affine), (2, 3, 4, 5)),
    "GroupNorm": (lambda affine: nn.GroupNorm(2, 6, 1e-3, affine), (2, 6, 4, 5)),
    "InstanceNorm1d": (lambda affine: nn.InstanceNorm1d(6, 1e-3, affine=affine), (2, 6, 9)),
    "InstanceNorm2d": (lambda affine: nn.InstanceNorm2d(6, 1e-3, affine=affine), (2, 6, 4, 5)),
    "InstanceNorm3d": (lambda affine: nn.InstanceNorm3d(6, 1e-3, affine=affine), (2, 6, 2, 3, 4)),
}
EVERY = pytest.mark.parametrize("name", KINDS)


def learned(norm, rng):
    """Give a float norm weights as training would."""
    if norm.weight is not None:
        norm.weight = rng.normal(size=norm.weight.shape).astype(np.float32)
        norm.bias = rng.normal(size=norm.bias.shape).astype(np.float32)
    return norm


@EVERY
@pytest.mark.parametrize("dtype", [quint8, qint8])
@pytest.mark.parametrize("affine", [True, False])
def test_output_is_the_float_module_on_real_values_quantized(
    prepared, activation, codes_of, rng, name, dtype, affine
):
    make, shape = KINDS[name]
    source = prepared(learned(make(affine), rng), 0.03125, 20, dtype)
    layer = getattr(nnq, name).from_float(source)
    x = activation(*shape, zero_point=30, dtype=dtype)
    output = layer(x)
    assert (output.q_scale(), output.q_zero_point(), output.dtype) == (0.03125, 20, dtype)
    expected = codes_of(source(x.dequantize()), 0.03125, 20, dtype.minimum, dtype.maximum)
    difference = np.abs(output.int_repr() - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.02


@EVERY
def test_from_float_copies(prepared, rng, name):
    source = prepared(learned(KINDS[name][0](True), rng))
    layer = getattr(nnq, name).from_float(source)
    assert (layer.eps, layer.scale, layer.zero_point) == (1e-3, 0.25, 10)
    for part in ("weight", "bias"):
        np.testing.assert_array_equal(getattr(layer, part), getattr(source, part))
        assert not np.shares_memory(getattr(layer, part), getattr(source, part))
    assert repr(layer) == "Quantized" + repr(KINDS[name][0](True))
    assert isinstance(layer, getattr(nn, name))


@EVERY
def test_from_float_needs_the_exact_type_and_an_observer(prepared, name):
    with pytest.raises(ConfigurationError, match="takes exactly"):
        getattr(nnq, name).from_float(prepared(nn.BatchNorm2d(6)))
    with pytest.raises(ConfigurationError, match="without an activation observer"):
        getattr(nnq, name).from_float(KINDS[name][0](True))


@EVERY
def test_other_inputs_are_refused(prepared, activation, name):
    make, shape = KINDS[name]
    layer = getattr(nnq, name).from_float(prepared(make(True)))
    with pytest.raises(DTypeError, match="float32"):
        layer(np.zeros(shape, np.float32))
    with pytest.raises(ArgumentError):
        layer(activation(*shape[:1], 3, *shape[2:-1], 2))
    with pytest.raises(ArgumentError, match="takes shape|does not end in"):
        layer(activation(6))


def test_constructors_take_the_specifications_arguments():
    two = np.float32([1, 2])
    layer = nnq.LayerNorm(2, nn.Parameter(two), None, 0.5, 3, 1e-3, False)
    assert (layer.normalized_shape, layer.eps, layer.elementwise_affine) == ((2,), 1e-3, False)
    assert (layer.scale, layer.zero_point, layer.bias) == (0.5, 3, None)
    np.testing.assert_array_equal(layer.weight, two)
    group = nnq.GroupNorm(num_groups=1, num_channels=2, weight=two, bias=two, scale=1.0, zero_point=-3)
    assert (group.zero_point, group.affine) == (-3, True)
    instance = nnq.InstanceNorm1d(2, None, None, 1.0, 0, momentum=0.2, affine=True)
    assert (instance.momentum, instance.affine, instance.weight) == (0.2, True, None)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda ones: nnq.LayerNorm(3, ones, None, 1.0, 0), r"weight has shape \(2,\), it must have \(3,\)"),
        (lambda ones: nnq.GroupNorm(1, 3, None, ones, 1.0, 0), r"QuantizedGroupNorm: bias has shape \(2,\)"),
        (lambda ones: nnq.InstanceNorm3d(3, ones, None, 1.0, 0), "QuantizedInstanceNorm3d: weight has shape"),
        (lambda ones: nnq.GroupNorm(2, 3, None, None, 1.0, 0), "num_groups=2 does not divide"),
        (lambda ones: nnq.LayerNorm(2, ones, ones, 0.0, 0), "scale must be"),
        (lambda ones: nnq.LayerNorm(2, ones, ones, 1.0, 0.5), "zero_point must be a whole number"),
    ],
)
def test_bad_arguments(make, text):
    with pytest.raises(ArgumentError, match=text):
        make(np.ones(2, np.float32))


def test_running_statistics_are_refused(prepared):
    with pytest.raises(UnsupportedArgument, match="track_running_stats=True"):
        nnq.InstanceNorm2d(3, None, None, 1.0, 0, track_running_stats=True)
    with pytest.raises(ConfigurationError, match="with running statistics cannot be quantized"):
        nnq.InstanceNorm2d.from_float(prepared(nn.InstanceNorm2d(3, track_running_stats=True)))


def test_a_copy_shares_no_weight():
    layer = nnq.LayerNorm(2, np.ones(2, np.float32), None, 1.0, 0)
    other = copy.deepcopy(layer)
    other.weight[...] = 7
    assert layer.weight.tolist() == [1, 1]


def test_repr():
    assert repr(nnq.LayerNorm(4, None, None, 1.0, 0)) == (
        "QuantizedLayerNorm((4,), eps=1e-05, elementwise_affine=True)"
    )
    assert repr(nnq.GroupNorm(2, 4, None, None, 1.0, 0)) == "QuantizedGroupNorm(2, 4, eps=1e-05, affine=True)"
    assert repr(nnq.InstanceNorm2d(4, None, None, 1.0, 0)) == (
        "QuantizedInstanceNorm2d(4, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)"
    )
