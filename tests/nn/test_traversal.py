"""Listing modules, parameters and buffers."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError


@pytest.fixture
def model():
    shared = nn.Linear(2, 2, bias=False)
    return nn.Sequential(
        {"fc": shared, "norm": nn.BatchNorm1d(2), "again": shared, "inner": nn.Sequential(nn.Linear(2, 1))}
    )


def test_each_module_once_under_its_first_path(model):
    assert [path for path, _ in model.named_modules()] == ["", "fc", "norm", "inner", "inner.0"]
    assert list(model.modules()) == [module for _, module in model.named_modules()]


def test_named_modules_with_duplicates_prefix_and_memo(model):
    every = [path for path, _ in model.named_modules(prefix="m", remove_duplicate=False)]
    assert every == ["m", "m.fc", "m.norm", "m.again", "m.inner", "m.inner.0"]
    memo = {model.inner}
    assert [path for path, _ in model.named_modules(memo)] == ["", "fc", "norm"]
    assert model.fc in memo


def test_children_once(model):
    assert [name for name, _ in model.named_children()] == ["fc", "norm", "inner"]
    assert list(model.children()) == [model.fc, model.norm, model.inner]


def test_parameters(model):
    names = ["fc.weight", "norm.weight", "norm.bias", "inner.0.weight", "inner.0.bias"]
    assert [name for name, _ in model.named_parameters()] == names
    assert next(model.parameters()) is model.fc.weight
    assert list(model.named_parameters(recurse=False)) == []
    assert [name for name, _ in model.inner.named_parameters("p")] == ["p.0.weight", "p.0.bias"]


def test_an_array_used_twice_is_listed_once():
    tied = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    tied[1].weight = nn.Parameter(tied[0].weight)
    assert [name for name, _ in tied.named_parameters()] == ["0.weight"]


def test_buffers(model):
    names = ["norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]
    assert [name for name, _ in model.named_buffers()] == names
    assert next(model.buffers()) is model.norm.running_mean
    assert list(nn.BatchNorm1d(2, track_running_stats=False).buffers()) == []


def test_get_submodule(model):
    assert model.get_submodule("inner.0") is model.inner[0]
    assert model.get_submodule("") is model


@pytest.mark.parametrize(
    ("path", "advice"),
    [("inner.1", "'inner.0'"), ("nrom", "'norm'"), ("zzz", "'fc', 'norm', 'again'"), ("fc.weight", "'fc'")],
)
def test_get_submodule_lists_near_names(model, path, advice):
    with pytest.raises(ArgumentError, match=f"Sequential has no submodule '{path}'.*Near names: .*{advice}"):
        model.get_submodule(path)


def test_get_submodule_of_a_leaf():
    with pytest.raises(ArgumentError, match="It has no submodules at all"):
        nn.ReLU().get_submodule("x")


def test_listing_gives_the_arrays_themselves(model):
    dict(model.named_parameters())["fc.weight"][...] = 3
    assert np.array_equal(model.fc.weight, np.full((2, 2), 3))
