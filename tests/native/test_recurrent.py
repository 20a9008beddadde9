"""Recurrent layers on every instruction set: the same bits as the reference, sigmoid and tanh included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qframe_reference.kernels import KERNELS as REFERENCE

from qframe.native import NativeEngine, NativeLibrary, recurrent
from qframe.ops.recurrent import LSTM
from qframe.plugin import QTensor, sigmoid, tanh
from qframe.testing import assert_same_result
from qframe.testing.sample import Call
from qframe.testing.samples.recurrent import Maker

from .draws import layouts, random_weight, seeds
from .guarded import guarded

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
GATES = {"lstm_pack": 4, "gru_pack": 3, "rnn_pack": 1}
batches = st.lists(st.integers(0, 7), min_size=1, max_size=5).map(lambda n: tuple(sorted(n, reverse=True)))

Array = np.ndarray[Any, Any]


@QUICK
@given(
    op=st.sampled_from(sorted(GATES)),
    batch_sizes=batches,
    inputs=st.integers(1, 150),
    hidden=st.integers(1, 70),
    per_channel=st.booleans(),
    zero_point=st.sampled_from([0, 0, 7, -128]),
    biased=st.booleans(),
    reverse=st.booleans(),
    reduce_range=st.booleans(),
    spread=st.sampled_from([1e-3, 1.0, 50.0]),
    layout=layouts,
    seed=seeds,
)
def test_random_layers(
    engine: NativeEngine,
    op: str,
    batch_sizes: tuple[int, ...],
    inputs: int,
    hidden: int,
    per_channel: bool,
    zero_point: int,
    biased: bool,
    reverse: bool,
    reduce_range: bool,
    spread: float,
    layout: Any,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    rows = GATES[op] * hidden
    weights = [random_weight(rng, (rows, n), per_channel, zero_point) for n in (inputs, hidden)]
    biases = [rng.normal(0, spread, rows).astype(np.float32) if biased else None for _ in range(2)]
    further = [("tanh", "relu")[seed % 2]] if op == "rnn_pack" else []
    x = layout((rng.normal(size=(sum(batch_sizes), inputs)) * spread).astype(np.float32))
    states = tuple(
        layout(rng.normal(size=(batch_sizes[0], hidden)).astype(np.float32))
        for _ in range(2 if op == "lstm_pack" else 1)
    )
    arguments = *weights, *biases, *further
    options = {"reverse": reverse, "reduce_range": reduce_range}
    expected = REFERENCE[op](*arguments)(x, batch_sizes, states, **options)
    packed = engine.kernels[op](*arguments)
    assert_same_result(packed(x, batch_sizes, states, **options), expected)


def _numbers() -> Array:
    """Ordinary arguments, all orders of magnitude, both ends, and what is no number."""
    rng = np.random.default_rng(4)
    anywhere = rng.integers(0, 2**32, 30_000, dtype=np.uint32).view(np.float32)
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 88.8, -88.8, 104, -104, 20, -20], np.float32)
    return np.concatenate([rng.normal(0, 8, 30_000).astype(np.float32), anywhere, special])


def _one_step(engine: NativeEngine, op: str, bias: Array, state: float, *further: str) -> Array:
    """One step with weights of zero: the projections are the biases."""
    hidden = bias.size // GATES[op]
    weights = [QTensor.per_tensor(np.zeros((bias.size, n), np.int8), 1.0, 0) for n in (1, hidden)]
    packed = engine.kernels[op](*weights, bias, None, *further)
    states = (np.full((1, hidden), state, np.float32),)
    return np.asarray(packed(np.ones((1, 1), np.float32), (1,), states)[0][0])


def test_tanh_bit_for_bit(engine: NativeEngine) -> None:
    x = _numbers()
    for part in np.array_split(x, 400):
        assert_same_result(_one_step(engine, "rnn_pack", part, 0.0, "tanh"), tanh(part))


def test_sigmoid_bit_for_bit(engine: NativeEngine) -> None:
    """A GRU whose candidate is 0 multiplies a hidden state of 1 by the sigmoid of its update gate."""
    for part in np.array_split(_numbers(), 400):
        zero = np.zeros_like(part)
        hidden = _one_step(engine, "gru_pack", np.concatenate([zero, part, zero]), 1.0)
        assert_same_result(hidden, sigmoid(part))


def test_relu_lets_nan_pass(engine: NativeEngine) -> None:
    x = np.array([-1, 2, np.nan, -np.inf], np.float32)
    np.testing.assert_array_equal(_one_step(engine, "rnn_pack", x, 0.0, "relu"), [0, 2, np.nan, 0])


@pytest.mark.parametrize("sizes", [((1,), 1, 1), ((3, 2, 2), 17, 15), ((2, 2), 33, 17)])
@pytest.mark.parametrize("reverse", [False, True])
def test_nothing_outside_of_the_buffers_is_touched(native: NativeLibrary, sizes: Any, reverse: bool) -> None:
    batch_sizes, inputs, hidden = sizes
    rng = np.random.default_rng(2)
    weights = [random_weight(rng, (4 * hidden, n), True, 0) for n in (inputs, hidden)]
    packed = recurrent.lstm_pack(native, *weights, None, None)
    x = guarded(rng.normal(size=(sum(batch_sizes), inputs)).astype(np.float32))
    states = [guarded(rng.normal(size=(batch_sizes[0], hidden)).astype(np.float32)) for _ in range(2)]
    expected = REFERENCE["lstm_pack"](*weights, None, None)(x, batch_sizes, states, reverse=reverse)
    out = guarded(np.zeros((sum(batch_sizes), hidden), np.float32))
    counts = np.array(batch_sizes, np.int64)
    status = native.lib.qf_recurrent(
        native.lib.QF_LSTM,
        packed._input,
        packed._hidden,
        native.from_buffer(native.f32, x),
        native.from_buffer(native.i64, guarded(counts)),
        len(batch_sizes),
        hidden,
        reverse,
        False,
        *(native.from_buffer(native.f32, array) for array in (*states, out)),
    )
    assert status == 0
    assert_same_result((out, *states), expected)


@pytest.mark.parametrize("outputs", [1, 15, 16, 17, 48, 64, 65, 100])
@pytest.mark.parametrize("inputs", [1, 7, 64])
def test_one_row_of_halves_is_as_in_a_batch(native: NativeLibrary, outputs: int, inputs: int) -> None:
    """A single row takes four panels at once; each sum keeps its order."""
    rng = np.random.default_rng(1)
    weight = rng.normal(size=(outputs, inputs)).astype(np.float32)
    packed = recurrent.pack_half(native, weight, rng.normal(size=outputs).astype(np.float32))
    x = guarded(rng.normal(size=(7, inputs)).astype(np.float32))
    results = []
    for rows in (x, *(guarded(x[i : i + 1]) for i in range(7))):
        out = guarded(np.zeros((len(rows), outputs), np.float32))
        source, target = native.from_buffer(native.f32, rows), native.from_buffer(native.f32, out)
        assert native.lib.qf_half_linear(packed, source, len(rows), 0, target) == 0
        results.append(out)
    np.testing.assert_array_equal(results[0], np.concatenate(results[1:]))


def test_half_precision_layers_of_real_size(native: NativeLibrary) -> None:
    """Longer sums than the samples of the conformance suite have."""
    maker = Maker(LSTM)
    rng = np.random.default_rng(6)
    weights = [(rng.normal(size=(4 * 96, n)) / 30).astype(np.float32) for n in (200, 96)]
    arguments = *weights, None, np.zeros(4 * 96, np.float32)
    x = rng.normal(size=(10, 200)).astype(np.float32)
    states = tuple(np.zeros((4, 96), np.float32) for _ in range(2))
    call = Call((x, (4, 3, 3), states), {"reverse": False})
    error = maker._half_error(arguments, call, 0)
    assert error < 1e-3
    expected = call.run(REFERENCE["lstm_pack_fp16"](*arguments))
    assert_same_result(call.run(recurrent.lstm_pack_fp16(native, *arguments)), expected, error=error)


def test_weights_whose_sums_exceed_32_bits_are_declined(native: NativeLibrary) -> None:
    wide = QTensor.per_tensor(np.full((1, 70_000), 127, np.int8), 1.0, 0)
    narrow = QTensor.per_tensor(np.ones((1, 1), np.int8), 1.0, 0)
    assert recurrent.rnn_pack(native, wide, narrow, None, None, "tanh") is NotImplemented
