"""The functions of the qframe namespace take float arrays and quantized tensors alike."""

import numpy as np
import pytest

import qframe
from qframe.errors import ArgumentError, DTypeError, EngineError, QuantizationWarning

X = np.arange(-6, 6, dtype=np.float32).reshape(1, 3, 4)
Q = qframe.quantize_per_tensor(X, 0.5, 20, qframe.quint8)  # exact for X


@pytest.mark.parametrize(
    "function",
    [
        qframe.relu,
        qframe.flatten,
        lambda x: qframe.flatten(x, 1),
        lambda x: qframe.reshape(x, 3, -1),
        lambda x: qframe.permute(x, 2, 0, 1),
        lambda x: qframe.transpose(x, 1, -1),
        lambda x: qframe.cat([x, x], 1),
        lambda x: qframe.mean(x, (1, 2)),
        lambda x: qframe.mean(x, 0, keepdim=True),
    ],
)
def test_quantized_and_float_agree(function):
    quantized, plain = function(Q), function(X)
    np.testing.assert_array_equal(quantized.dequantize(), plain)
    assert quantized.q_scale() == 0.5
    assert isinstance(plain, np.ndarray)
    assert plain.dtype == np.float32


def test_equal():
    assert qframe.equal(Q, Q.clone())
    assert qframe.equal(X, X.copy())
    assert not qframe.equal(X, Q)
    assert not qframe.equal(Q, X)


def test_lists_of_tensors():
    first, second = qframe.quantize_per_tensor([X, X + 1], [0.5, 1.0], [20, 9], qframe.quint8)
    assert (first.q_scale(), second.q_zero_point()) == (0.5, 9)
    np.testing.assert_array_equal(qframe.dequantize([first, second])[1], X + 1)


def test_per_channel():
    q = qframe.quantize_per_channel(X, [0.5, 1.0, 0.25], [0, 1, 2], 1, qframe.qint8)
    np.testing.assert_array_equal(qframe.dequantize(q), X)


def test_cat_says_when_it_clips():
    narrow = qframe.quantize_per_tensor(X, 0.01, 128, qframe.quint8)
    with pytest.warns(QuantizationWarning, match="requantizes its inputs to the first one's scale=0.01"):
        joined = qframe.cat([narrow, Q])
    assert joined.q_scale() == 0.01


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (
            lambda: qframe.quantize_per_tensor(X.astype("f8"), 1.0, 0, qframe.quint8),
            DTypeError,
            "float64 array",
        ),
        (lambda: qframe.quantize_per_tensor(Q, 1.0, 0, qframe.quint8), DTypeError, "needs a float32 array"),
        (
            lambda: qframe.quantize_per_tensor(X, 1.0, 0, qframe.float16),
            DTypeError,
            "must be a quantized dtype",
        ),
        (lambda: qframe.quantize_per_tensor(X, -1.0, 0, qframe.quint8), ArgumentError, "above zero"),
        (lambda: qframe.quantize_per_tensor(X, 1.0, 256, qframe.quint8), ArgumentError, "zero_point 256"),
        (lambda: qframe.quantize_per_channel(X, [1.0], [0], 1, qframe.qint8), ArgumentError, "3 channels"),
        (lambda: qframe.dequantize(X), DTypeError, "needs a quantized tensor"),
        (lambda: qframe.cat([X, Q]), DTypeError, "cat of float and quantized"),
    ],
)
def test_bad_input(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


class TestBackends:
    def test_the_engine_switch_of_pytorch(self):
        assert qframe.backends.quantized.engine in qframe.backends.quantized.supported_engines
        before = qframe.backends.quantized.engine
        try:
            qframe.backends.quantized.engine = "reference"
            assert qframe.backends.quantized.engine == "reference"
        finally:
            qframe.backends.quantized.engine = before

    def test_an_unknown_engine_changes_nothing(self):
        before = qframe.backends.quantized.engine
        with pytest.raises(EngineError, match="engine 'nope' cannot be used"):
            qframe.backends.quantized.engine = "nope"
        assert qframe.backends.quantized.engine == before
