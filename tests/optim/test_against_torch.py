"""Optimizers and schedules against PyTorch, step by step, to 1e-6."""

import numpy as np
import pytest

from qframe import nn, optim
from qframe.autograd import Gradients

torch = pytest.importorskip("torch")

SHAPES = [(4, 3), (5,), ()]
OPTIMIZERS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "dampening": 0.3, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.02, "amsgrad": True, "maximize": True}),
    ("AdamW", {"lr": 0.02}),
    ("AdamW", {"lr": 0.02, "weight_decay": 0.3, "amsgrad": True}),
]
SCHEDULES = [
    None,
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),
]


def gradients(arrays, step):
    """Different at each step, and shrinking, so that the largest squares of amsgrad are earlier ones."""
    random = np.random.default_rng(step)
    drawn = [random.standard_normal(array.shape) / (1 + step) for array in arrays]
    return [np.asarray(gradient, dtype=np.float32) for gradient in drawn]


def step_ours(optimizer, arrays, step):
    parameters = {str(i): array for i, array in enumerate(arrays)}
    optimizer.step(Gradients({str(i): g for i, g in enumerate(gradients(arrays, step))}, parameters))


def step_theirs(optimizer, tensors, step):
    for tensor, gradient in zip(tensors, gradients([t.detach().numpy() for t in tensors], step), strict=True):
        tensor.grad = torch.from_numpy(np.array(gradient))
    optimizer.step()


def starts():
    random = np.random.default_rng(0)
    arrays = [np.asarray(random.standard_normal(shape), dtype=np.float32) for shape in SHAPES]
    return arrays, [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]


def close(arrays, tensors):
    for array, tensor in zip(arrays, tensors, strict=True):
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, tensor.detach().numpy(), rtol=1e-6, atol=1e-6)


def pair(name, options, arrays, tensors):
    """Both optimizers, with two groups, the second with a rate of its own."""
    groups = [
        [{"params": parameters[:2]}, {"params": parameters[2:], "lr": 0.05}]
        for parameters in (arrays, tensors)
    ]
    return getattr(optim, name)(groups[0], **options), getattr(torch.optim, name)(groups[1], **options)


@pytest.mark.filterwarnings("ignore::UserWarning:torch.*")
@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s and s[0])
@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
def test_twenty_steps(name, options, schedule):
    arrays, tensors = starts()
    ours, theirs = pair(name, options, arrays, tensors)
    schedules = []
    if schedule:
        schedules = [
            getattr(library.lr_scheduler, schedule[0])(optimizer, **schedule[1])
            for library, optimizer in ((optim, ours), (torch.optim, theirs))
        ]
    for step in range(20):
        step_ours(ours, arrays, step)
        step_theirs(theirs, tensors, step)
        close(arrays, tensors)
        for each in schedules:
            each.step()
        rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in (ours, theirs)]
        np.testing.assert_allclose(*rates, rtol=1e-6)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, np.inf])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clipping(norm_type, max_norm):
    arrays, tensors = starts()
    ours = Gradients({str(i): array for i, array in enumerate(gradients(arrays, 1))}, {})
    for tensor, gradient in zip(tensors, gradients(arrays, 1), strict=True):
        tensor.grad = torch.from_numpy(np.array(gradient))
    norm = torch.nn.utils.clip_grad_norm_(tensors, max_norm, norm_type)
    assert optim.clip_grad_norm_(ours, max_norm, norm_type) == pytest.approx(norm.item(), rel=1e-6)
    close(ours.values(), [tensor.grad for tensor in tensors])
    assert nn.utils.clip_grad_norm_ is optim.clip_grad_norm_


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_defaults(name):
    def given(library, parameters):
        group = dict(getattr(library, name)(parameters).param_groups[0])
        return {key: value for key, value in group.items() if key != "params"}

    arrays, tensors = starts()
    ours, theirs = given(optim, arrays), given(torch.optim, tensors)
    assert ours == {key: theirs[key] for key in ours}
