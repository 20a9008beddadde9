"""Recurrent layers on float arrays, and the way of their gradients back through time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..autograd.tracing import differentiable
from ..numerics.recurrent import (
    Cell,
    gru_cell,
    lstm_cell,
    rnn_relu_cell,
    rnn_tanh_cell,
    run_steps,
    steps,
)
from .functional_checks import Array
from .functional_elementwise import sigmoid

States = tuple[Array, ...]


class Projections(NamedTuple):
    """What a cell saw in all steps, row by row.

    Attributes:
        projected, recurrent: the projections of the input and of the hidden state.
        before, hidden: the hidden state before and after the step.
        cells_before: from ``forget`` and ``added``, the cell state before each step of an LSTM, in which
            each step leaves ``forget · cell + added``.
    """

    projected: Array
    recurrent: Array
    before: Array
    hidden: Array
    cells_before: Callable[[Array, Array], Array]


#: From the projections of all rows: by row, what :attr:`FloatCell.back` needs.
Prepare = Callable[[Projections], tuple[Array, ...]]
#: From the gradients of the states after a step and what was prepared for its rows: the gradients of both
#: projections, and those of the states before it, as far as they do not come through the projection.
Back = Callable[[States, Sequence[Array]], tuple[Array, Array, States]]


class FloatCell(NamedTuple):
    """A cell with NumPy's functions, which are faster than those that quantized layers must agree in."""

    forward: Cell
    prepare: Prepare
    back: Back


def run_layer(
    cell: FloatCell,
    x: Array,
    batch_sizes: Sequence[int],
    states: Sequence[Array],
    weights: Sequence[Array],
    reverse: bool = False,
) -> tuple[Array, ...]:
    """Run one direction of one layer; the input is projected for all steps at once.

    Args:
        x: shape (rows of all steps, I), ``batch_sizes[t]`` of them at step t.
        weights: weight_ih, weight_hh and, if there are biases, bias_ih, bias_hh.

    Returns:
        The outputs, shape (rows of all steps, H), and each last state.
    """
    weight_ih, weight_hh, *biases = weights
    bias_ih, bias_hh = biases or (None, None)
    result = _run_layer(cell, tuple(batch_sizes), reverse, x, weight_ih, weight_hh, bias_ih, bias_hh, *states)
    return tuple(result)


def _run_layer_gradients(
    g: States,
    out: States,
    cell: FloatCell,
    batch_sizes: tuple[int, ...],
    reverse: bool,
    x: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
    *initial: Array,
) -> tuple[Any, ...]:
    """Compute all gates once more, in one product; only what depends on later steps goes step by step."""
    before = _states_before(out[0], batch_sizes, reverse, initial[0])
    projected, recurrent = _projected(x, weight_ih, bias_ih), _projected(before, weight_hh, bias_hh)
    cells_before = partial(_cells_before, batch_sizes, reverse, initial[-1])
    saved = cell.prepare(Projections(projected, recurrent, before, out[0], cells_before))
    by_projected, by_recurrent = np.empty_like(projected), np.empty_like(recurrent)
    present = [np.array(state) for state in g[1:]]
    for rows in reversed(list(steps(batch_sizes, reverse))):
        live = [state[: rows.stop - rows.start] for state in present]
        live[0] += g[0][rows]
        by_projected[rows], by_recurrent[rows], earlier = cell.back(
            tuple(live), [part[rows] for part in saved]
        )
        for state, new in zip(live, earlier, strict=True):
            state[...] = new
        live[0] += by_recurrent[rows] @ weight_hh
    return (
        *(None, None, None),
        lambda: by_projected @ weight_ih,
        lambda: by_projected.T @ x,
        lambda: by_recurrent.T @ before,
        lambda: by_projected.sum(axis=0),
        lambda: by_recurrent.sum(axis=0),
        *present,
    )


@differentiable(_run_layer_gradients)
def _run_layer(
    cell: FloatCell,
    batch_sizes: tuple[int, ...],
    reverse: bool,
    x: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
    *states: Array,
) -> tuple[Array, ...]:
    def project_hidden(hidden: Array) -> Array:
        return _projected(hidden, weight_hh, bias_hh)

    projected = _projected(x, weight_ih, bias_ih)
    return run_steps(projected, batch_sizes, states, reverse, project_hidden, cell.forward)


