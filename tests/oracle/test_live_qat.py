"""Quantization-aware training beside a living PyTorch 2: one step exactly, fifty steps to a percent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from golden.qat_models import NAMES, WITH_BIAS, build, layers
from oracle.live import Array, fbgemm, tensor, torch
from oracle.training import assert_buffers, assert_gradients, loss_and_gradients, prepared

from qframe import nn, optim, quantization

tq = pytest.importorskip("torch.ao.quantization")
pytestmark = pytest.mark.filterwarnings("ignore")

#: PyTorch 2 clamps a reduced range earlier than 1.6, which qframe follows: so the range is whole here.
QCONFIGS = ("per_tensor", "per_channel")


def qconfig_of(library: Any, name: str) -> Any:
    activation = library.FakeQuantize.with_args(
        observer=library.MovingAverageMinMaxObserver, quant_min=0, quant_max=255, reduce_range=False
    )
    weights = {
        "per_tensor": library.default_weight_fake_quant,
        "per_channel": library.default_per_channel_weight_fake_quant,
    }
    return library.QConfig(activation=activation, weight=weights[name])


def theirs(name: str, qconfig: str, state: dict[str, Array]) -> Any:
    model = build(torch.nn, tq, name)
    model.load_state_dict({key: tensor(value) for key, value in state.items()})
    positions = layers(torch.nn)[name][1]
    if positions:
        model = tq.fuse_modules_qat(model, positions)
    model.qconfig = qconfig_of(tq, qconfig)
    return tq.prepare_qat(model)


def start(name: str, seed: int) -> tuple[dict[str, Array], Array, Array]:
    """Random weights, batch and target."""
    rng = np.random.default_rng(seed)
    state = build(nn, quantization, name).state_dict()
    for key, value in state.items():
        if key.endswith(("weight", "bias")):
            state[key] = np.float32(rng.uniform(-0.5, 1, value.shape))
    shape, target = layers(nn)[name][2]
    return state, np.float32(rng.normal(size=shape)), np.float32(rng.normal(size=target))


def near_ties(model: Any, x: Array) -> bool:
    """Whether something is rounded that lies so near half a step that the order of sums may decide.

    The largest weight always lies at step 127.5, by the same division in both libraries.
    """
    near: list[bool] = []

    def look(fake: Any, arguments: Any, output: Any) -> None:
        scale = fake.scale.reshape(-1, *[1] * (arguments[0].ndim - 1)) if len(fake.scale) > 1 else fake.scale
        steps = np.abs(arguments[0] / scale)
        near.append(bool(((np.abs(steps - np.floor(steps) - 0.5) < 2e-4) & (steps < 127.4)).any()))

    fakes = [module for module in model.modules() if isinstance(module, quantization.FakeQuantize)]
    handles = [fake.register_forward_hook(look) for fake in fakes]
    model(x)
    for handle in handles:
        handle.remove()
    return any(near)


def clear_start(name: str, qconfig: str) -> tuple[dict[str, Array], Array, Array]:
    """The first start at which nothing is rounded near a tie, where a last place would decide."""
    for seed in range(50):
        state, x, target = start(name, seed)
        if not near_ties(prepared(name, qconfig_of(quantization, qconfig), state), x):
            return state, x, target
    raise AssertionError(f"no clear start for {name}")


@pytest.mark.parametrize("qconfig", QCONFIGS)
@pytest.mark.parametrize("name", [*NAMES, WITH_BIAS])
def test_one_step(name: str, qconfig: str) -> None:
    """Loss to 1e-5, gradients to 1e-4, statistics of observers and batch norms to a few last places."""
    fbgemm()
    state, x, target = clear_start(name, qconfig)
    other, ours = theirs(name, qconfig, state), prepared(name, qconfig_of(quantization, qconfig), state)
    expected = torch.nn.functional.mse_loss(other(tensor(x)), tensor(target))
    expected.backward()
    loss, gradients = loss_and_gradients(ours, x, target)
    assert loss == pytest.approx(float(expected), rel=1e-5)
    assert_gradients(gradients, {key: p.grad.numpy() for key, p in other.named_parameters()})
    buffers = {key: value.numpy() for key, value in other.named_buffers() if not key.endswith("eps")}
    per_channel = {"min_val": "min_vals", "max_val": "max_vals"}  # their names before PyTorch 1.8
    if qconfig == "per_channel":
        inner = "weight_fake_quant.activation_post_process."
        buffers = {
            key.replace(inner + old, inner + new): value
            for old, new in per_channel.items()
            for key, value in buffers.items()
            if not any(inner + name in key for name in per_channel if name != old)
        }
    assert_buffers(ours.state_dict(), buffers)


@pytest.mark.parametrize("qconfig", QCONFIGS)
@pytest.mark.parametrize("name", [*NAMES, WITH_BIAS])
def test_fifty_steps(name: str, qconfig: str) -> None:
    """The losses of all steps stay within a percent."""
    fbgemm()
    state, x, target = start(name, 7)
    other, ours = theirs(name, qconfig, state), prepared(name, qconfig_of(quantization, qconfig), state)
    settings: dict[str, Any] = {"lr": 0.02, "momentum": 0.9, "weight_decay": 1e-3}
    theirs_optimizer = torch.optim.SGD(other.parameters(), **settings)
    ours_optimizer = optim.SGD(ours.parameters(), **settings)
    losses = []
    for _ in range(50):
        theirs_optimizer.zero_grad()
        expected = torch.nn.functional.mse_loss(other(tensor(x)), tensor(target))
        expected.backward()
        theirs_optimizer.step()
        loss, gradients = loss_and_gradients(ours, x, target)
        ours_optimizer.step(gradients)
        losses.append((loss, float(expected)))
    found, wanted = np.array(losses).T
    np.testing.assert_allclose(found, wanted, rtol=0.01)
    assert np.ptp(found) > 0.1 * found[0]  # it was no standing still
