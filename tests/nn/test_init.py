"""Initialisers, default initialisation and the random generator."""

import math

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError, DTypeError
from qframe.nn import init
from qframe.qtensor import QTensor
from qframe.random import generator, manual_seed


def empty(*shape):
    return np.full(shape, np.nan, np.float32)


@pytest.mark.parametrize(
    ("fill", "low", "high"),
    [
        (lambda a: init.uniform_(a), 0, 1),
        (lambda a: init.uniform_(a, -3, 5), -3, 5),
        (lambda a: init.xavier_uniform_(a, 2.0), -2 * math.sqrt(6 / 500), 2 * math.sqrt(6 / 500)),
        (lambda a: init.kaiming_uniform_(a, nonlinearity="relu"), -math.sqrt(6 / 300), math.sqrt(6 / 300)),
        (
            lambda a: init.kaiming_uniform_(a, math.sqrt(5), "fan_out"),
            -math.sqrt(1 / 200),
            math.sqrt(1 / 200),
        ),
    ],
)
def test_uniform_initialisers(fill, low, high):
    manual_seed(0)
    array = empty(200, 300)
    assert fill(array) is array
    width = high - low
    assert low <= array.min() < low + 0.001 * width
    assert high - 0.001 * width < array.max() <= high
    assert abs(array.mean() - (low + high) / 2) < 0.01 * width


@pytest.mark.parametrize(
    ("fill", "mean", "std"),
    [
        (lambda a: init.normal_(a), 0, 1),
        (lambda a: init.normal_(a, 3, 0.5), 3, 0.5),
        (lambda a: init.xavier_normal_(a), 0, math.sqrt(2 / 500)),
        (lambda a: init.kaiming_normal_(a), 0, math.sqrt(2 / 300)),
        (lambda a: init.kaiming_normal_(a, mode="fan_out", nonlinearity="linear"), 0, math.sqrt(1 / 200)),
    ],
)
def test_normal_initialisers(fill, mean, std):
    manual_seed(0)
    array = empty(200, 300)
    assert fill(array) is array
    assert abs(array.mean() - mean) < 0.03 * std
    assert abs(array.std() / std - 1) < 0.02


def test_constants():
    assert init.zeros_(empty(2)).tolist() == [0, 0]
    assert init.ones_(empty(2)).tolist() == [1, 1]
    assert init.constant_(empty(2), 2.5).tolist() == [2.5, 2.5]


def test_gains():
    gains = {"linear": 1, "conv2d": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
    assert {name: init.calculate_gain(name) for name in gains} == gains
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / (1 + 0.01**2))
    assert init.calculate_gain("leaky_relu", 2) == math.sqrt(2 / 5)
    with pytest.raises(ArgumentError, match="nonlinearity 'swish' is unknown. Choose one of linear"):
        init.calculate_gain("swish")


def test_fans_count_the_taps():
    assert init.fans(empty(8, 3, 5, 5)) == (75, 200)
    with pytest.raises(ArgumentError, match="has no fan in and fan out"):
        init.fans(empty(3))


@pytest.mark.parametrize(
    "bad", [np.zeros(2, np.int64), [1.0], QTensor.per_tensor(np.zeros((1, 1), np.int8), 1.0, 0)]
)
def test_only_float_arrays_are_filled(bad):
    for fill in (init.uniform_, init.normal_, init.zeros_, init.kaiming_uniform_):
        with pytest.raises(DTypeError, match="an initialiser fills a float array"):
            fill(bad)


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="mode 'both' is unknown"):
        init.kaiming_uniform_(empty(2, 2), mode="both")
    with pytest.raises(ArgumentError, match="std=-1 is below zero"):
        init.normal_(empty(2), std=-1)


@pytest.mark.parametrize(
    ("layer", "bound"),
    [
        (nn.Linear(64, 500), 1 / 8),
        (nn.Conv1d(32, 40, 2), 1 / 8),
        (nn.Conv2d(32, 40, 2, groups=2), 1 / 8),
        (nn.Conv3d(8, 40, 2), 1 / 8),
    ],
)
def test_layers_start_as_in_pytorch(layer, bound):
    assert 0.97 * bound < np.abs(layer.weight).max() <= bound
    assert 0.8 * bound < np.abs(layer.bias).max() <= bound


def test_seed_repeats_layers():
    weights = []
    for _ in range(2):
        manual_seed(3)
        weights.append(nn.Linear(3, 3).weight)
    assert np.array_equal(*weights)
    assert not np.array_equal(weights[0], nn.Linear(3, 3).weight)


def test_manual_seed_returns_the_generator():
    assert manual_seed(5) is generator()
