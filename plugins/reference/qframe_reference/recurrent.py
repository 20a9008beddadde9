"""Recurrent layers over whole sequences: int8 and half-precision weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from qframe import plugin
from qframe.plugin import QTensor

from .linear import PackedLinear, PackedLinearFp16

Array = np.ndarray[Any, Any]
Bias = Array | None

_RNN_CELLS = {"tanh": plugin.rnn_tanh_cell, "relu": plugin.rnn_relu_cell}


class PackedRecurrent:
    """Both qint8 weights of one direction of a layer, and its cell."""

    def __init__(
        self, weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias, cell: Any
    ) -> None:
        self._input, self._hidden = PackedLinear(weight_ih, bias_ih), PackedLinear(weight_hh, bias_hh)
        self._cell = cell

    def __call__(
        self,
        x: Array,
        batch_sizes: tuple[int, ...],
        states: tuple[Array, ...],
        *,
        reverse: bool = False,
        reduce_range: bool = False,
    ) -> tuple[Array, ...]:
        """Project the input with one scale for all steps, the hidden state with one for each step."""

        def project_hidden(hidden: Array) -> Array:
            return self._hidden.dynamic(hidden, reduce_range=reduce_range)

        projected = self._input.dynamic(x, reduce_range=reduce_range)
        return plugin.run_steps(projected, batch_sizes, states, reverse, project_hidden, self._cell)


class PackedRecurrentFp16:
    """Both half-precision weights of one direction of a layer, and its cell."""

    def __init__(self, weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias, cell: Any) -> None:
        self._input, self._hidden = PackedLinearFp16(weight_ih, bias_ih), PackedLinearFp16(weight_hh, bias_hh)
        self._cell = cell

    def __call__(
        self,
        x: Array,
        batch_sizes: tuple[int, ...],
        states: tuple[Array, ...],
        *,
        reverse: bool = False,
    ) -> tuple[Array, ...]:
        """Project all inputs at once, then the hidden state at each step."""
        return plugin.run_steps(self._input(x), batch_sizes, states, reverse, self._hidden, self._cell)


def lstm_pack(weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias) -> PackedRecurrent:
    """Lay out an LSTM layer."""
    return PackedRecurrent(weight_ih, weight_hh, bias_ih, bias_hh, plugin.lstm_cell)


def gru_pack(weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias) -> PackedRecurrent:
    """Lay out a GRU layer."""
    return PackedRecurrent(weight_ih, weight_hh, bias_ih, bias_hh, plugin.gru_cell)


def rnn_pack(
    weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias, nonlinearity: str
) -> PackedRecurrent:
    """Lay out an Elman layer."""
    return PackedRecurrent(weight_ih, weight_hh, bias_ih, bias_hh, _RNN_CELLS[nonlinearity])


def lstm_pack_fp16(weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias) -> PackedRecurrentFp16:
    """Round an LSTM layer to half precision."""
    return PackedRecurrentFp16(weight_ih, weight_hh, bias_ih, bias_hh, plugin.lstm_cell)


def gru_pack_fp16(weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias) -> PackedRecurrentFp16:
    """Round a GRU layer to half precision."""
    return PackedRecurrentFp16(weight_ih, weight_hh, bias_ih, bias_hh, plugin.gru_cell)


def rnn_pack_fp16(
    weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias, nonlinearity: str
) -> PackedRecurrentFp16:
    """Round an Elman layer to half precision."""
    return PackedRecurrentFp16(weight_ih, weight_hh, bias_ih, bias_hh, _RNN_CELLS[nonlinearity])
