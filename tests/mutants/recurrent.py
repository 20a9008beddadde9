"""Recurrent layers that are wrong in one respect."""

import numpy as np

from qframe.plugin import gru_cell, lstm_cell, run_steps, sigmoid

from .engines import reference


def lstm_with_a_scale_for_each_step(weight_ih, weight_hh, bias_ih, bias_hh):
    """Quantizes the input of each step by itself, not that of the whole sequence."""
    packed = reference("lstm_pack")(weight_ih, weight_hh, bias_ih, bias_hh)

    def run(x, batch_sizes, states, *, reverse=False, reduce_range=False):
        if reverse or len(set(batch_sizes)) > 1:
            return packed(x, batch_sizes, states, reverse=reverse, reduce_range=reduce_range)
        outputs = []
        for rows in np.split(x, len(batch_sizes)):
            out, *states = packed(rows, (len(rows),), states, reduce_range=reduce_range)
            outputs.append(out)
        return np.concatenate(outputs), *states

    return run


def lstm_with_the_librarys_functions(weight_ih, weight_hh, bias_ih, bias_hh):
    """Takes NumPy's exp and tanh, whose last bits are other ones."""
    linear = [reference("linear_pack")(*pair) for pair in ((weight_ih, bias_ih), (weight_hh, bias_hh))]

    def cell(projected, recurrent, states):
        return lstm_cell(projected, recurrent, states, lambda x: 1 / (1 + np.exp(-x)), np.tanh)

    def run(x, batch_sizes, states, *, reverse=False, reduce_range=False):
        projected = linear[0].dynamic(x, reduce_range=reduce_range)

        def project(hidden):
            return linear[1].dynamic(hidden, reduce_range=reduce_range)

        return run_steps(projected, batch_sizes, states, reverse, project, cell)

    return run


def lstm_that_quantizes_its_input(weight_ih, weight_hh, bias_ih, bias_hh):
    packed = reference("lstm_pack_fp16")(weight_ih, weight_hh, bias_ih, bias_hh)

    def run(x, batch_sizes, states, *, reverse=False):
        return packed(np.rint(x * 64) / np.float32(64), batch_sizes, states, reverse=reverse)

    return run


def gru_that_resets_before_the_product(weight_ih, weight_hh, bias_ih, bias_hh):
    """The other common GRU: its reset gate multiplies the hidden state, not the projection."""
    linear = [reference("linear_pack")(*pair) for pair in ((weight_ih, bias_ih), (weight_hh, bias_hh))]

    def run(x, batch_sizes, states, *, reverse=False, reduce_range=False):
        def project(hidden):
            return linear[1].dynamic(hidden, reduce_range=reduce_range)

        def cell(projected, recurrent, states):
            size = states[0].shape[1]
            reset = sigmoid(projected[:, :size] + recurrent[:, :size])
            candidate = project(reset * states[0])[:, 2 * size :]
            whole = np.concatenate([recurrent[:, : 2 * size], candidate], axis=1)
            opened = np.concatenate([np.full_like(reset, 100), projected[:, size:]], axis=1)
            return gru_cell(opened, whole, states)

        return run_steps(
            linear[0].dynamic(x, reduce_range=reduce_range), batch_sizes, states, reverse, project, cell
        )

    return run


def rnn_reversing_each_batch(weight_ih, weight_hh, bias_ih, bias_hh, nonlinearity):
    """Turns the rows around, as if each sequence were as long as the longest."""
    packed = reference("rnn_pack")(weight_ih, weight_hh, bias_ih, bias_hh, nonlinearity)

    def run(x, batch_sizes, states, *, reverse=False, reduce_range=False):
        if not reverse:
            return packed(x, batch_sizes, states, reduce_range=reduce_range)
        out, *states = packed(x[::-1].copy(), batch_sizes, states, reduce_range=reduce_range)
        return out[::-1].copy(), *states

    return run
