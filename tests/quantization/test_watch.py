"""Modules that one forward uses several times are reported during calibration, others are not."""

import copy
import warnings

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as q

from .models import images

X = np.ones((1, 2), np.float32)


class Twice(nn.Module):
    """Uses one ReLU and one FloatFunctional in two places."""

    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU()
        self.plus = nn.quantized.FloatFunctional()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        x = self.relu(self.fc(x))
        return self.relu(self.plus.add(x, self.plus.add(x, x)))


def prepared(model):
    model.eval().qconfig = q.default_qconfig
    return q.prepare(model)


def test_modules_used_twice_are_reported_once():
    model = prepared(Twice())
    with pytest.warns(qframe.errors.QuantizationWarning) as caught:
        model(X)
    assert "one forward uses modules more than once: 'relu' (2 times), 'plus' (2 times)" in str(
        caught[0].message
    )
    assert "one instance for each operation" in str(caught[0].message)
    model(X)  # a warning would be an error here


def test_many_batches_are_no_reuse():
    model = prepared(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    for _ in range(3):
        model(X)


def test_a_submodule_may_be_called_on_its_own():
    model = prepared(nn.Sequential(nn.Sequential(nn.Linear(2, 2)), nn.ReLU()))
    for _ in range(3):
        model[0](X)
    model(X)


def test_a_module_under_two_names_is_reported_under_the_first():
    relu = nn.ReLU()
    model = prepared(nn.Sequential(nn.Linear(2, 2), relu, nn.Linear(2, 2), relu))
    with pytest.warns(qframe.errors.QuantizationWarning, match=r"more than once: '1' \(2 times\)\."):
        model(X)


def test_a_forward_that_failed_does_not_count():
    model = prepared(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    with pytest.raises(ValueError, match="does not fit the weight"):
        model(np.ones((1, 3), np.float32))
    model(X)


def test_copies_are_watched_on_their_own():
    model = prepared(Twice())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model(X)
    with pytest.warns(qframe.errors.QuantizationWarning, match="more than once"):
        copy.deepcopy(prepared(Twice()))(X)


def test_nothing_of_it_stays_after_convert():
    model = prepared(nn.Sequential(q.QuantStub(), nn.ReLU(), q.DeQuantStub()))
    model(images())
    converted = q.convert(model)
    for module in converted.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
