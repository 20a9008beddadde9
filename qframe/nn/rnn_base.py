"""What float and quantized layers over sequences have in common: all but their arithmetic."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..errors import ArgumentError
from ..ops.recurrent import RecurrentKind
from . import functional, init
from .functional_checks import check_counts, check_probability, check_ranks, float_array, weighted_input
from .functional_shape import joined, stacked
from .module import Module
from .utils.rnn import PackedSequence, unsorted

Array = np.ndarray[Any, Any]
States = tuple[Array, ...]


class Rows(NamedTuple):
    """A batch of sequences as layers take it: all steps one behind the other.

    Attributes:
        data: shape (rows of all steps, features).
        batch_sizes: how many rows each step has.
        packed: what it was made of, None for a padded batch.
    """

    data: Array
    batch_sizes: tuple[int, ...]
    packed: PackedSequence | None


class RNNBase(Module):
    """Base of the layers over sequences: arguments, checks, layers, directions, packed sequences.

    Subclasses say what kind they are and run one direction of one layer.

    ``forward`` raises ArgumentError for shapes that do not fit, DTypeError for quantized or integer arrays.
    """

    _kind: ClassVar[RecurrentKind]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
    ) -> None:
        super().__init__()
        name = self._kind.name
        check_counts(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        check_probability(f"{name} (dropout)", dropout)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional

    def _run_layer(
        self, index: int, x: Array, batch_sizes: tuple[int, ...], states: States, reverse: bool
    ) -> tuple[Array, ...]:
        """Run the layer and direction at ``index``; return its outputs and last states."""
        raise NotImplementedError(f"{type(self).__name__} does not say how a layer is run")

    def _float(self, x: Any, name: str) -> Array:
        """Return ``x`` as a float32 array, or raise."""
        return (
            weighted_input(self._kind.name, x) if name == "input" else float_array(self._kind.name, x, name)
        )

    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _suffixes(self) -> list[str]:
        """Return the endings of the weights' names: layer by layer, forward before reverse."""
        ends = ("", "_reverse") if self.bidirectional else ("",)
        return [f"_l{layer}{end}" for layer in range(self.num_layers) for end in ends]

    def _input_width(self, suffix: str) -> int:
        first = suffix.removesuffix("_reverse") == "_l0"
        return self.input_size if first else self.hidden_size * self._directions()

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Run the sequences from the state ``hx``, by default zeros.

        Args:
            input: shape (T, N, input_size), or (N, T, input_size) if ``batch_first``; or a PackedSequence.
            hx: h_0, for an LSTM (h_0, c_0); each of shape (num_layers · directions, N, hidden_size).

        Returns:
            (output, h_n), for an LSTM (output, (h_n, c_n)).  The output has shape
            (T, N, directions · hidden_size) in the input's layout, or is a PackedSequence like the input.
        """
        rows = self._rows(input)
        initial = self._initial_states(hx, rows)
        data, last = self._run_layers(rows, initial)
        return self._output(data, rows, input), self._last_states(last, rows)

    def _run_layers(self, rows: Rows, initial: States) -> tuple[Array, list[States]]:
        data = rows.data
        last: list[States] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                data = functional.dropout(data, self.dropout, self.training)
            outputs = []
            for index in range(layer * self._directions(), (layer + 1) * self._directions()):
                states = tuple(state[index] for state in initial)
                reverse = self.bidirectional and index % 2 == 1
                output, *ends = self._run_layer(index, data, rows.batch_sizes, states, reverse)
                outputs.append(output)
                last.append(tuple(ends))
            data = joined(outputs, 1) if self.bidirectional else outputs[0]
        return data, last

    # -- input and output ------------------------------------------------------------------------

    def _rows(self, input: Any) -> Rows:
        if isinstance(input, PackedSequence):
            return self._packed_rows(input)
        x = self._float(input, "input")
        layout = "(N, T, input_size)" if self.batch_first else "(T, N, input_size)"
        check_ranks(self._kind.name, x, layout)
        if x.shape[2] != self.input_size or x.shape[1 if self.batch_first else 0] == 0:
            raise ArgumentError(
                f"{self._kind.name} takes shape {layout} with input_size={self.input_size} and one step or "
                f"more, got {x.shape}",
                fix="Check input_size, and batch_first if the axes are swapped",
            )
        x = x.swapaxes(0, 1) if self.batch_first else x
        steps, batch, _ = x.shape
        return Rows(x.reshape(steps * batch, self.input_size), (batch,) * steps, None)

    def _packed_rows(self, packed: PackedSequence) -> Rows:
        data = self._float(packed.data, "input")
        batch_sizes = tuple(int(size) for size in packed.batch_sizes)
        if data.ndim != 2 or data.shape != (sum(batch_sizes), self.input_size):
            raise ArgumentError(
                f"{self._kind.name}: the packed data has shape {data.shape}; with "
                f"input_size={self.input_size} it must have {(sum(batch_sizes), self.input_size)}",
                fix="Pack sequences of shape (T, N, input_size) with pack_padded_sequence",
            )
        return Rows(data, batch_sizes, packed)

    def _output(self, data: Array, rows: Rows, input: Any) -> Any:
        if rows.packed is not None:
            return rows.packed._replace(data=data)
        x = data.reshape(len(rows.batch_sizes), rows.batch_sizes[0], data.shape[1])
        return x.swapaxes(0, 1) if self.batch_first else x

    # -- states ----------------------------------------------------------------------------------

    def _initial_states(self, hx: Any, rows: Rows) -> States:
        shape = (self.num_layers * self._directions(), rows.batch_sizes[0], self.hidden_size)
        if hx is None:
            return tuple(np.zeros(shape, np.float32) for _ in self._kind.states)
        given = given_states(self._kind, hx)
        states = tuple(self._float(state, role) for state, role in zip(given, self._kind.states, strict=True))
        for state, role in zip(states, self._kind.states, strict=True):
            if state.shape != shape:
                raise ArgumentError(
                    f"{self._kind.name}: {role} has shape {state.shape}; it must have {shape}",
                    fix="Give (num_layers * directions, N, hidden_size), also if batch_first",
                )
        order = None if rows.packed is None else rows.packed.sorted_indices
        return states if order is None else tuple(state[:, order] for state in states)

    def _last_states(self, last: list[States], rows: Rows) -> Any:
        states = [stacked(parts, 0) for parts in zip(*last, strict=True)]
        order = None if rows.packed is None else unsorted(rows.packed)
        if order is not None:
            states = [state[:, order] for state in states]
        return states[0] if len(states) == 1 else tuple(states)

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


def given_states(kind: RecurrentKind, hx: Any) -> tuple[Any, ...]:
    """Return what the caller gave as initial state, one entry for each state.

    Raises:
        ArgumentError: no pair for a kind with two states.
    """
    if len(kind.states) == 1:
        return (hx,)
    if not isinstance(hx, (tuple, list)) or len(hx) != len(kind.states):
        raise ArgumentError(
            f"{kind.name} takes its initial state as a pair", fix=f"Give ({', '.join(kind.states)})"
        )
    return tuple(hx)


def register_weights(
    module: Module, suffix: str, rows: int, input_size: int, hidden_size: int, bias: bool
) -> None:
    """Add the parameters of one direction of one layer, or of a cell, to ``module``."""
    module.register_parameter("weight_ih" + suffix, np.empty((rows, input_size), np.float32))
    module.register_parameter("weight_hh" + suffix, np.empty((rows, hidden_size), np.float32))
    for name in ("bias_ih", "bias_hh") if bias else ():
        module.register_parameter(name + suffix, np.empty(rows, np.float32))


def weights_of(module: Module, suffix: str, bias: bool) -> list[Array]:
    """Return weight_ih, weight_hh and, if there are biases, bias_ih, bias_hh."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh") if bias else ("weight_ih", "weight_hh")
    return [getattr(module, name + suffix) for name in names]


def draw_weights(module: Module, hidden_size: int) -> None:
    """Draw all parameters anew, evenly from ±1/sqrt(hidden_size)."""
    bound = 1.0 / math.sqrt(hidden_size)
    for parameter in module.parameters():
        init.uniform_(parameter, -bound, bound)
