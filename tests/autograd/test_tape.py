"""Memory: what a step needs is given back, and before the step has ended."""

import gc
import tracemalloc

import numpy as np
import pytest
from autograd.extend import VJPNode
from autograd.tracer import notrace_primitives, trace_stack

from qframe import nn, optim
from qframe.autograd import differentiable, value_and_grad
from qframe.nn import functional

LABELS = np.arange(8) % 3


def test_autograd_is_left_as_it_was():
    model = nn.Linear(3, 2)

    def failing():
        raise KeyError

    with pytest.raises(KeyError):
        value_and_grad(model, failing)()
    value_and_grad(model, lambda: model(np.ones((1, 3), np.float32)).sum())()
    assert trace_stack.top == -1
    assert type(notrace_primitives[VJPNode]) is set


def test_memory_does_not_grow_over_a_thousand_steps():
    """Without the garbage collector's help: a step leaves nothing behind that refers to itself."""
    body = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2)
    model = nn.Sequential(*body, nn.Flatten(), nn.Dropout(0.1), nn.Linear(16, 3))
    optimizer = optim.Adam(model.parameters())
    schedule = optim.lr_scheduler.StepLR(optimizer, 100)
    x = np.random.default_rng(0).standard_normal((8, 1, 4, 4), dtype=np.float32)
    step = value_and_grad(model, lambda x: functional.cross_entropy(model(x), LABELS))

    def train(steps):
        for _ in range(steps):
            _, gradients = step(x)
            optim.clip_grad_norm_(gradients, 1.0)
            optimizer.step(gradients)
        schedule.step()

    gc.disable()
    tracemalloc.start()
    try:
        train(500)  # until Python's and NumPy's stores of small objects are full
        before = tracemalloc.get_traced_memory()[0]
        train(1000)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        gc.enable()
    assert grown < 8_000  # not even the smallest object for each step


def test_memory_falls_on_the_way_back():
    """The arrays of a layer are dropped before those of the layers below it are used."""
    alive = []

    def gradients(g, out, x):
        alive.append(tracemalloc.get_traced_memory()[0])
        return (g + 0,)

    layer = differentiable(gradients)(lambda x: x + 1)
    model = nn.Module()
    model.p = nn.Parameter(np.zeros(100_000, np.float32))

    def loss():
        x = model.p
        for _ in range(20):
            x = layer(x)
        return x.sum()

    tracemalloc.start()
    try:
        value_and_grad(model, loss)()
    finally:
        tracemalloc.stop()
    assert len(alive) == 20
    assert alive[-1] < alive[0] - 10 * model.p.nbytes
