"""Recurrent layers over whole sequences."""

from __future__ import annotations

import warnings

from ..errors import QFrameWarning
from ..ops import recurrent
from .functional_recurrent import GRU_CELL, LSTM_CELL, FloatCell, run_layer
from .rnn_base import Array, RNNBase, States, draw_weights, register_weights, weights_of


class FloatRNNBase(RNNBase):
    """Base of the float layers over sequences: their parameters."""

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
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        self._warn_of_idle_dropout()
        rows = self._kind.gates * hidden_size
        for suffix in self._suffixes():
            register_weights(self, suffix, rows, self._input_width(suffix), hidden_size, bias)
        self.reset_parameters()

    def _warn_of_idle_dropout(self) -> None:
        if self.dropout and self.num_layers == 1:
            warnings.warn(
                f"{self._kind.name}: dropout={self.dropout} has no effect with num_layers=1, as it acts "
                "between layers",
                QFrameWarning,
                stacklevel=4,
            )

    @property
    def all_weights(self) -> list[list[Array]]:
        """The parameters of each layer and direction: weight_ih, weight_hh, bias_ih, bias_hh."""
        return [weights_of(self, suffix, self.bias) for suffix in self._suffixes()]

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew."""
        draw_weights(self, self.hidden_size)

    def _cell(self) -> FloatCell:
        raise NotImplementedError(f"{type(self).__name__} does not name its cell")

    def _run_layer(
        self, index: int, x: Array, batch_sizes: tuple[int, ...], states: States, reverse: bool
    ) -> tuple[Array, ...]:
        weights = weights_of(self, self._suffixes()[index], self.bias)
        return run_layer(self._cell(), x, batch_sizes, states, weights, reverse)


class LSTM(FloatRNNBase):
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

    _kind = recurrent.LSTM

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
        if proj_size:
            raise NotImplementedError(f"LSTM: proj_size={proj_size} is not supported, only 0")
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)

    def _cell(self) -> FloatCell:
        return LSTM_CELL


class GRU(FloatRNNBase):
    """Gated recurrent units over whole sequences (mirrors ``torch.nn.GRU``).

    Arguments and errors as :class:`LSTM`, without ``proj_size``.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, ...: as :class:`LSTM`; rows in the order reset,
            update, new gate.
    """

    _kind = recurrent.GRU

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)

    def _cell(self) -> FloatCell:
        return GRU_CELL
