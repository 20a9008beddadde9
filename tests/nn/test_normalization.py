"""Layer, group and instance normalization of float arrays against their definition."""

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe.errors import ArgumentError, DTypeError
from qframe.nn import functional

KINDS = {1: nn.InstanceNorm1d, 2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}


def data(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32) * 3 + 1


def normalized(x, eps):
    """Rows with mean 0 and variance 1, in float64."""
    wide = x.astype(np.float64)
    return (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + eps)


def close(actual, expected):
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(5,), (4, 5), 5, [3, 4, 5]])
@pytest.mark.parametrize("affine", [True, False])
def test_layer_norm(shape, affine):
    layer = nn.LayerNorm(shape, 1e-3, affine)
    inner = (shape,) if isinstance(shape, int) else tuple(shape)
    weight, bias = np.ones(inner, np.float32), np.zeros(inner, np.float32)
    if affine:
        weight, bias = data(*inner, seed=1), data(*inner, seed=2)
        layer.weight, layer.bias = weight, bias
    x = data(2, 3, 4, 5)
    kept = x.copy()
    expected = normalized(x.reshape(-1, weight.size), 1e-3).reshape(x.shape) * weight + bias
    close(layer(x), expected)
    assert np.array_equal(x, kept)


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("space", [(), (5,), (3, 4), (2, 3, 2)])
def test_group_norm(groups, space):
    layer = nn.GroupNorm(groups, 6)
    layer.weight, layer.bias = data(6, seed=1), data(6, seed=2)
    x = data(2, 6, *space)
    spots = (-1, *(1,) * len(space))
    expected = normalized(x.reshape(2 * groups, -1), 1e-5).reshape(x.shape)
    close(layer(x), expected * layer.weight.reshape(spots) + layer.bias.reshape(spots))


@pytest.mark.parametrize("dims", KINDS)
@pytest.mark.parametrize("affine", [True, False])
def test_instance_norm_normalizes_each_channel(dims, affine):
    layer = KINDS[dims](3, affine=affine)
    x = data(2, 3, *(4, 5, 2)[:dims])
    expected = normalized(x.reshape(6, -1), 1e-5).reshape(x.shape)
    close(layer(x), expected)
    close(layer.eval()(x), expected)
    assert layer.running_mean is None


def test_instance_norm_with_running_statistics():
    layer = nn.InstanceNorm2d(3, momentum=0.25, track_running_stats=True)
    x = data(2, 3, 4, 5)
    close(layer(x), normalized(x.reshape(6, -1), 1e-5).reshape(x.shape))
    mean = x.mean((2, 3), dtype=np.float64).mean(0)
    var = x.var((2, 3), dtype=np.float64, ddof=1).mean(0)
    np.testing.assert_allclose(layer.running_mean, 0.25 * mean, rtol=1e-6)
    np.testing.assert_allclose(layer.running_var, 0.75 + 0.25 * var, rtol=1e-6)
    layer.eval()
    spots = (3, 1, 1)
    expected = x - layer.running_mean.reshape(spots)
    close(layer(x), expected / np.sqrt(layer.running_var.reshape(spots) + 1e-5))


def test_new_layers_neither_scale_nor_shift():
    for layer in (nn.LayerNorm((2, 3)), nn.GroupNorm(2, 4), nn.InstanceNorm1d(4, affine=True)):
        assert (layer.weight == 1).all()
        assert (layer.bias == 0).all()


@pytest.mark.parametrize(
    ("layer", "keys", "text"),
    [
        (nn.LayerNorm((2, 3)), ["weight", "bias"], "LayerNorm((2, 3), eps=1e-05, elementwise_affine=True)"),
        (nn.LayerNorm(4, 0.1, False), [], "LayerNorm((4,), eps=0.1, elementwise_affine=False)"),
        (nn.GroupNorm(2, 4), ["weight", "bias"], "GroupNorm(2, 4, eps=1e-05, affine=True)"),
        (
            nn.InstanceNorm2d(4),
            [],
            "InstanceNorm2d(4, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)",
        ),
        (
            nn.InstanceNorm3d(4, affine=True, track_running_stats=True),
            ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"],
            "InstanceNorm3d(4, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)",
        ),
    ],
)
def test_state_and_repr(layer, keys, text):
    assert list(layer.state_dict()) == keys
    assert repr(layer) == text


def test_empty_batches():
    assert nn.LayerNorm(3)(np.zeros((0, 3), np.float32)).shape == (0, 3)
    assert nn.GroupNorm(2, 4)(np.zeros((0, 4, 2), np.float32)).shape == (0, 4, 2)
    assert nn.InstanceNorm1d(4)(np.zeros((0, 4, 2), np.float32)).shape == (0, 4, 2)


@pytest.mark.parametrize("layer", [nn.LayerNorm(4), nn.GroupNorm(2, 4), nn.InstanceNorm1d(4)])
def test_quantized_tensors_are_refused_with_the_remedy(layer):
    q = qframe.quantize_per_tensor(data(2, 4, 4), 0.05, 100, qframe.quint8)
    with pytest.raises(DTypeError, match="Give this layer a qconfig before prepare"):
        layer(q)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: nn.LayerNorm(()), "normalized_shape is empty"),
        (lambda: nn.LayerNorm((3, 0)), r"normalized_shape\[1\]=0"),
        (lambda: nn.LayerNorm(4)(data(2, 3)), r"does not end in normalized_shape=\(4,\)"),
        (lambda: nn.LayerNorm((1, 2, 3))(data(2, 3)), "does not end in"),
        (lambda: functional.layer_norm(data(2, 3), (3,), data(2)), r"weight has shape \(2,\)"),
        (lambda: nn.GroupNorm(3, 4), "num_groups=3 does not divide num_channels=4"),
        (lambda: nn.GroupNorm(2, 4)(data(2, 6)), "has 6 channels along axis 1, but 4"),
        (lambda: nn.GroupNorm(2, 4)(data(4)), "takes shape"),
        (lambda: functional.group_norm(data(2, 4), 3), "num_groups=3 does not divide the 4 channels"),
        (lambda: functional.group_norm(data(2, 4), 2, data(3)), "weight has shape"),
        (lambda: nn.InstanceNorm2d(4)(data(2, 4, 3)), r"takes shape \(N, C, H, W\)"),
        (lambda: nn.InstanceNorm2d(4)(data(2, 3, 2, 2)), "3 channels"),
        (lambda: nn.InstanceNorm1d(4)(data(2, 4, 1)), "more than one value per channel"),
        (lambda: functional.instance_norm(data(2, 4, 2), use_input_stats=False), "running_mean"),
    ],
)
def test_bad_arguments(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()


def test_nothing_is_tracked_of_an_input_that_is_refused():
    layer = nn.InstanceNorm1d(4, track_running_stats=True)
    with pytest.raises(ArgumentError):
        layer(data(2, 4, 1))
    assert (layer.running_mean == 0).all()
