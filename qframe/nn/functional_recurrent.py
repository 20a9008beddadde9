"""Recurrent layers on float arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from ..numerics_recurrent import (
    Cell,
    gru_cell,
    lstm_cell,
    rnn_relu_cell,
    rnn_tanh_cell,
    run_steps,
)
from .functional_checks import Array
from .functional_elementwise import sigmoid

#: The cells with NumPy's functions, which are faster than those that quantized layers must agree in.
LSTM_CELL: Cell = partial(lstm_cell, sigmoid=sigmoid, tanh=np.tanh)
GRU_CELL: Cell = partial(gru_cell, sigmoid=sigmoid, tanh=np.tanh)
RNN_CELLS: dict[str, Cell] = {"tanh": partial(rnn_tanh_cell, tanh=np.tanh), "relu": rnn_relu_cell}


def run_layer(
    cell: Cell,
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

    def project(rows: Array, weight: Array, which: int) -> Array:
        product = rows @ weight.T
        return product + biases[which] if biases else product

    def project_hidden(hidden: Array) -> Array:
        return project(hidden, weight_hh, 1)

    return run_steps(project(x, weight_ih, 0), batch_sizes, states, reverse, project_hidden, cell)
