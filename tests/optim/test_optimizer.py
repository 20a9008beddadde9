"""Optimizers: which arrays they change, their state, and what they refuse."""

import copy

import numpy as np
import pytest

import qframe
from qframe import nn, optim
from qframe.autograd import value_and_grad
from qframe.errors import ArgumentError, DTypeError, GradientError, StateDictError

X = np.random.default_rng(0).standard_normal((8, 3), dtype=np.float32)


def network():
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def gradients(model):
    return value_and_grad(model, lambda: (model(X) ** 2).mean())()[1]


KINDS = {
    "SGD": lambda params: optim.SGD(params, lr=0.05, momentum=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.02),
    "AdamW": lambda params: optim.AdamW(params, lr=0.02),
}


@pytest.mark.parametrize("name", KINDS)
def test_training_lowers_the_loss(name):
    qframe.manual_seed(0)
    model = network()
    optimizer = KINDS[name](model.parameters())
    arrays = list(model.parameters())
    first = (model(X) ** 2).mean()
    for _ in range(30):
        optimizer.step(gradients(model))
    assert (model(X) ** 2).mean() < first / 4
    assert all(array is now for array, now in zip(arrays, model.parameters(), strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_gradients_stay_as_they_are(name):
    model = network()
    found = gradients(model)
    before = {path: gradient.copy() for path, gradient in found.items()}
    optimizer = KINDS[name](model.parameters())
    optimizer.step(found)
    optimizer.step(found)
    for path, gradient in found.items():
        np.testing.assert_array_equal(gradient, before[path])


def test_parameters_without_gradient_stay():
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    weight = model[0].weight.copy()
    found = value_and_grad(model, lambda: model[2](np.ones((1, 4), np.float32)).sum())()[1]
    optimizer.step(found)
    np.testing.assert_array_equal(model[0].weight, weight)


def test_part_of_the_parameters():
    model = network()
    weight = model[0].weight.copy()
    optim.SGD(model[2].parameters(), lr=0.1).step(gradients(model))
    np.testing.assert_array_equal(model[0].weight, weight)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: copy.deepcopy(model),
        lambda model: nn.Sequential(model[0], model[1], nn.Linear(4, 2)),
        lambda model: qframe.quantization.fuse_modules(model, ["0", "1"]),
    ],
    ids=["copied", "a layer replaced", "fused"],
)
def test_gradients_of_another_model(change):
    model = network()
    optimizer = optim.Adam(model.parameters())
    before = [array.copy() for array in model.parameters()]
    other = change(model)
    with pytest.raises(
        ArgumentError, match=r"parameters of the optimizer .* are not those .* Make the optimizer after"
    ):
        optimizer.step(gradients(other))
    assert not optimizer.state
    for array, old in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(array, old)


