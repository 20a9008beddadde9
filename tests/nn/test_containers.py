"""Sequential, ModuleList, ModuleDict and Identity."""

from collections import OrderedDict

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError, DTypeError

X = np.array([[-1.0, 8.0]], np.float32)


def test_identity_ignores_its_arguments():
    assert nn.Identity(3, key=4)(X) is X
    assert repr(nn.Identity(3)) == "Identity()"


def test_sequential_runs_in_order():
    assert nn.Sequential(nn.ReLU(), nn.ReLU6())(X).tolist() == [[0.0, 6.0]]
    assert nn.Sequential()(X) is X


def test_sequential_of_named_modules():
    model = nn.Sequential(OrderedDict([("first", nn.ReLU()), ("second", nn.ReLU6())]))
    assert model.first is model[0]
    assert model.second is model[-1]
    assert [name for name, _ in model.named_children()] == ["first", "second"]


def test_sequential_slices_share_modules_and_names():
    model = nn.Sequential(nn.ReLU(), nn.ReLU6(), nn.Flatten())
    part = model[1:]
    assert isinstance(part, nn.Sequential)
    assert list(part) == [model[1], model[2]]
    assert [name for name, _ in part.named_children()] == ["1", "2"]


def test_sequential_changes():
    model = nn.Sequential(nn.ReLU(), nn.ReLU6())
    assert model.append(nn.Flatten()) is model
    assert len(model) == 3
    new = nn.Identity()
    model[0] = new
    assert model[0] is new
    del model[1]
    assert [name for name, _ in model.named_children()] == ["0", "1"]
    assert isinstance(model[1], nn.Flatten)
    del model[:]
    assert len(model) == 0


def test_sequential_keeps_names_when_one_is_deleted():
    model = nn.Sequential({"a": nn.ReLU(), "b": nn.ReLU6()})
    del model[0]
    assert [name for name, _ in model.named_children()] == ["b"]


@pytest.mark.parametrize("index", [2, -3])
def test_index_out_of_range(index):
    for container in (nn.Sequential(nn.ReLU(), nn.ReLU()), nn.ModuleList([nn.ReLU(), nn.ReLU()])):
        with pytest.raises(IndexError, match="out of range for .* of length 2"):
            container[index]


def test_only_modules_go_in():
    with pytest.raises(DTypeError, match="submodule '0' of Sequential must be a Module"):
        nn.Sequential(3)
    with pytest.raises(DTypeError, match="must be a Module"):
        nn.ModuleList([nn.ReLU()]).insert(0, 5)


def test_module_list():
    a, b, c, d = (nn.Identity() for _ in range(4))
    modules = nn.ModuleList([a])
    modules += [b]
    modules.append(d).extend([])
    modules.insert(2, c)
    assert list(modules) == [a, b, c, d]
    assert [name for name, _ in modules._modules.items()] == ["0", "1", "2", "3"]
    assert isinstance(modules[1:3], nn.ModuleList)
    assert list(modules[1:3]) == [b, c]
    del modules[0]
    modules[-1] = a
    assert list(modules) == [b, c, a]
    assert len(modules) == 3
    del modules[0:2]
    assert list(modules) == [a]
    with pytest.raises(NotImplementedError):
        modules(X)


def test_module_dict():
    a, b = nn.ReLU(), nn.ReLU6()
    modules = nn.ModuleDict({"a": a})
    modules["b"] = b
    assert list(modules) == list(modules.keys()) == ["a", "b"]
    assert list(modules.values()) == [a, b]
    assert list(modules.items()) == [("a", a), ("b", b)]
    assert "a" in modules
    assert modules["a"] is a
    assert modules.pop("a") is a
    modules.update([("c", a)])
    del modules["b"]
    assert list(modules) == ["c"]
    assert len(modules) == 1
    modules.clear()
    assert len(modules) == 0


def test_module_dict_refuses_what_is_no_pair_before_changing():
    modules = nn.ModuleDict()
    with pytest.raises(ArgumentError, match="takes pairs of name and module"):
        modules.update([("a", nn.ReLU()), "b"])
    assert len(modules) == 0
