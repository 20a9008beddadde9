"""Recurrent layers with quantized weights that take and return floats."""

from __future__ import annotations

from typing import Any

from ....dtypes import DType, qint8
from ....ops import recurrent
from ....ops.packed_recurrent import PackedGRU, PackedLSTM
from ... import rnn as float_rnn
from ...rnn_base import Array, RNNBase, States
from .recurrent_weights import RecurrentWeights

_ARGUMENTS = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional")


class DynamicRNNBase(RecurrentWeights, RNNBase):
    """Base of the dynamic layers over sequences."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: DType = qint8,
        *,
        reduce_range: bool | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        self._set_up(dtype, reduce_range)

    def _suffixes(self) -> list[str]:
        return RNNBase._suffixes(self)

    def _input_width(self, suffix: str) -> int:
        return RNNBase._input_width(self, suffix)

    @classmethod
    def _arguments_of(cls, mod: Any) -> dict[str, Any]:
        return {name: getattr(mod, name) for name in _ARGUMENTS}

    def _run_layer(
        self, index: int, x: Array, batch_sizes: tuple[int, ...], states: States, reverse: bool
    ) -> tuple[Array, ...]:
        return self._run_packed(self._suffixes()[index], x, batch_sizes, states, reverse)


class LSTM(DynamicRNNBase):
    """Long short-term memory on floats, with quantized weights.

    Mirrors ``torch.nn.quantized.dynamic.LSTM``.  With qint8 weights the input of a layer is quantized on the
    fly, with one scale for the whole sequence, and the hidden state with one for each step; with float16
    weights the products are computed in float32.

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional: as
            :class:`qframe.nn.LSTM`; dropout acts in training only.
        dtype: of the weights, qint8 or float16; they are zero at first.
        reduce_range: quantize activations to 7 bits; None: what the engine in use asks for.

    ``forward`` is that of :class:`qframe.nn.LSTM` on float32.  It raises DTypeError for quantized tensors and
    other dtypes, ArgumentError for other shapes and, with qint8 weights, for NaN and infinity.

    Raises:
        ArgumentError: arguments that do not fit.
        DTypeError: another ``dtype``.
    """

    _kind = recurrent.LSTM
    _float_module = float_rnn.LSTM
    _holder_type = PackedLSTM
    _half_op = "lstm_pack_fp16"


class GRU(DynamicRNNBase):
    """Gated recurrent units on floats, with quantized weights.

    Mirrors ``torch.ao.nn.quantized.dynamic.GRU``; arguments and errors as :class:`LSTM`.
    """

    _kind = recurrent.GRU
    _float_module = float_rnn.GRU
    _holder_type = PackedGRU
    _half_op = "gru_pack_fp16"