REFUSALS = {
    "a dict": (
        lambda: optim.SGD(network().parameters()).step({}),
        DTypeError,
        "step got a dict.*value_and_grad",
    ),
    "names": (
        lambda: optim.SGD(network().named_parameters()),
        DTypeError,
        "parameter 0 is a tuple.*without names",
    ),
    "one array": (lambda: optim.SGD(np.zeros(3, np.float32)), DTypeError, r"single array\. Give a list"),
    "integers": (lambda: optim.SGD([np.zeros(3, int)]), DTypeError, "parameter 0 is a ndarray"),
    "none": (lambda: optim.SGD(nn.ReLU().parameters()), ArgumentError, "got no parameters"),
    "twice": (lambda: optim.SGD([X, X]), ArgumentError, r"parameter 1 of shape \(8, 3\) is given twice"),
    "read only": (lambda: optim.SGD([np.broadcast_to(X, (2, 8, 3))]), ArgumentError, "cannot be written"),
    "negative": (lambda: optim.SGD([X], lr=-1), ArgumentError, "lr=-1 is negative"),
    "NaN": (lambda: optim.Adam([X], weight_decay=np.nan), ArgumentError, "weight_decay=nan"),
    "nesterov": (lambda: optim.SGD([X], nesterov=True), ArgumentError, "nesterov with momentum=0.0"),
    "betas": (lambda: optim.Adam([X], betas=(0.9, 1.0)), ArgumentError, "betas"),
    "an option": (
        lambda: optim.SGD([{"params": [X], "rate": 1}]),
        ArgumentError,
        "entries params, rate.*any of lr",
    ),
    "no params": (lambda: optim.SGD([{"lr": 1}]), ArgumentError, "a group with the entries lr"),
    "step size": (lambda: optim.lr_scheduler.StepLR(optim.SGD([X]), 0), ArgumentError, "step_size=0"),
    "T_max": (lambda: optim.lr_scheduler.CosineAnnealingLR(optim.SGD([X]), 0), ArgumentError, "T_max=0"),
    "no optimizer": (lambda: optim.lr_scheduler.StepLR(network(), 1), DTypeError, "StepLR got a Sequential"),
    "max_norm": (lambda: optim.clip_grad_norm_(gradients(network()), 0), ArgumentError, "max_norm=0"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name):
    call, kind, pattern = REFUSALS[name]
    with pytest.raises(kind, match=pattern):
        call()


def test_groups():
    model = network()
    optimizer = optim.SGD(
        [{"params": model[0].parameters(), "lr": 0.0}, {"params": model[2].weight}], lr=0.1, weight_decay=0.0
    )
    optimizer.add_param_group({"params": [model[2].bias], "lr": 0.5})
    assert [group["lr"] for group in optimizer.param_groups] == [0.0, 0.1, 0.5]
    before = [array.copy() for array in model.parameters()]
    optimizer.step(gradients(model))
    changed = [not np.array_equal(*pair) for pair in zip(model.parameters(), before, strict=True)]
    assert changed == [False, False, True, True]
    with pytest.raises(ArgumentError, match="given twice"):
        optimizer.add_param_group({"params": [model[2].bias]})
    assert len(optimizer.param_groups) == 3
    assert "Parameter Group 2\n    dampening: 0.0\n    lr: 0.5" in repr(optimizer)


@pytest.mark.parametrize("name", KINDS)
def test_a_stored_state_goes_on_where_it_was(name, tmp_path):
    """Also through a file."""
    model = network()
    optimizer = KINDS[name](model.parameters())
    for _ in range(3):
        optimizer.step(gradients(model))
    other_model = copy.deepcopy(model)
    other = KINDS[name](other_model.parameters())
    qframe.save(optimizer.state_dict(), tmp_path / "state")
    other.load_state_dict(qframe.load(tmp_path / "state"))
    for _ in range(3):
        optimizer.step(gradients(model))
        other.step(gradients(other_model))
    for array, same in zip(model.parameters(), other_model.parameters(), strict=True):
        np.testing.assert_array_equal(array, same)


def test_states_that_do_not_fit():
    optimizer = optim.SGD(network().parameters(), momentum=0.9)
    with pytest.raises(StateDictError, match=r"groups with \[2\] parameters, the optimizer has \[4\]"):
        optimizer.load_state_dict(optim.SGD(nn.Linear(3, 4).parameters()).state_dict())
    other = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2))
    stored = optim.SGD(other.parameters(), momentum=0.9)
    stored.step(gradients(other))
    with pytest.raises(
        StateDictError, match=r"'momentum_buffer' of parameter 0 does not fit its shape \(4, 3\)"
    ):
        optimizer.load_state_dict(stored.state_dict())
    assert not optimizer.state


def test_a_schedule_that_is_stored():
    optimizer = optim.SGD([X.copy()], lr=1.0)
    schedule = optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(3):
        schedule.step()
    other = optim.lr_scheduler.StepLR(optim.SGD([X.copy()], lr=9.0), 7)
    other.load_state_dict(schedule.state_dict())
    other.optimizer.load_state_dict(optimizer.state_dict())
    assert other.get_last_lr() == schedule.get_last_lr() == [0.5]
    for each in (schedule, other):
        each.step()
    assert other.get_last_lr() == schedule.get_last_lr() == [0.25]


def test_norms_that_are_not_finite():
    found = gradients(network())
    found["2.bias"][0] = np.nan
    before = found["0.weight"].copy()
    with pytest.raises(GradientError, match=r"norm of the gradients is nan; 2\.bias is not finite"):
        optim.clip_grad_norm_(found, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(found["0.weight"], before)
    assert np.isnan(optim.clip_grad_norm_(found, 1.0))
