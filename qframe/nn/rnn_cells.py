"""Recurrent cells: one step of one layer."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..errors import ArgumentError
from ..ops import recurrent
from .functional_checks import check_choice, check_counts, check_ranks, float_array, weighted_input
from .functional_recurrent import GRU_CELL, LSTM_CELL, RNN_CELLS, FloatCell, run_layer
from .module import Module
from .rnn_base import Array, States, draw_weights, given_states, register_weights, weights_of


class RNNCellBase(Module):
    """Base of float and quantized cells: arguments and checks.  Subclasses run the step."""

    _kind: ClassVar[recurrent.RecurrentKind]

    def __init__(self, input_size: int, hidden_size: int, bias: bool) -> None:
        super().__init__()
        check_counts(self._name(), input_size=input_size, hidden_size=hidden_size)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias

    def _name(self) -> str:
        return f"{self._kind.name}Cell"

    def _run_step(self, x: Array, states: States) -> States:
        """Return the states after one step."""
        raise NotImplementedError(f"{type(self).__name__} does not say how a step is run")

    def _float(self, x: Any, name: str) -> Array:
        """Return ``x`` as a float32 array, or raise."""
        return weighted_input(self._name(), x) if name == "input" else float_array(self._name(), x, name)

    def forward(self, input: Array, hx: Any = None) -> Any:
        """Do one step from the state ``hx``, by default zeros.

        Args:
            input: shape (N, input_size).
            hx: h_0, for an LSTM (h_0, c_0); each of shape (N, hidden_size).

        Returns:
            h_1, for an LSTM (h_1, c_1).
        """
        x = self._float(input, "input")
        check_ranks(self._name(), x, "(N, input_size)")
        if x.shape[1] != self.input_size:
            raise ArgumentError(
                f"{self._name()} takes shape (N, {self.input_size}), got {x.shape}",
                fix="Match the last dimension",
            )
        states = self._run_step(x, self._initial_states(hx, x.shape[0]))
        return states[0] if len(states) == 1 else tuple(states)

    def _initial_states(self, hx: Any, batch: int) -> States:
        shape = (batch, self.hidden_size)
        if hx is None:
            return tuple(np.zeros(shape, np.float32) for _ in self._kind.states)
        given = zip(given_states(self._kind, hx), self._kind.states, strict=True)
        states = tuple((self._float(state, role), role) for state, role in given)
        for state, role in states:
            if state.shape != shape:
                raise ArgumentError(
                    f"{self._name()}: {role} has shape {state.shape}; for this input it must have {shape}",
                    fix="Give (N, hidden_size) with the input's N",
                )
        return tuple(state for state, _ in states)

    def extra_repr(self) -> str:
        """Return the arguments, without those that have their default."""
        text = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            text += ", bias=False"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return text if nonlinearity == "tanh" else f"{text}, nonlinearity={nonlinearity}"


class FloatCellBase(RNNCellBase):
    """Base of the float cells: their parameters."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__(input_size, hidden_size, bias)
        register_weights(self, "", self._kind.gates * hidden_size, input_size, hidden_size, bias)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew."""
        draw_weights(self, self.hidden_size)

    def _cell(self) -> FloatCell:
        raise NotImplementedError(f"{type(self).__name__} does not name its cell")

    def _run_step(self, x: Array, states: States) -> States:
        return run_layer(self._cell(), x, (len(x),), states, weights_of(self, "", self.bias))[1:]


class LSTMCell(FloatCellBase):
    """One step of long short-term memory (mirrors ``torch.nn.LSTMCell``).

    Args:
        input_size, hidden_size: lengths of the last dimension of input and hidden state.
        bias: learn biases.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: rows in the order input, forget, cell, output gate; drawn
            evenly from ±1/sqrt(hidden_size).

    Raises:
        ArgumentError: arguments or shapes that do not fit.
        DTypeError: a quantized or integer input.
    """

    _kind = recurrent.LSTM

    def _cell(self) -> FloatCell:
        return LSTM_CELL


class GRUCell(FloatCellBase):
    """One step of a gated recurrent unit (mirrors ``torch.nn.GRUCell``).

    As :class:`LSTMCell`; rows in the order reset, update, new gate.
    """

    _kind = recurrent.GRU

    def _cell(self) -> FloatCell:
        return GRU_CELL


class RNNCell(FloatCellBase):
    """One step of an Elman network (mirrors ``torch.nn.RNNCell``).

    As :class:`LSTMCell`, with one gate.

    Args:
        nonlinearity: "tanh" or "relu".
    """

    _kind = recurrent.RNN

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh"
    ) -> None:
        check_choice("RNNCell: nonlinearity", nonlinearity, recurrent.NONLINEARITIES)
        super().__init__(input_size, hidden_size, bias)
        self.nonlinearity = nonlinearity

    def _cell(self) -> FloatCell:
        return RNN_CELLS[self.nonlinearity]
