"""Recurrent layers on every instruction set: the same bits as the reference, sigmoid and tanh included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fbgemm_draws import layouts, seeds
from fbgemm_memory import guarded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qframe_fbgemm import recurrent
from qframe_fbgemm._kernels import lib
from qframe_fbgemm.buffers import F32, I64, from_buffer
from qframe_reference.kernels import KERNELS as REFERENCE

from qframe.ops.recurrent import LSTM
from qframe.plugin import QTensor, sigmoid, tanh
from qframe.testing import assert_same_result
from qframe.testing.sample import Call
from qframe.testing.samples.recurrent import Maker

pytestmark = pytest.mark.usefixtures("every_isa")
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
GATES = {"lstm_pack": 4, "gru_pack": 3, "rnn_pack": 1}
batches = st.lists(st.integers(0, 7), min_size=1, max_size=5).map(lambda n: tuple(sorted(n, reverse=True)))

Array = np.ndarray[Any, Any]


def _weight(rng: Any, shape: tuple[int, int], per_channel: bool, zero_point: int) -> QTensor:
    codes = rng.integers(-128, 128, shape, dtype=np.int8)
    if per_channel:
        scales = rng.uniform(0.0005, 0.02, shape[0])
        return QTensor.per_channel(codes, scales, np.full(shape[0], zero_point), 0)
    return QTensor.per_tensor(codes, 0.004, zero_point)


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
    weights = [_weight(rng, (rows, n), per_channel, zero_point) for n in (inputs, hidden)]
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
    packed = getattr(recurrent, op)(*arguments)
    assert_same_result(packed(x, batch_sizes, states, **options), expected)


def _numbers() -> Array:
    """Ordinary arguments, all orders of magnitude, both ends, and what is no number."""
    rng = np.random.default_rng(4)
    anywhere = rng.integers(0, 2**32, 30_000, dtype=np.uint32).view(np.float32)
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 88.8, -88.8, 104, -104, 20, -20], np.float32)
    return np.concatenate([rng.normal(0, 8, 30_000).astype(np.float32), anywhere, special])


def _one_step(op: str, bias: Array, state: float, *further: str) -> Array:
    """One step with weights of zero: the projections are the biases."""
    hidden = bias.size // GATES[op]
    weights = [QTensor.per_tensor(np.zeros((bias.size, n), np.int8), 1.0, 0) for n in (1, hidden)]
    packed = getattr(recurrent, op)(*weights, bias, None, *further)
    states = (np.full((1, hidden), state, np.float32),)
    return np.asarray(packed(np.ones((1, 1), np.float32), (1,), states)[0][0])


def test_tanh_bit_for_bit() -> None:
    x = _numbers()
    for part in np.array_split(x, 400):
        assert_same_result(_one_step("rnn_pack", part, 0.0, "tanh"), tanh(part))


def test_sigmoid_bit_for_bit() -> None:
    """A GRU whose candidate is 0 multiplies a hidden state of 1 by the sigmoid of its update gate."""
    for part in np.array_split(_numbers(), 400):
        zero = np.zeros_like(part)
        assert_same_result(_one_step("gru_pack", np.concatenate([zero, part, zero]), 1.0), sigmoid(part))


def test_relu_lets_nan_pass() -> None:
    x = np.array([-1, 2, np.nan, -np.inf], np.float32)
    np.testing.assert_array_equal(_one_step("rnn_pack", x, 0.0, "relu"), [0, 2, np.nan, 0])


@pytest.mark.parametrize("sizes", [((1,), 1, 1), ((3, 2, 2), 17, 15), ((2, 2), 33, 17)])
@pytest.mark.parametrize("reverse", [False, True])
def test_nothing_outside_of_the_buffers_is_touched(sizes: Any, reverse: bool) -> None:
    batch_sizes, inputs, hidden = sizes
    rng = np.random.default_rng(2)
    weights = [_weight(rng, (4 * hidden, n), True, 0) for n in (inputs, hidden)]
    packed = recurrent.lstm_pack(*weights, None, None)
    x = guarded(rng.normal(size=(sum(batch_sizes), inputs)).astype(np.float32))
    states = [guarded(rng.normal(size=(batch_sizes[0], hidden)).astype(np.float32)) for _ in range(2)]
    expected = REFERENCE["lstm_pack"](*weights, None, None)(x, batch_sizes, states, reverse=reverse)
    out = guarded(np.zeros((sum(batch_sizes), hidden), np.float32))
    counts = np.array(batch_sizes, np.int64)
    status = lib.qf_recurrent(
        lib.QF_LSTM,
        packed._input,
        packed._hidden,
        from_buffer(F32, x),
        from_buffer(I64, guarded(counts)),
        len(batch_sizes),
        hidden,
        reverse,
        False,
        *(from_buffer(F32, array) for array in (*states, out)),
    )
    assert status == 0
    assert_same_result((out, *states), expected)


@pytest.mark.parametrize("outputs", [1, 15, 16, 17, 48, 64, 65, 100])
@pytest.mark.parametrize("inputs", [1, 7, 64])
def test_one_row_of_halves_is_as_in_a_batch(outputs: int, inputs: int) -> None:
    """A single row takes four panels at once; each sum keeps its order."""
    rng = np.random.default_rng(1)
    weight = rng.normal(size=(outputs, inputs)).astype(np.float32)
    packed = recurrent.pack_half(weight, rng.normal(size=outputs).astype(np.float32))
    x = guarded(rng.normal(size=(7, inputs)).astype(np.float32))
    results = []
    for rows in (x, *(guarded(x[i : i + 1]) for i in range(7))):
        out = guarded(np.zeros((len(rows), outputs), np.float32))
        assert lib.qf_half_linear(packed, from_buffer(F32, rows), len(rows), 0, from_buffer(F32, out)) == 0
        results.append(out)
    np.testing.assert_array_equal(results[0], np.concatenate(results[1:]))


def test_half_precision_layers_of_real_size() -> None:
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
    assert_same_result(call.run(recurrent.lstm_pack_fp16(*arguments)), expected, error=error)


def test_weights_whose_sums_exceed_32_bits_are_declined() -> None:
    wide = QTensor.per_tensor(np.full((1, 70_000), 127, np.int8), 1.0, 0)
    narrow = QTensor.per_tensor(np.ones((1, 1), np.int8), 1.0, 0)
    assert recurrent.rnn_pack(wide, narrow, None, None, "tanh") is NotImplemented
