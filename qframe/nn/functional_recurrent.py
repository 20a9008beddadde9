"""The LSTM recurrence on float arrays."""

from __future__ import annotations

import numpy as np

from .functional_checks import Array
from .functional_elementwise import sigmoid


def lstm_cell(gates: Array, cell: Array) -> tuple[Array, Array]:
    """One step: from the sum of both projections, shape (N, 4H), and the cell state, (hidden, cell).

    The gates stand in the order input, forget, cell, output.
    """
    enter, forget, candidate, emit = np.split(gates, 4, axis=1)
    cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(candidate)
    return sigmoid(emit) * np.tanh(cell), cell


def lstm_layer(
    x: Array,
    hidden: Array,
    cell: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
    reverse: bool = False,
) -> tuple[Array, Array, Array]:
    """Run one direction of one layer over (T, N, input); return outputs (T, N, H), last hidden and cell.

    The input is projected for all steps at once.
    """
    steps, batch, width = x.shape
    projected = (x.reshape(steps * batch, width) @ weight_ih.T).reshape(steps, batch, len(weight_ih))
    for bias in (bias_ih, bias_hh):
        if bias is not None:
            projected += bias
    outputs = np.empty((steps, batch, hidden.shape[1]), np.float32)
    order = range(steps - 1, -1, -1) if reverse else range(steps)
    for step in order:
        hidden, cell = lstm_cell(projected[step] + hidden @ weight_hh.T, cell)
        outputs[step] = hidden
    return outputs, hidden, cell
