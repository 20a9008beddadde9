"""Losses against their definitions, and their arguments."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError, DTypeError
from qframe.nn import functional

RNG = np.random.default_rng(0)


def logits(*shape):
    return RNG.normal(0, 3, shape).astype(np.float32)


def reduced(losses, reduction, weights=None):
    if reduction == "none":
        return losses
    total = sum(losses.flat)
    return total if reduction == "sum" else total / (losses.size if weights is None else sum(weights.flat))


def class_loss(x, target, weight, ignore, reduction, smoothing=0.0, log=True):
    """Cross entropy, one position at a time."""
    classes = x.shape[1]
    losses, weights = np.zeros(target.shape), np.zeros(target.shape)
    for at in np.ndindex(*target.shape):
        if target[at] == ignore:
            continue
        row = x[(at[0], slice(None), *at[1:])].astype(np.float64)
        log_p = row - np.log(np.exp(row).sum()) if log else row
        w = np.ones(classes) if weight is None else weight.astype(np.float64)
        weights[at] = w[target[at]]
        sharp = -w[target[at]] * log_p[target[at]]
        losses[at] = (1 - smoothing) * sharp - smoothing * (w * log_p).sum() / classes
    return reduced(losses, reduction, weights)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_differences(reduction):
    x, y = logits(3, 4), logits(3, 4)
    difference = x.astype(np.float64) - y
    squared = nn.MSELoss(reduction=reduction)(x, y)
    absolute = nn.L1Loss(reduction=reduction)(x, y)
    assert squared.dtype == absolute.dtype == np.float32
    np.testing.assert_allclose(squared, reduced(difference**2, reduction), rtol=1e-5)
    np.testing.assert_allclose(absolute, reduced(np.abs(difference), reduction), rtol=1e-5)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("extra", [(), (2, 3)])
def test_cross_entropy(reduction, weighted, smoothing, extra):
    x = logits(6, 5, *extra)
    target = RNG.integers(0, 5, (6, *extra))
    target.flat[[0, -1]] = 9
    weight = np.array([1, 0.5, 2, 0, 3], np.float32) if weighted else None
    loss = nn.CrossEntropyLoss(weight, ignore_index=9, reduction=reduction, label_smoothing=smoothing)
    expected = class_loss(x, target, weight, 9, reduction, smoothing)
    assert loss(x, target).dtype == np.float32
    np.testing.assert_allclose(loss(x, target), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_nll_loss(reduction):
    x, target = logits(6, 5), RNG.integers(0, 5, 6)
    expected = class_loss(x, target, None, -100, reduction, log=False)
    np.testing.assert_allclose(nn.NLLLoss(reduction=reduction)(x, target), expected, rtol=1e-5)


def test_extreme_logits_stay_finite():
    x = np.array([[1e4, -1e4]], np.float32)
    assert functional.cross_entropy(x, np.array([1])) == np.float32(2e4)


def test_ignored_positions_do_not_spoil_the_rest():
    x = np.array([[-np.inf, -np.inf], [0, 0]], np.float32)
    assert functional.nll_loss(x, np.array([-100, 0])) == 0
    assert np.isnan(functional.cross_entropy(np.zeros((1, 2), np.float32), np.array([-100])))


def test_weight_is_a_buffer():
    loss = nn.CrossEntropyLoss(np.ones(3, np.float32))
    assert list(loss.state_dict()) == ["weight"]
    assert list(loss.parameters()) == []
    assert list(nn.NLLLoss().state_dict()) == []
    assert repr(nn.CrossEntropyLoss()) == "CrossEntropyLoss()"


@pytest.mark.parametrize(
    ("target", "error", "text"),
    [
        (np.array([0.0, 1.0]), DTypeError, "needs an integer array of class numbers"),
        ([0, 1], DTypeError, "needs an integer array"),
        (np.array([0, 3]), ArgumentError, "target class 3 of 3 classes. Classes run from 0 to 2"),
        (np.array([-1, 0]), ArgumentError, "target class -1 of 3 classes"),
        (np.array([0]), ArgumentError, r"target has shape \(1,\), but the input \(2, 3\)"),
    ],
)
def test_bad_targets(target, error, text):
    with pytest.raises(error, match=text):
        nn.CrossEntropyLoss()(np.zeros((2, 3), np.float32), target)


def test_bad_arguments():
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(ArgumentError, match="reduction='avg' is unknown. Choose one of none, mean, sum"):
        nn.MSELoss(reduction="avg")
    with pytest.raises(ArgumentError, match="reduction='avg'"):
        functional.nll_loss(x, np.array([0, 0]), reduction="avg")
    with pytest.raises(ArgumentError, match="label_smoothing.*p=2"):
        nn.CrossEntropyLoss(label_smoothing=2)
    with pytest.raises(ArgumentError, match=r"weight has shape \(2,\), but there are 3 channels"):
        nn.NLLLoss(np.ones(2, np.float32))(x, np.array([0, 0]))
    with pytest.raises(ArgumentError, match=r"input \(2, 3\) and target \(2, 1\) have different shapes"):
        functional.mse_loss(x, x[:, :1])
    with pytest.raises(ArgumentError, match=r"takes shape \(N, C, ...\), got \(3,\)"):
        functional.cross_entropy(x[0], np.array(0))
