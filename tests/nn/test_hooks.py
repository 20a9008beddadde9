"""Forward hooks and pre-hooks."""

import copy
import pickle

import numpy as np
import pytest

from qframe import nn

X = np.ones((1, 2), np.float32)


def record(log, name):
    def hook(*args):
        log.append((name, *args))

    return hook


def test_hooks_run_around_forward_in_order():
    log = []
    module = nn.Identity()
    module.register_forward_hook(record(log, "after"))
    module.register_forward_pre_hook(record(log, "before"))
    module.register_forward_hook(record(log, "first"), prepend=True)
    module.register_forward_pre_hook(record(log, "earliest"), prepend=True)
    assert module(X) is X
    assert log == [
        ("earliest", module, (X,)),
        ("before", module, (X,)),
        ("first", module, (X,), X),
        ("after", module, (X,), X),
    ]


def test_prepended_hook_keeps_the_handles_of_the_others():
    log = []
    module = nn.Identity()
    handle = module.register_forward_hook(record(log, "a"))
    module.register_forward_hook(record(log, "b"), prepend=True)
    handle.remove()
    module(X)
    assert [name for name, *_ in log] == ["b"]


def test_hook_may_replace_the_output():
    module = nn.Identity()
    module.register_forward_hook(lambda module, args, output: output + 1)
    module.register_forward_hook(lambda module, args, output: output * 2)
    assert np.array_equal(module(X), 2 * (X + 1))


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: (x,)])
def test_pre_hook_may_replace_the_input(wrap):
    module = nn.Identity()
    module.register_forward_pre_hook(lambda module, args: wrap(args[0] * 3))
    assert np.array_equal(module(X), X * 3)


def test_handle_removes_once_and_as_context_manager():
    module = nn.Identity()
    handle = module.register_forward_hook(lambda *args: 5)
    assert module(X) == 5
    handle.remove()
    handle.remove()
    with module.register_forward_pre_hook(lambda *args: 7):
        assert module(X) == 7
    assert module(X) is X


def test_hook_may_remove_itself_while_running():
    module = nn.Identity()
    calls = []

    def once(*args):
        calls.append(args)
        handle.remove()

    handle = module.register_forward_hook(once)
    module(X)
    module(X)
    assert len(calls) == 1


class Watched(nn.Module):
    """Counts its calls by a hook that is its own method."""

    def __init__(self):
        super().__init__()
        self.calls = 0
        self.handle = self.register_forward_hook(self.count)

    def count(self, module, args, output):
        self.calls += 1

    def forward(self, x):
        return x


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))],
    ids=["deepcopy", "pickle"],
)
def test_hooks_of_a_copy_refer_to_the_copy(duplicate):
    original = nn.Sequential(Watched())
    twin = duplicate(original)
    twin(X)
    assert (original[0].calls, twin[0].calls) == (0, 1)
    twin[0].handle.remove()
    twin(X)
    original(X)
    assert (original[0].calls, twin[0].calls) == (1, 1)


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))],
    ids=["deepcopy", "pickle"],
)
def test_copies_are_independent_and_keep_sharing_inside(duplicate):
    shared = nn.Linear(2, 2)
    original = nn.Sequential(shared, nn.BatchNorm1d(2), shared).eval()
    twin = duplicate(original)
    assert twin[0] is twin[2]
    assert twin[0] is not shared
    assert np.array_equal(twin(X), original(X))
    twin[0].weight[...] = 0
    assert original[0].weight.any()
    assert not twin.training
