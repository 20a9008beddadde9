"""A training step of the digits network: forward, backward, and a step of SGD with momentum."""

from __future__ import annotations

from typing import Any

import numpy as np

import qframe
from qframe import optim
from qframe.autograd import value_and_grad
from qframe.nn import functional

from .. import inputs
from ..network_models.digits import CLASSES, digits_network, first_weights
from . import Array, Prepared

RATE, MOMENTUM = 1e-3, 0.9


def batch_of(size: int) -> tuple[Array, Array]:
    """Return images and labels."""
    return inputs.floats(size, 1, 8, 8, seed=1), np.arange(size) % CLASSES


def qframe_step(size: int) -> Prepared:
    """Return the step in qframe."""
    model = digits_network(qframe.nn, qframe.flatten)
    parameters = dict(model.named_parameters())
    weights = first_weights({path: array.shape for path, array in parameters.items()})
    for path, array in parameters.items():
        array[...] = weights[path]
    optimizer = optim.SGD(model.parameters(), RATE, MOMENTUM)
    images, labels = batch_of(size)
    loss_and_gradients = value_and_grad(model, lambda x, target: functional.cross_entropy(model(x), target))

    def step() -> list[Array]:
        _, gradients = loss_and_gradients(images, labels)
        optimizer.step(gradients)
        return list(gradients.values())

    return Prepared(step, joined)


def torch_step(torch: Any, size: int) -> Prepared:
    """Return the step in PyTorch, outside of the process's inference mode."""
    with torch.inference_mode(False):
        model = digits_network(torch.nn, torch.flatten)
        parameters = dict(model.named_parameters())
        weights = first_weights({path: tuple(p.shape) for path, p in parameters.items()})
        with torch.no_grad():
            for path, parameter in parameters.items():
                parameter.copy_(torch.from_numpy(weights[path]))
        optimizer = torch.optim.SGD(model.parameters(), RATE, MOMENTUM)
        images, labels = map(torch.from_numpy, batch_of(size))

    def step() -> list[Array]:
        with torch.inference_mode(False), torch.enable_grad():
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
            return [parameter.grad.numpy() for parameter in parameters.values()]

    return Prepared(step, joined)


def joined(gradients: list[Array]) -> Array:
    """Return all gradients as one vector; those of the first step are compared."""
    return np.concatenate([gradient.ravel() for gradient in gradients])
