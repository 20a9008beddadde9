"""Recurrent layers, and the transcendental functions in them, against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive import transcendental
from naive.draws import few, floats, packed_pair, sizes, weights

from qframe import plugin
from qframe.testing import assert_same_result

GATES = {"lstm_pack": 4, "gru_pack": 3, "rnn_pack": 1}
SPECIAL = np.float32(
    [0, -0.0, 1e-45, -1e-40, 1e-30, 88.72, 88.73, -87.4, -103.9, -104, 1e4, -1e4, np.inf, -np.inf]
)


@pytest.mark.parametrize("name", ["exp", "sigmoid", "tanh"])
def test_transcendental_functions_bit_for_bit(name):
    random = np.random.default_rng(1)
    near = random.uniform(-20, 20, 2000).astype(np.float32)
    anywhere = random.integers(0, 2**32, 2000, dtype=np.uint32).view(np.float32)
    x = np.concatenate([SPECIAL, near, anywhere])
    expected = np.array([getattr(transcendental, name)(v) for v in x], dtype=np.float32)
    result = getattr(plugin, name)(x)
    ordinary = ~np.isnan(x)
    assert result[ordinary].tobytes() == expected[ordinary].tobytes()
    assert np.isnan(result[~ordinary]).all()


@few
@given(
    op=st.sampled_from(sorted(GATES)),
    data=st.data(),
    batch_sizes=st.lists(sizes(1, 4), min_size=1, max_size=4).map(lambda n: tuple(sorted(n, reverse=True))),
    inputs=sizes(1, 20),
    hidden=sizes(1, 6),
    reverse=st.booleans(),
    reduce_range=st.booleans(),
)
def test_layers(op, data, batch_sizes, inputs, hidden, reverse, reduce_range):
    rows, few_steps = GATES[op] * hidden, st.floats(1e-2, 10)
    matrices = [data.draw(weights((rows, n))) for n in (inputs, hidden)]
    biases = [data.draw(st.none() | floats((rows,), few_steps)) for _ in range(2)]
    further = [data.draw(st.sampled_from(["tanh", "relu"]))] if op == "rnn_pack" else []
    engine, definition = packed_pair(op, *matrices, *biases, *further)
    states = tuple(
        data.draw(floats((batch_sizes[0], hidden), few_steps)) for _ in range(2 if op == "lstm_pack" else 1)
    )
    x = data.draw(floats((sum(batch_sizes), inputs), few_steps))
    options = {"reverse": reverse, "reduce_range": reduce_range}
    assert_same_result(
        engine(x, batch_sizes, states, **options), definition(x, batch_sizes, states, **options)
    )
