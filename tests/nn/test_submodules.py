"""Whatever is done to a module's table of submodules, its attributes follow."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from qframe import nn
from qframe.nn.submodules import Submodules


class Pair(nn.Module):
    """Two submodules."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.ReLU(), nn.Sequential(nn.Identity())


def attributes(module: nn.Module) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if name not in vars(nn.Module())}


CHANGES = {
    "set": lambda table: table.__setitem__("third", nn.ReLU6()),
    "replace": lambda table: table.__setitem__("first", nn.ReLU6()),
    "set None": lambda table: table.__setitem__("first", None),
    "delete": lambda table: table.__delitem__("first"),
    "pop": lambda table: table.pop("second"),
    "pop what is not there": lambda table: table.pop("third", None),
    "popitem": lambda table: table.popitem(),
    "clear": lambda table: table.clear(),
    "update": lambda table: table.update({"first": nn.ReLU6()}, third=None),
    "update with pairs": lambda table: table.update([("third", nn.ReLU6())]),
    "|=": lambda table: table.__ior__({"third": nn.ReLU6()}),
    "setdefault": lambda table: table.setdefault("third", nn.ReLU6()),
    "setdefault of what is there": lambda table: table.setdefault("first"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_that_of_a_dict_and_shows_in_the_attributes(change: str) -> None:
    pair = Pair()
    plain: dict[str, Any] = dict(pair._modules)
    assert str(CHANGES[change](pair._modules)) == str(CHANGES[change](plain))
    assert list(map(str, pair._modules.items())) == list(map(str, plain.items()))
    assert attributes(pair) == dict(pair._modules)


def test_what_is_not_there_cannot_be_taken_out() -> None:
    table = Submodules({})
    for take_out in (table.popitem, lambda: table.pop("first"), lambda: table.__delitem__("first")):
        with pytest.raises(KeyError):
            take_out()


def test_an_attribute_that_becomes_something_else_leaves_the_table() -> None:
    pair = Pair()
    del pair.first
    assert "first" not in pair._modules
    assert not hasattr(pair, "first")
    pair.first = 3
    assert pair.first == 3
    assert list(pair._modules) == ["second"]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_has_a_table_of_its_own(copied: Any) -> None:
    pair = Pair()
    pair.second.append(pair.first)  # one module in two places
    other = copied(pair)
    assert other.second[1] is other.first
    other.first = nn.ReLU6()
    assert attributes(other) == dict(other._modules)
    assert isinstance(pair.first, nn.ReLU)
    assert isinstance(pair._modules["first"], nn.ReLU)


def test_a_plain_dict_in_its_place_is_found_too() -> None:
    pair = Pair()
    pair._modules = {"third": nn.ReLU6()}
    assert isinstance(pair.third, nn.ReLU6)
