"""Batch normalization: numbers, running statistics, arguments."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError
from qframe.nn import functional

SHAPES = {
    nn.BatchNorm1d: [(4, 3), (2, 3, 5)],
    nn.BatchNorm2d: [(2, 3, 4, 5)],
    nn.BatchNorm3d: [(2, 3, 2, 3, 2)],
}
CASES = [(kind, shape) for kind, shapes in SHAPES.items() for shape in shapes]


def data(shape, seed=0):
    return np.random.default_rng(seed).normal(3.0, 2.0, shape).astype(np.float32)


def by_channel(x):
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1).astype(np.float64)


@pytest.mark.parametrize(("kind", "shape"), CASES)
@pytest.mark.parametrize("affine", [True, False])
def test_evaluation_uses_the_running_statistics(kind, shape, affine):
    layer = kind(3, eps=1e-3, affine=affine).eval()
    layer.running_mean[...] = [1, 2, 3]
    layer.running_var[...] = [4, 0.25, 1]
    if affine:
        layer.weight[...] = [1, -2, 0.5]
        layer.bias[...] = [0, 1, 2]
    x, before = data(shape), {k: v.copy() for k, v in layer.state_dict().items()}
    out = layer(x)
    for c in range(3):
        expected = (x[:, c] - [1, 2, 3][c]) / np.sqrt([4, 0.25, 1][c] + 1e-3)
        if affine:
            expected = expected * [1, -2, 0.5][c] + [0, 1, 2][c]
        np.testing.assert_allclose(out[:, c], expected, rtol=1e-5, atol=1e-5)
    assert out.dtype == np.float32
    assert all(np.array_equal(v, before[k]) for k, v in layer.state_dict().items())


@pytest.mark.parametrize(("kind", "shape"), CASES)
def test_training_normalizes_the_batch(kind, shape):
    out = by_channel(kind(3)(data(shape)))
    np.testing.assert_allclose(out.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(out.var(axis=1), 1, rtol=1e-4)


@pytest.mark.parametrize("momentum", [0.1, 1.0, None])
def test_running_statistics(momentum):
    layer = nn.BatchNorm2d(3, momentum=momentum)
    mean, var = np.zeros(3), np.ones(3)
    for count in range(1, 4):
        x = data((2, 3, 4, 5), seed=count)
        layer(x)
        share = 1 / count if momentum is None else momentum
        mean = (1 - share) * mean + share * by_channel(x).mean(axis=1)
        var = (1 - share) * var + share * by_channel(x).var(axis=1, ddof=1)
    np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-5)
    np.testing.assert_allclose(layer.running_var, var, rtol=1e-5)
    assert layer.num_batches_tracked == 3
    layer.reset_running_stats()
    assert (layer.running_mean.tolist(), layer.running_var.tolist()) == ([0] * 3, [1] * 3)
    assert layer.num_batches_tracked == 0


def test_without_tracking_the_batch_counts_in_evaluation_too():
    layer = nn.BatchNorm2d(3, track_running_stats=False)
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert layer.running_mean is None
    x = data((2, 3, 4, 5))
    assert np.array_equal(layer(x), layer.eval()(x))


def test_state_dict_and_repr():
    layer = nn.BatchNorm2d(3, momentum=None)
    keys = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert list(layer.state_dict()) == keys
    assert (layer.num_batches_tracked.dtype, layer.num_batches_tracked.shape) == (np.int64, ())
    text = "BatchNorm2d(3, eps=1e-05, momentum=None, affine=True, track_running_stats=True)"
    assert repr(layer) == text


@pytest.mark.parametrize(
    ("kind", "shape", "text"),
    [
        (nn.BatchNorm1d, (2, 3, 4, 5), r"takes shape \(N, C\) or \(N, C, L\), got \(2, 3, 4, 5\)"),
        (nn.BatchNorm2d, (3, 4, 5), "Add the batch dimension"),
        (nn.BatchNorm3d, (3, 3), r"takes shape \(N, C, D, H, W\)"),
        (nn.BatchNorm2d, (2, 4, 5, 3), "has 4 channels along axis 1, but 3 are needed"),
        (nn.BatchNorm2d, (1, 3, 1, 1), "needs more than one value per channel"),
        (nn.BatchNorm2d, (0, 3, 1, 1), "needs more than one value per channel"),
    ],
)
def test_inputs_that_do_not_fit_change_nothing(kind, shape, text):
    layer = kind(3)
    with pytest.raises(ArgumentError, match=text):
        layer(np.zeros(shape, np.float32))
    assert layer.num_batches_tracked == 0
    assert layer.running_var.tolist() == [1, 1, 1]


def test_functional_needs_statistics_in_evaluation():
    with pytest.raises(ArgumentError, match="needs running_mean and running_var"):
        functional.batch_norm(np.zeros((2, 3), np.float32), None, None)
    with pytest.raises(ArgumentError, match=r"running_var has shape \(2,\), but there are 3 channels"):
        functional.batch_norm(np.zeros((2, 3), np.float32), np.zeros(3), np.zeros(2))
    with pytest.raises(ArgumentError, match="num_features=0"):
        nn.BatchNorm1d(0)
