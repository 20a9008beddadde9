"""Samples of lstm_pack, gru_pack and rnn_pack, and of their half-precision forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from qframe.dtypes import qint8
from qframe.numerics.recurrent import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell
from qframe.ops.recurrent import GRU, LSTM, NONLINEARITIES, RNN, RecurrentKind
from qframe.qtensor import QTensor

from .. import bounded
from ..bounded import Bounded
from ..sample import Call, Sample
from .draw import Array, Draw

Sizes = tuple[int, ...]

#: Rows of each step, inputs, hidden size.
SHAPES: tuple[tuple[Sizes, int, int], ...] = (
    ((1,), 1, 1), ((2,) * 3, 3, 5), ((3,) * 4, 7, 2), ((1,) * 6, 17, 16), ((4, 3, 3, 1), 16, 8),
    ((5, 2, 1, 1, 1), 33, 17), ((1,) * 3, 63, 65), ((2, 1), 130, 33),
)  # fmt: skip

_CELLS: dict[str, Callable[..., Any]] = {
    "LSTM": partial(lstm_cell, sigmoid=bounded.sigmoid, tanh=bounded.tanh),
    "GRU": partial(gru_cell, sigmoid=bounded.sigmoid, tanh=bounded.tanh),
    "tanh": partial(rnn_tanh_cell, tanh=bounded.tanh),
    "relu": partial(rnn_relu_cell, relu=bounded.relu),
}


class Maker:
    """Makes the samples of one kind of layer.

    Args:
        further: arguments of the packing op behind the biases.
    """

    def __init__(self, kind: RecurrentKind, *further: str) -> None:
        self.kind, self.further = kind, further
        self.name = "-".join([kind.name.lower(), *further])
        self._cell = _CELLS[further[0] if further else kind.name]

    def quantized(self) -> Iterator[Sample]:
        """Yield shapes, schemes, biases, both directions and ranges, saturated gates, ties, long sums."""
        for batch_sizes, inputs, hidden in SHAPES:
            yield self._sample(batch_sizes, inputs, hidden)
        for per_channel in (False, True):
            for zero_point in (0, 5):
                words = ["per_channel" if per_channel else "per_tensor"] + ["asymmetric"] * bool(zero_point)
                yield self._sample((3, 3, 2), 12, 9, "-".join(words), per_channel, zero_point)
        yield self._sample((2, 2), 5, 6, "no-bias", biased=False)
        yield self._sample((3, 2, 1), 6, 19, "steep", scale=0.05)
        yield self._sample((2, 2, 2), 6, 7, "zeros", spread=0.0)
        yield self._sample((0, 0), 4, 3, "empty")
        yield self._full_range()
        yield self._ties()

    def half(self) -> Iterator[Sample]:
        """Yield shapes, both directions, no bias, and weights beyond the range of half precision."""
        for batch_sizes, inputs, hidden in (*SHAPES, ((0, 0), 4, 3)):
            draw = Draw(f"{self.name}-fp16-{batch_sizes}x{inputs}x{hidden}")
            weights = self._floats(draw, inputs, hidden)
            yield self._half(f"{_text(batch_sizes)}x{inputs}x{hidden}", draw, batch_sizes, weights)
        draw = Draw(f"{self.name}-fp16-no-bias")
        weight_ih, weight_hh, _, _ = self._floats(draw, 5, 6)
        yield self._half("no-bias", draw, (2, 1), (weight_ih, weight_hh, None, None))
        beyond = np.tile(np.array([65504, 65520, -1e6, 1e-12], np.float32), (self.kind.gates, 1))
        yield self._half("saturating", draw, (2,), (beyond, *self._floats(draw, 4, 1)[1:]))

    # -- int8 ------------------------------------------------------------------------------------

    def _sample(
        self,
        batch_sizes: Sizes,
        inputs: int,
        hidden: int,
        name: str = "",
        per_channel: bool = False,
        zero_point: int = 0,
        *,
        biased: bool = True,
        scale: float = 0.001,
        spread: float = 1.0,
    ) -> Sample:
        shape = f"{_text(batch_sizes)}x{inputs}x{hidden}"
        draw = Draw(f"{self.name}-{name}-{shape}")
        rows = self.kind.gates * hidden
        weights = [_weight(draw, (rows, n), per_channel, zero_point, scale) for n in (inputs, hidden)]
        biases = [draw.floats((rows,), 0.5) if biased else None for _ in range(2)]
        x, states = self._input(draw, batch_sizes, inputs, hidden, spread)
        arguments = *weights, *biases, *self.further
        return Sample(name or shape, self._calls(x, batch_sizes, states), arguments)

    def _full_range(self) -> Sample:
        """Every product as large as can be: 255 times 127, more than float32 holds."""
        inputs, hidden = 1100, 3
        rows = self.kind.gates * hidden
        full = QTensor.per_tensor(np.full((rows, inputs), 127, dtype=np.int8), 1e-6, 0)
        recurrent = QTensor.per_tensor(np.full((rows, hidden), -128, dtype=np.int8), 1e-3, 0)
        x = np.full((2, inputs), 2.5, dtype=np.float32)
        x[1] = np.linspace(0, 2.5, inputs)
        states = tuple(np.full((1, hidden), 0.5, dtype=np.float32) for _ in self.kind.states)
        arguments = full, recurrent, None, None, *self.further
        return Sample("full-range", self._calls(x, (1, 1), states), arguments)

    def _ties(self) -> Sample:
        """Inputs halfway between two codes: their range makes a scale of 1 / 256."""
        draw = Draw(f"{self.name}-ties")
        weights = [_weight(draw, (self.kind.gates * 3, n), False, 0, 0.01) for n in (16, 3)]
        x = ((np.arange(64, dtype=np.float32) * 4 + np.float32(0.5)) / 256).reshape(4, 16)
        x[0, 0], x[3, 15] = 0, 255 / 256
        states = tuple(draw.floats((2, 3)) for _ in self.kind.states)
        return Sample("ties", self._calls(x, (2, 2), states), (*weights, None, None, *self.further))

    def _input(
        self, draw: Draw, batch_sizes: Sizes, inputs: int, hidden: int, spread: float
    ) -> tuple[Array, tuple[Array, ...]]:
        x = draw.floats((sum(batch_sizes), inputs), spread)
        states = tuple(draw.floats((batch_sizes[0], hidden), 0.5 * spread) for _ in self.kind.states)
        return x, states

    def _calls(self, x: Array, batch_sizes: Sizes, states: tuple[Array, ...]) -> tuple[Call, ...]:
        return tuple(
            Call(
                (x, batch_sizes, states),
                {"reverse": reverse, "reduce_range": reduce_range},
                error=self._quantized_error,
            )
            for reverse in (False, True)
            for reduce_range in (False, True)
        )

    def _quantized_error(self, arguments: Any, call: Call, tolerance: int) -> float:
        """Allow each quantized activation to be off by the tolerance: no error for engines that claim zero.

        An activation that is off takes another one across a tie, hence one step more.
        """
        if not tolerance:
            return 0.0
        weight_ih, weight_hh, *biases = arguments[:4]
        weights = weight_ih.dequantize(), weight_hh.dequantize()
        steps = 127 if call.kwargs["reduce_range"] else 255
        return self._error(weights, biases, call, lambda x: (tolerance + 1) * _span(x) / steps)

    # -- float16 ---------------------------------------------------------------------------------

    def _floats(self, draw: Draw, inputs: int, hidden: int) -> tuple[Array, ...]:
        """Weights as new layers have them, so that errors do not grow from step to step."""
        rows, spread = self.kind.gates * hidden, 0.5 / hidden**0.5
        weights = [draw.floats((rows, n), spread) for n in (inputs, hidden)]
        return *weights, draw.floats((rows,), spread), draw.floats((rows,), spread)

    def _half(self, name: str, draw: Draw, batch_sizes: Sizes, weights: tuple[Any, ...]) -> Sample:
        inputs, hidden = weights[0].shape[1], weights[1].shape[1]
        x, states = self._input(draw, batch_sizes, inputs, hidden, 1.0)
        calls = tuple(
            Call((x, batch_sizes, states), {"reverse": reverse}, error=self._half_error)
            for reverse in (False, True)
        )
        return Sample(name, calls, (*weights, *self.further))

    def _half_error(self, arguments: Any, call: Call, tolerance: int) -> float:
        """Allow what float32 sums in any order may differ by, carried from step to step."""
        weight_ih, weight_hh, *biases = arguments[:4]
        weights = [
            np.clip(w, -65504, 65504).astype(np.float16).astype(np.float64) for w in (weight_ih, weight_hh)
        ]
        return self._error(weights, biases, call, lambda x: 0.0)

    def _error(self, weights: Any, biases: Any, call: Call, step_of: Callable[[Bounded], float]) -> float:
        """Return how far two evaluations may lie apart: twice what one may lie from the exact values."""
        x, batch_sizes, states = call.args
        rows = [slice(end - n, end) for n, end in zip(batch_sizes, accumulate(batch_sizes), strict=True)]
        given = bounded.exactly(x)
        projected = bounded.product(given, weights[0], biases[0], step_of(given))
        present = [bounded.exactly(state) for state in states]
        largest = 0.0
        for step in reversed(rows) if call.kwargs["reverse"] else rows:
            live = tuple(state[: step.stop - step.start] for state in present)
            recurrent = bounded.product(live[0], weights[1], biases[1], step_of(live[0]))
            for state, new in zip(live, self._cell(projected[step], recurrent, live), strict=True):
                state.value[...], state.error[...] = new.value, new.error
            largest = max(largest, *(float(state.error.max(initial=0)) for state in live))
        return 2 * largest


def _span(x: Bounded) -> float:
    """How far the activations may reach, zero included."""
    high, low = (x.value + x.error).max(initial=0), (x.value - x.error).min(initial=0)
    return float(high - low)


def _text(batch_sizes: Sizes) -> str:
    return "_".join(map(str, batch_sizes))


def _weight(draw: Draw, shape: tuple[int, int], per_channel: bool, zero_point: int, scale: float) -> QTensor:
    codes = draw.codes(shape, qint8)
    if not per_channel:
        return QTensor.per_tensor(codes, scale, zero_point)
    spread = np.linspace(0.5, 2, shape[0])
    return QTensor.per_channel(codes, scale * spread, np.arange(shape[0]) % (zero_point + 1), 0)


def _all(form: str, *makers: Maker) -> Callable[[], Iterator[Sample]]:
    """Return what makes the samples of several makers, told apart by their further arguments."""

    def make() -> Iterator[Sample]:
        for maker in makers:
            for sample in getattr(maker, form)():
                name = "-".join([*maker.further, sample.name])
                yield Sample(name, sample.calls, sample.weights)

    return make


_RNNS = [Maker(RNN, nonlinearity) for nonlinearity in NONLINEARITIES]

SAMPLES = {
    "lstm_pack": _all("quantized", Maker(LSTM)),
    "gru_pack": _all("quantized", Maker(GRU)),
    "rnn_pack": _all("quantized", *_RNNS),
    "lstm_pack_fp16": _all("half", Maker(LSTM)),
    "gru_pack_fp16": _all("half", Maker(GRU)),
    "rnn_pack_fp16": _all("half", *_RNNS),
}
