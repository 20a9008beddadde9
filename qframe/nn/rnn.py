"""Recurrent layers."""

from __future__ import annotations

import math
import warnings

import numpy as np

from ..errors import ArgumentError, QFrameWarning
from . import functional, init
from .functional_checks import (
    Array,
    check_counts,
    check_probability,
    check_ranks,
    float_array,
    weighted_input,
)
from .functional_recurrent import lstm_layer
from .module import Module

States = tuple[Array, Array]


class LSTM(Module):
    """Long short-term memory over whole sequences (mirrors ``torch.nn.LSTM``).

    Args:
        input_size, hidden_size: lengths of the last dimension of input and hidden state.
        num_layers: layers on top of each other.
        bias: learn biases.
        batch_first: sequences are (N, T, input_size) instead of (T, N, input_size); states are not.
        dropout: probability of :func:`~qframe.nn.functional.dropout` between layers, in training.
        bidirectional: run each layer in both directions and join the outputs.
        proj_size: only 0.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, ...: of layer 0, 1, ...;
            rows in the order input, forget, cell, output gate; drawn evenly from ±1/sqrt(hidden_size).

    Raises:
        ArgumentError: arguments or shapes that do not fit.
        DTypeError: a quantized or integer input.
        NotImplementedError: ``proj_size`` other than 0.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
    ) -> None:
        super().__init__()
        if proj_size:
            raise NotImplementedError(f"LSTM: proj_size={proj_size} is not supported, only 0")
        _check_arguments(input_size, hidden_size, num_layers, dropout)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self._register_weights()
        self.reset_parameters()

    def _register_weights(self) -> None:
        rows = 4 * self.hidden_size
        directions = self._directions()
        for suffix in self._suffixes():
            first = suffix.removesuffix("_reverse") == "_l0"
            width = self.input_size if first else self.hidden_size * directions
            self.register_parameter("weight_ih" + suffix, np.empty((rows, width), np.float32))
            self.register_parameter("weight_hh" + suffix, np.empty((rows, self.hidden_size), np.float32))
            for name in ("bias_ih", "bias_hh") if self.bias else ():
                self.register_parameter(name + suffix, np.empty(rows, np.float32))

    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _suffixes(self) -> list[str]:
        """Return the endings of the parameter names: layer by layer, forward before reverse."""
        ends = ("", "_reverse") if self.bidirectional else ("",)
        return [f"_l{layer}{end}" for layer in range(self.num_layers) for end in ends]

    @property
    def all_weights(self) -> list[list[Array]]:
        """The parameters of each layer and direction: weight_ih, weight_hh, bias_ih, bias_hh."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh") if self.bias else ("weight_ih", "weight_hh")
        return [[getattr(self, name + suffix) for name in names] for suffix in self._suffixes()]

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input: Array, hx: States | None = None) -> tuple[Array, States]:
        """Run the sequences from state ``hx`` = (h_0, c_0), by default zeros.

        Args:
            input: shape (T, N, input_size), or (N, T, input_size) if ``batch_first``.
            hx: two arrays of shape (num_layers · directions, N, hidden_size).

        Returns:
            (output, (h_n, c_n)); output has shape (T, N, directions · hidden_size), in the input's layout.
        """
        x = self._checked_input(input)
        hidden, cell = self._checked_states(hx, x.shape[1])
        last_hidden, last_cell = np.empty_like(hidden), np.empty_like(cell)
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = functional.dropout(x, self.dropout, self.training)
            outputs = []
            for index in range(layer * self._directions(), (layer + 1) * self._directions()):
                reverse = self.bidirectional and index % 2 == 1
                out, last_hidden[index], last_cell[index] = self._run(index, x, hidden, cell, reverse)
                outputs.append(out)
            x = np.concatenate(outputs, axis=2) if self.bidirectional else outputs[0]
        return (x.swapaxes(0, 1) if self.batch_first else x), (last_hidden, last_cell)

    def _run(
        self, index: int, x: Array, hidden: Array, cell: Array, reverse: bool
    ) -> tuple[Array, Array, Array]:
        weight_ih, weight_hh, *biases = self.all_weights[index]
        bias_ih, bias_hh = biases or (None, None)
        return lstm_layer(x, hidden[index], cell[index], weight_ih, weight_hh, bias_ih, bias_hh, reverse)

    def _checked_input(self, input: Array) -> Array:
        x = weighted_input("LSTM", input)
        layout = "(N, T, input_size)" if self.batch_first else "(T, N, input_size)"
        check_ranks("LSTM", x, layout)
        if x.shape[2] != self.input_size or x.shape[1 if self.batch_first else 0] == 0:
            raise ArgumentError(
                f"LSTM takes shape {layout} with input_size={self.input_size} and one step or more, "
                f"got {x.shape}",
                fix="Check input_size, and batch_first if the axes are swapped",
            )
        return x.swapaxes(0, 1) if self.batch_first else x

    def _checked_states(self, hx: States | None, batch: int) -> States:
        shape = (self.num_layers * self._directions(), batch, self.hidden_size)
        if hx is None:
            return np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        if not isinstance(hx, (tuple, list)) or len(hx) != 2:
            raise ArgumentError("LSTM takes its initial state as a pair", fix="Give (h_0, c_0)")
        hidden, cell = float_array("LSTM", hx[0], "h_0"), float_array("LSTM", hx[1], "c_0")
        if hidden.shape != shape or cell.shape != shape:
            raise ArgumentError(
                f"LSTM: h_0 has shape {hidden.shape} and c_0 {cell.shape}; both must have {shape}",
                fix="Give (num_layers * directions, N, hidden_size), also if batch_first",
            )
        return hidden, cell

    def extra_repr(self) -> str:
        """Return the arguments, without those that have their default."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        for name, default in (
            ("num_layers", 1),
            ("bias", True),
            ("batch_first", False),
            ("dropout", 0.0),
            ("bidirectional", False),
        ):
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value}")
        return ", ".join(parts)


def _check_arguments(input_size: int, hidden_size: int, num_layers: int, dropout: float) -> None:
    check_counts("LSTM", input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
    check_probability("LSTM (dropout)", dropout)
    if dropout and num_layers == 1:
        warnings.warn(
            f"LSTM: dropout={dropout} has no effect with num_layers=1, as it acts between layers",
            QFrameWarning,
            stacklevel=3,
        )
