"""Recurrent layers over whole sequences: int8 and half-precision weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin import QTensor, choose_dynamic_qparams
from .buffers import Array, check, dense
from .library import NativeLibrary
from .linear import pack_half
from .weights import fits, kernel_name, pack_matrix, take_apart

Bias = Array | None
Sizes = tuple[int, ...]
States = tuple[Array, ...]


class _Sequence:
    """The buffers of one call: copies of the states, which C changes, and room for the outputs."""

    def __init__(self, native: NativeLibrary, x: Array, batch_sizes: Sizes, states: States) -> None:
        size = states[0].shape[1]
        self.x = dense(x)
        self.states = [np.array(state, order="C") for state in states]
        self.out = np.empty((x.shape[0], size), np.float32)
        self.sizes = np.array(batch_sizes, np.int64)
        inputs, outputs, *lasting = (
            native.from_buffer(native.f32, x) for x in (self.x, self.out, *self.states)
        )
        self.input = inputs, native.from_buffer(native.i64, self.sizes), len(batch_sizes), size
        self.output = lasting[0], lasting[1] if len(lasting) > 1 else native.null, outputs

    def results(self) -> tuple[Array, ...]:
        """The outputs and the last states."""
        return self.out, *self.states


class PackedRecurrent:
    """Both qint8 weights of one direction of a layer.

    Attributes:
        kernel: name of the microkernel that multiplies the hidden state, or of both that do.
    """

    __slots__ = ("_hidden", "_input", "_kind", "_native", "kernel")

    def __init__(self, native: NativeLibrary, kind: int, input: Any, hidden: Any) -> None:
        self._native = native
        self._kind, self._input, self._hidden = kind, input, hidden
        self.kernel = kernel_name(native, hidden)

    def __call__(
        self,
        x: Array,
        batch_sizes: Sizes,
        states: States,
        *,
        reverse: bool = False,
        reduce_range: bool = False,
    ) -> tuple[Array, ...]:
        """Project the input with one scale for all steps, the hidden state with one for each step."""
        native, run = self._native, _Sequence(self._native, x, batch_sizes, states)
        status = native.lib.qf_recurrent(
            self._kind, self._input, self._hidden, *run.input, reverse, reduce_range, *run.output
        )
        if status == native.lib.QF_NOT_FINITE:
            _refuse(x, states[0])
        check(status)
        return run.results()


def _refuse(x: Array, hidden: Array) -> None:
    """Raise the core's error for the first of input and hidden state that is not finite."""
    for array in (x, hidden):
        choose_dynamic_qparams(float(array.min()), float(array.max()))
    choose_dynamic_qparams(float("-inf"), float("inf"))  # a hidden state on the way


class PackedRecurrentFp16:
    """Both half-precision weights of one direction of a layer."""

    __slots__ = ("_hidden", "_input", "_kind", "_native")

    def __init__(self, native: NativeLibrary, kind: int, input: Any, hidden: Any) -> None:
        self._native = native
        self._kind, self._input, self._hidden = kind, input, hidden

    def __call__(
        self, x: Array, batch_sizes: Sizes, states: States, *, reverse: bool = False
    ) -> tuple[Array, ...]:
        """Project all inputs at once, then the hidden state at each step."""
        native, run = self._native, _Sequence(self._native, x, batch_sizes, states)
        weights = self._input, self._hidden
        check(native.lib.qf_recurrent_half(self._kind, *weights, *run.input, reverse, *run.output))
        return run.results()


def _rnn_kind(native: NativeLibrary, nonlinearity: str) -> int:
    return int({"tanh": native.lib.QF_RNN_TANH, "relu": native.lib.QF_RNN_RELU}[nonlinearity])


def _pack(
    native: NativeLibrary, kind: int, weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias
) -> PackedRecurrent:
    logical = take_apart(weight_ih, bias_ih), take_apart(weight_hh, bias_hh)
    if not all(fits(native, weight) for weight in logical):
        return NotImplemented
    return PackedRecurrent(native, kind, *(pack_matrix(native, weight) for weight in logical))


def lstm_pack(
    native: NativeLibrary, weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias
) -> PackedRecurrent:
    """Lay out an LSTM layer; declines weights with sums of products beyond 32 bits."""
    return _pack(native, native.lib.QF_LSTM, weight_ih, weight_hh, bias_ih, bias_hh)


def gru_pack(
    native: NativeLibrary, weight_ih: QTensor, weight_hh: QTensor, bias_ih: Bias, bias_hh: Bias
) -> PackedRecurrent:
    """Lay out a GRU layer; declines as :func:`lstm_pack`."""
    return _pack(native, native.lib.QF_GRU, weight_ih, weight_hh, bias_ih, bias_hh)


def rnn_pack(
    native: NativeLibrary,
    weight_ih: QTensor,
    weight_hh: QTensor,
    bias_ih: Bias,
    bias_hh: Bias,
    nonlinearity: str,
) -> PackedRecurrent:
    """Lay out an Elman layer; declines as :func:`lstm_pack`."""
    return _pack(native, _rnn_kind(native, nonlinearity), weight_ih, weight_hh, bias_ih, bias_hh)


def _pack_half(
    native: NativeLibrary, kind: int, weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias
) -> PackedRecurrentFp16:
    weights = pack_half(native, weight_ih, bias_ih), pack_half(native, weight_hh, bias_hh)
    return PackedRecurrentFp16(native, kind, *weights)


def lstm_pack_fp16(
    native: NativeLibrary, weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias
) -> PackedRecurrentFp16:
    """Round an LSTM layer to half precision."""
    return _pack_half(native, native.lib.QF_LSTM, weight_ih, weight_hh, bias_ih, bias_hh)


def gru_pack_fp16(
    native: NativeLibrary, weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias
) -> PackedRecurrentFp16:
    """Round a GRU layer to half precision."""
    return _pack_half(native, native.lib.QF_GRU, weight_ih, weight_hh, bias_ih, bias_hh)


def rnn_pack_fp16(
    native: NativeLibrary, weight_ih: Array, weight_hh: Array, bias_ih: Bias, bias_hh: Bias, nonlinearity: str
) -> PackedRecurrentFp16:
    """Round an Elman layer to half precision."""
    return _pack_half(native, _rnn_kind(native, nonlinearity), weight_ih, weight_hh, bias_ih, bias_hh)
