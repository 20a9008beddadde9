"""Recurrent layers step by step: the arithmetic of each cell, and the order of rows and steps.

A layer sees the rows of all steps one behind the other, those of step t being ``batch_sizes[t]`` long; the
sizes never grow, so that the sequences that have ended are always the last ones.  Both projections, of the
input and of the hidden state, hold the gates side by side, each ``hidden_size`` wide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .transcendental import sigmoid, tanh

Array = np.ndarray[Any, Any]
Function = Callable[[Any], Any]
States = tuple[Any, ...]
#: From the two projections and the states of some rows, their new states; the first is the output.
Cell = Callable[[Any, Any, States], States]


def relu(x: Array) -> Array:
    """Return ``x``, 0 where it is below; NaN stays."""
    return np.where(x < 0, np.float32(0), x)


def lstm_cell(
    projected: Any, recurrent: Any, states: States, sigmoid: Function = sigmoid, tanh: Function = tanh
) -> States:
    """Return (hidden, cell) after one step from (hidden, cell); gates in the order i, f, g, o.

    ``cell = sigmoid(f)·cell + sigmoid(i)·tanh(g)``, ``hidden = sigmoid(o)·tanh(cell)``; a gate is the sum of
    both projections.
    """
    size = states[0].shape[-1]
    gates = projected + recurrent
    enter_and_forget = sigmoid(gates[:, : 2 * size])
    enter, forget = enter_and_forget[:, :size], enter_and_forget[:, size:]
    cell = forget * states[1] + enter * tanh(gates[:, 2 * size : 3 * size])
    return sigmoid(gates[:, 3 * size :]) * tanh(cell), cell


def gru_cell(
    projected: Any, recurrent: Any, states: States, sigmoid: Function = sigmoid, tanh: Function = tanh
) -> States:
    """Return (hidden,) after one step; gates in the order r, z, n.

    ``n = tanh(nᵢ + sigmoid(rᵢ + rₕ)·nₕ)``, ``hidden = (hidden − n)·sigmoid(zᵢ + zₕ) + n``.
    """
    size = states[0].shape[-1]
    reset_and_keep = sigmoid(projected[:, : 2 * size] + recurrent[:, : 2 * size])
    reset, keep = reset_and_keep[:, :size], reset_and_keep[:, size:]
    new = tanh(projected[:, 2 * size :] + reset * recurrent[:, 2 * size :])
    return ((states[0] - new) * keep + new,)


def rnn_tanh_cell(projected: Any, recurrent: Any, states: States, tanh: Function = tanh) -> States:
    """Return (hidden,) after one step: ``tanh`` of the sum of both projections."""
    return (tanh(projected + recurrent),)


def rnn_relu_cell(projected: Any, recurrent: Any, states: States, relu: Function = relu) -> States:
    """Return (hidden,) after one step: :func:`relu` of the sum of both projections."""
    return (relu(projected + recurrent),)


def run_steps(
    projected: Array,
    batch_sizes: Sequence[int],
    states: Sequence[Array],
    reverse: bool,
    project_hidden: Function,
    cell: Cell,
) -> tuple[Array, ...]:
    """Run a layer from step to step; ``reverse`` begins at the last one.

    Args:
        projected: projection of the input, shape (rows of all steps, gates · hidden_size).
        states: hidden state, and the cell state if there is one, each (N, hidden_size); not written to.
        project_hidden: of the hidden state of the rows that one step has.

    Returns:
        The outputs, shape (rows of all steps, hidden_size), and each state after the last step that was run
        for its sequence.
    """
    present = tuple(np.array(state, dtype=projected.dtype, order="C") for state in states)
    outputs = np.empty((projected.shape[0], present[0].shape[1]), dtype=projected.dtype)
    for rows in steps(batch_sizes, reverse):
        live = tuple(state[: rows.stop - rows.start] for state in present)
        for state, new in zip(live, cell(projected[rows], project_hidden(live[0]), live), strict=True):
            state[...] = new
        outputs[rows] = live[0]
    return outputs, *present


def steps(batch_sizes: Sequence[int], reverse: bool) -> Iterator[slice]:
    """Yield the rows of each step, in the order in which the steps are run."""
    ends = np.cumsum(batch_sizes, dtype=np.int64).tolist()
    steps = [slice(end - size, end) for size, end in zip(batch_sizes, ends, strict=True)]
    return reversed(steps) if reverse else iter(steps)