def _projected(rows: Array, weight: Array, bias: Array | None) -> Array:
    product = rows @ weight.T
    return product if bias is None else product + bias


def _states_before(outputs: Array, batch_sizes: tuple[int, ...], reverse: bool, initial: Array) -> Array:
    """Return, row by row, the hidden state before each step."""
    before, present = np.empty_like(outputs), initial.copy()
    for rows in steps(batch_sizes, reverse):
        live = present[: rows.stop - rows.start]
        before[rows] = live
        live[...] = outputs[rows]
    return before


def _cells_before(
    batch_sizes: tuple[int, ...], reverse: bool, initial: Array, forget: Array, added: Array
) -> Array:
    """Return, row by row, the cell state of an LSTM before each step."""
    before, present = np.empty_like(added), initial.copy()
    for rows in steps(batch_sizes, reverse):
        live = present[: rows.stop - rows.start]
        before[rows] = live
        live[...] = forget[rows] * live + added[rows]
    return before


# -- the cells -------------------------------------------------------------------------------------------


def _lstm_prepare(rows: Projections) -> tuple[Array, ...]:
    enter, forget, new, leave = np.split(rows.projected + rows.recurrent, 4, axis=1)
    enter, forget, new, leave = sigmoid(enter), sigmoid(forget), np.tanh(new), sigmoid(leave)
    before = rows.cells_before(forget, enter * new)
    shown = np.tanh(forget * before + enter * new)
    by_cell = [new * enter * (1 - enter), before * forget * (1 - forget), enter * (1 - new * new)]
    return leave * (1 - shown * shown), np.concatenate(by_cell, axis=1), shown * leave * (1 - leave), forget


def _lstm_back(g: States, saved: Sequence[Array]) -> tuple[Array, Array, States]:
    cell_by_hidden, gates_by_cell, leave_by_hidden, forget = saved
    by_hidden, by_cell = g[0], g[1] + g[0] * cell_by_hidden
    gates = np.concatenate([np.tile(by_cell, 3) * gates_by_cell, by_hidden * leave_by_hidden], axis=1)
    return gates, gates, (np.zeros_like(by_hidden), by_cell * forget)


def _gru_prepare(rows: Projections) -> tuple[Array, ...]:
    size = rows.hidden.shape[1]
    both = sigmoid(rows.projected[:, : 2 * size] + rows.recurrent[:, : 2 * size])
    reset, keep = both[:, :size], both[:, size:]
    own = rows.recurrent[:, 2 * size :]
    new = np.tanh(rows.projected[:, 2 * size :] + reset * own)
    return (1 - keep) * (1 - new * new), (rows.before - new) * keep * (1 - keep), reset, own, keep


def _gru_back(g: States, saved: Sequence[Array]) -> tuple[Array, Array, States]:
    new_by_hidden, keep_by_hidden, reset, own, keep = saved
    by_new, by_keep = g[0] * new_by_hidden, g[0] * keep_by_hidden
    by_reset = by_new * own * reset * (1 - reset)
    projected = np.concatenate([by_reset, by_keep, by_new], axis=1)
    return projected, np.concatenate([by_reset, by_keep, by_new * reset], axis=1), (g[0] * keep,)


def _rnn_back(g: States, saved: Sequence[Array]) -> tuple[Array, Array, States]:
    gates = g[0] * saved[0]
    return gates, gates, (np.zeros_like(gates),)


def _tanh_prepare(rows: Projections) -> tuple[Array, ...]:
    return (1 - rows.hidden * rows.hidden,)


def _relu_prepare(rows: Projections) -> tuple[Array, ...]:
    return (rows.hidden > 0,)


LSTM_CELL = FloatCell(partial(lstm_cell, sigmoid=sigmoid, tanh=np.tanh), _lstm_prepare, _lstm_back)
GRU_CELL = FloatCell(partial(gru_cell, sigmoid=sigmoid, tanh=np.tanh), _gru_prepare, _gru_back)
RNN_CELLS = {
    "tanh": FloatCell(partial(rnn_tanh_cell, tanh=np.tanh), _tanh_prepare, _rnn_back),
    "relu": FloatCell(rnn_relu_cell, _relu_prepare, _rnn_back),
}
