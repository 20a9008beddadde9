"""Recurrent cells with quantized weights that take and return floats."""

from __future__ import annotations

from typing import Any

from ....dtypes import DType, qint8
from ....ops import recurrent
from ....ops.packed_recurrent import PackedGRU, PackedLSTM, PackedRNN
from ... import rnn_cells as float_cells
from ...functional_checks import check_choice
from ...rnn_base import Array, States
from ...rnn_cells import RNNCellBase
from .recurrent_weights import RecurrentWeights


class DynamicCellBase(RecurrentWeights, RNNCellBase):
    """Base of the dynamic cells."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        dtype: DType = qint8,
        *,
        reduce_range: bool | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        self._set_up(dtype, reduce_range)

    def _suffixes(self) -> list[str]:
        return [""]

    def _input_width(self, suffix: str) -> int:
        return self.input_size

    @classmethod
    def _arguments_of(cls, mod: Any) -> dict[str, Any]:
        return {"input_size": mod.input_size, "hidden_size": mod.hidden_size, "bias": mod.bias}

    def _run_step(self, x: Array, states: States) -> States:
        return self._run_packed("", x, (len(x),), states)[1:]


class LSTMCell(DynamicCellBase):
    """One step of long short-term memory on floats, with quantized weights.

    Mirrors ``torch.nn.quantized.dynamic.LSTMCell``.  With qint8 weights input and hidden state are quantized
    on the fly, each with one scale; with float16 weights the products are computed in float32.

    Args:
        input_size, hidden_size, bias: as :class:`qframe.nn.LSTMCell`.
        dtype: of the weights, qint8 or float16; they are zero at first.
        reduce_range: quantize activations to 7 bits; None: what the engine in use asks for.

    ``forward`` is that of :class:`qframe.nn.LSTMCell` on float32.  It raises DTypeError for quantized tensors
    and other dtypes, ArgumentError for other shapes and, with qint8 weights, for NaN and infinity.

    Raises:
        ArgumentError: arguments that do not fit.
        DTypeError: another ``dtype``.
    """

    _kind = recurrent.LSTM
    _float_module = float_cells.LSTMCell
    _holder_type = PackedLSTM
    _half_op = "lstm_pack_fp16"


class GRUCell(DynamicCellBase):
    """One step of a gated recurrent unit on floats, with quantized weights.

    Mirrors ``torch.nn.quantized.dynamic.GRUCell``; arguments and errors as :class:`LSTMCell`.
    """

    _kind = recurrent.GRU
    _float_module = float_cells.GRUCell
    _holder_type = PackedGRU
    _half_op = "gru_pack_fp16"


class RNNCell(DynamicCellBase):
    """One step of an Elman network on floats, with quantized weights.

    Mirrors ``torch.nn.quantized.dynamic.RNNCell``; arguments and errors as :class:`LSTMCell`.

    Args:
        nonlinearity: "tanh" or "relu".
    """

    _kind = recurrent.RNN
    _float_module = float_cells.RNNCell
    _holder_type = PackedRNN
    _half_op = "rnn_pack_fp16"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        dtype: DType = qint8,
        *,
        reduce_range: bool | None = None,
    ) -> None:
        check_choice("RNNCell: nonlinearity", nonlinearity, recurrent.NONLINEARITIES)
        self.nonlinearity = nonlinearity  # first, since the weights are set up with it
        super().__init__(input_size, hidden_size, bias, dtype, reduce_range=reduce_range)

    def _further(self) -> tuple[Any, ...]:
        return (self.nonlinearity,)

    @classmethod
    def _arguments_of(cls, mod: Any) -> dict[str, Any]:
        return {**super()._arguments_of(mod), "nonlinearity": mod.nonlinearity}
