"""Holders of the packed weights of recurrent layers: one direction of one layer each."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from ..engines import registry
from ..errors import ArgumentError
from ..qtensor import QTensor
from . import recurrent as ops
from .checks import check_float
from .packed import Packed

Array = np.ndarray[Any, Any]


class PackedRecurrent(Packed):
    """Base of the holders of recurrent layers.

    Attributes:
        weight: (weight_ih, weight_hh), both qint8 tensors, or both float32 arrays, kept in half precision.
        bias: (bias_ih, bias_hh), float32 vectors or None.
    """

    kind: ClassVar[ops.RecurrentKind]
    #: The ops that pack qint8 weights and half-precision ones.
    packs: ClassVar[tuple[Callable[..., Any], Callable[..., Any]]]

    def __init__(
        self, weight_ih: Any, weight_hh: Any, bias_ih: Array | None = None, bias_hh: Array | None = None
    ) -> None:
        self.quantized = isinstance(weight_ih, QTensor)
        self._pack_with = self.packs[not self.quantized]
        self.pack_op = self._pack_with.__name__
        check = ops.check_quantized_layer if self.quantized else ops.check_half_layer
        check(self.kind.name, self.kind, weight_ih, weight_hh, bias_ih, bias_hh)
        super().__init__((weight_ih, weight_hh), (bias_ih, bias_hh))

    def _arguments(self) -> tuple[Any, ...]:
        return *self.weight, *self.bias

    def _pack(self) -> Any:
        return self._pack_with(*self._arguments())

    def __call__(
        self,
        x: Array,
        batch_sizes: Sequence[int],
        states: Sequence[Array],
        *,
        reverse: bool = False,
        reduce_range: bool | None = None,
    ) -> tuple[Array, ...]:
        """Run whole sequences; see :class:`~qframe.ops.protocols.PackedRecurrentKernel`.

        Args:
            x: float32, shape (rows, I): the rows of all steps one behind the other.
            batch_sizes: how many rows each step has, never more than the one before.
            states: float32, shape (batch_sizes[0], H) each: (hidden,), for an LSTM (hidden, cell).
            reverse: begin at the last step.
            reduce_range: quantize activations to 7 bits; default: what the engine in use asks for.  With
                half-precision weights none are quantized.

        Returns:
            The outputs, shape (rows, H), and each state after the last step that its sequence has.

        Raises:
            DTypeError, ArgumentError: ``x`` or the states do not fit; with qint8 weights also if they, or a
                hidden state on the way, are not finite.
        """
        sizes, states = checked_batch_sizes(self.kind.name, batch_sizes), tuple(states)
        self._check_input(x, sizes)
        self._check_states(states, sizes[0])
        if not self.quantized:
            return self.form()(x, sizes, states, reverse=reverse)  # type: ignore[no-any-return]
        if reduce_range is None:
            reduce_range = registry.descriptor().reduce_range
        return self.form()(  # type: ignore[no-any-return]
            x, sizes, states, reverse=reverse, reduce_range=reduce_range
        )

    def _check_input(self, x: Any, batch_sizes: tuple[int, ...]) -> None:
        name = self.kind.name
        check_float(name, x)
        inputs = self.weight[0].shape[1]
        if x.shape != (sum(batch_sizes), inputs):
            raise ArgumentError(
                f"{name} takes shape (rows, {inputs}), {sum(batch_sizes)} rows for {len(batch_sizes)} steps, "
                f"got {x.shape}",
                fix="Give the rows of all steps one behind the other: x.reshape(-1, x.shape[-1])",
            )

    def _check_states(self, states: tuple[Any, ...], batch: int) -> None:
        name, wanted = self.kind.name, (batch, self.weight[1].shape[1])
        if len(states) != len(self.kind.states):
            raise ArgumentError(
                f"{name} has {len(self.kind.states)} states, got {len(states)}",
                fix=f"Give ({', '.join(self.kind.states)})",
            )
        for state, role in zip(states, self.kind.states, strict=True):
            check_float(name, state, role)
            if state.shape != wanted:
                raise ArgumentError(
                    f"{name}: {role} has shape {state.shape}; it must have {wanted}",
                    fix="Give (N, hidden_size)",
                )


def checked_batch_sizes(op: str, batch_sizes: Sequence[int]) -> tuple[int, ...]:
    """Return how many rows each step has.

    Raises:
        ArgumentError: no steps, no whole numbers, or a step with more rows than the one before.
    """
    try:
        sizes = tuple(map(operator.index, batch_sizes))
    except TypeError:
        sizes = ()
    if not sizes or any(a < b for a, b in pairwise((*sizes, 0))):
        raise ArgumentError(
            f"{op}: batch_sizes {batch_sizes!s:.60} must be one or more whole numbers that never grow",
            fix="Sort the sequences, the longest first (nn.utils.rnn.pack_padded_sequence does)",
        )
    return sizes


class PackedLSTM(PackedRecurrent):
    """The weights of an LSTM layer, (4·H, I) and (4·H, H), gates in the order i, f, g, o.

    Raises:
        DTypeError, QSchemeError, ArgumentError: weights or biases of another kind.
    """

    kind = ops.LSTM
    packs = ops.lstm_pack, ops.lstm_pack_fp16


class PackedGRU(PackedRecurrent):
    """The weights of a GRU layer, (3·H, I) and (3·H, H), gates in the order r, z, n.

    Raises:
        DTypeError, QSchemeError, ArgumentError: weights or biases of another kind.
    """

    kind = ops.GRU
    packs = ops.gru_pack, ops.gru_pack_fp16


class PackedRNN(PackedRecurrent):
    """The weights of an Elman layer, (H, I) and (H, H).

    Raises:
        DTypeError, QSchemeError, ArgumentError: weights, biases or nonlinearity of another kind.
    """

    kind = ops.RNN
    packs = ops.rnn_pack, ops.rnn_pack_fp16

    def __init__(
        self,
        weight_ih: Any,
        weight_hh: Any,
        bias_ih: Array | None = None,
        bias_hh: Array | None = None,
        nonlinearity: str = "tanh",
    ) -> None:
        ops.check_nonlinearity("RNN", nonlinearity)
        self.nonlinearity = nonlinearity
        super().__init__(weight_ih, weight_hh, bias_ih, bias_hh)

    def _arguments(self) -> tuple[Any, ...]:
        return *super()._arguments(), self.nonlinearity
