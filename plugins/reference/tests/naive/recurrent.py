"""Recurrent layers: unit by unit, step by step."""

import numpy as np

from .linear import linear_pack, linear_pack_fp16
from .numbers import f32
from .transcendental import sigmoid, tanh


def lstm_unit(inputs, hiddens, states):
    """The new hidden and cell state of one unit, from its four gates."""
    i, f, g, o = (a + b for a, b in zip(inputs, hiddens, strict=True))
    cell = sigmoid(f) * states[1] + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(cell), cell


def gru_unit(inputs, hiddens, states):
    reset, keep = sigmoid(inputs[0] + hiddens[0]), sigmoid(inputs[1] + hiddens[1])
    new = tanh(inputs[2] + reset * hiddens[2])
    return ((states[0] - new) * keep + new,)


def tanh_unit(inputs, hiddens, states):
    return (tanh(inputs[0] + hiddens[0]),)


def relu_unit(inputs, hiddens, states):
    total = inputs[0] + hiddens[0]
    return (f32(0) if total < 0 else total,)


RNN_UNITS = {"tanh": tanh_unit, "relu": relu_unit}


class Layer:
    """One direction of a layer, whose two products are made by ``project_input`` and ``project_hidden``."""

    def __init__(self, unit, project_input, project_hidden):
        self.unit, self.project_input, self.project_hidden = unit, project_input, project_hidden

    def __call__(self, x, batch_sizes, states, *, reverse=False, **options):
        projected = self.project_input(x, **options)
        states = [state.copy() for state in states]
        size = states[0].shape[1]
        outputs = np.zeros((len(x), size), dtype=np.float32)
        steps = range(len(batch_sizes))
        for step in reversed(steps) if reverse else steps:
            first, count = sum(batch_sizes[:step]), batch_sizes[step]
            recurrent = self.project_hidden(states[0][:count].copy(), **options)
            for row in range(count):
                for unit in range(size):
                    new = self.unit(
                        projected[first + row, unit::size],
                        recurrent[row, unit::size],
                        [state[row, unit] for state in states],
                    )
                    for state, value in zip(states, new, strict=True):
                        state[row, unit] = value
                outputs[first + row] = states[0][row]
        return outputs, *states


def quantized(unit, weight_ih, weight_hh, bias_ih, bias_hh):
    return Layer(unit, linear_pack(weight_ih, bias_ih).dynamic, linear_pack(weight_hh, bias_hh).dynamic)


def half(unit, weight_ih, weight_hh, bias_ih, bias_hh):
    return Layer(unit, linear_pack_fp16(weight_ih, bias_ih), linear_pack_fp16(weight_hh, bias_hh))


def lstm_pack(weight_ih, weight_hh, bias_ih, bias_hh):
    return quantized(lstm_unit, weight_ih, weight_hh, bias_ih, bias_hh)


def gru_pack(weight_ih, weight_hh, bias_ih, bias_hh):
    return quantized(gru_unit, weight_ih, weight_hh, bias_ih, bias_hh)


def rnn_pack(weight_ih, weight_hh, bias_ih, bias_hh, nonlinearity):
    return quantized(RNN_UNITS[nonlinearity], weight_ih, weight_hh, bias_ih, bias_hh)


def lstm_pack_fp16(weight_ih, weight_hh, bias_ih, bias_hh):
    return half(lstm_unit, weight_ih, weight_hh, bias_ih, bias_hh)


def gru_pack_fp16(weight_ih, weight_hh, bias_ih, bias_hh):
    return half(gru_unit, weight_ih, weight_hh, bias_ih, bias_hh)


def rnn_pack_fp16(weight_ih, weight_hh, bias_ih, bias_hh, nonlinearity):
    return half(RNN_UNITS[nonlinearity], weight_ih, weight_hh, bias_ih, bias_hh)
