"""Among NumPy arrays a QTensor reads as real numbers and compares with them; nothing computes unasked."""

import numpy as np
import pytest

from qframe.errors import ArgumentError, DTypeError
from qframe.qtensor import QTensor

from .tensors import CODES, per_channel, per_tensor, real


@pytest.fixture
def q():
    return per_tensor()


class TestAsArray:
    def test_real_values(self, q):
        np.testing.assert_array_equal(np.asarray(q), real(CODES))
        np.testing.assert_array_equal(np.asarray(per_channel()), per_channel().dequantize())
        assert np.asarray(q).dtype == np.float32
        assert np.array([q, q]).shape == (2, *q.shape)

    @pytest.mark.parametrize("dtype", [np.float64, np.float16, "complex64"])
    def test_float_types(self, q, dtype):
        assert np.asarray(q, dtype=dtype).dtype == dtype
        np.testing.assert_array_equal(np.array(q, dtype=dtype), real(CODES))

    @pytest.mark.parametrize("dtype", [np.uint8, np.int8, int, bool, object, "U4"])
    def test_integer_types_would_give_other_integers_than_those_stored(self, q, dtype):
        with pytest.raises(DTypeError, match=r"do not fit into an array of .*Use int_repr\(\)"):
            np.asarray(q, dtype=dtype)

    def test_it_is_always_a_copy(self, q):
        array = np.asarray(q)
        array[...] = 9
        np.testing.assert_array_equal(q.dequantize(), real(CODES))
        assert q.__array__(copy=True).dtype == np.float32
        with pytest.raises(ArgumentError, match="viewed without copying.*int_repr"):
            q.__array__(copy=False)

    @pytest.mark.skipif(int(np.__version__.split(".")[0]) < 2, reason="NumPy 2 defines copy=False so")
    def test_copy_false_asks_for_a_view(self, q):
        with pytest.raises(ValueError, match="int_repr"):
            np.array(q, copy=False)

    @pytest.mark.parametrize(
        "name", ["__array_interface__", "__array_struct__", "__dlpack__", "__buffer__", "data"]
    )
    def test_no_other_way_leads_to_the_integers(self, q, name):
        """Each would show the integers as if they were the numbers meant."""
        assert not hasattr(q, name)

    def test_it_is_no_buffer(self, q):
        for taker in (memoryview, np.frombuffer, bytes):
            with pytest.raises((TypeError, ValueError)):
                taker(q)


class TestComparison:
    def test_real_values_are_compared(self, q):
        values = real(CODES)
        other = QTensor.per_tensor(CODES, 1.0, 0)
        for name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
            for operand, plain in ((3.0, 3.0), (other, CODES.astype(np.float32)), (values, values)):
                np.testing.assert_array_equal(getattr(q, name)(operand), getattr(values, name)(plain))

    def test_from_the_left_too(self, q):
        values = real(CODES)
        np.testing.assert_array_equal(3.0 < q, values > 3.0)
        np.testing.assert_array_equal(np.float32(3) < q, values > 3.0)
        np.testing.assert_array_equal(values == q, np.ones(values.shape, bool))
        np.testing.assert_array_equal(np.less(values, q), np.zeros(values.shape, bool))
        assert type(values <= q) is np.ndarray

    def test_functions_that_compare(self, q):
        assert np.array_equal(q, real(CODES))
        assert not np.array_equal(q, CODES)
        assert np.allclose(real(CODES) + 1e-9, q)
        assert np.isclose(q, q).all()
        np.testing.assert_array_equal(q, real(CODES))
        np.testing.assert_allclose(real(CODES), q)

    def test_shapes(self, q):
        assert (np.shape(q), np.ndim(q), np.size(q), np.size(q, 1)) == ((2, 3, 4), 3, 24, 3)

    def test_tensors_can_be_dictionary_keys(self, q):
        assert {q: 1}[q] == 1


class TestRefusals:
    @pytest.mark.parametrize(
        "call",
        [
            lambda q: q + q,
            lambda q: q * 2,
            lambda q: 1.0 - q,
            lambda q: q**2,
            lambda q: q // 2,
            lambda q: 5 % q,
            lambda q: -q,
            lambda q: abs(q),
            lambda q: q @ q,
            lambda q: np.ones((2, 3, 4), np.float32) + q,
            lambda q: np.float32(2) * q,
            lambda q: np.ones((3, 2, 4)) @ q,
            lambda q: np.add(np.ones(4, np.float32), q),
            lambda q: np.add(1.0, 2.0, out=q),
            lambda q: np.add.reduce(q),
            lambda q: np.exp(q),
            lambda q: np.isnan(q),
            lambda q: np.equal(q, 1.0, out=np.zeros(q.shape, bool)),
        ],
    )
    def test_arithmetic_names_the_remedy(self, q, call):
        with pytest.raises(DTypeError, match="FloatFunctional.*or dequantize"):
            call(q)

    def test_arithmetic_in_place(self, q):
        array = np.zeros((2, 3, 4), np.float32)
        with pytest.raises(DTypeError, match=r"numpy\.add takes no quantized tensors"):
            array += q
        with pytest.raises(DTypeError, match="arithmetic with operators"):
            q += 1
        assert (array == 0).all()

    @pytest.mark.parametrize(
        ("call", "text"),
        [
            (lambda q: np.sum(q), r"numpy\.sum takes no quantized tensors.*dequantize\(\) first"),
            (lambda q: np.mean(q, axis=1), r"numpy\.mean"),
            (lambda q: np.max(q), r"numpy\.a?max"),
            (lambda q: np.reshape(q, -1), r"numpy\.reshape"),
            (lambda q: np.transpose(q), r"numpy\.transpose"),
            (lambda q: np.concatenate([q, q]), r"numpy\.concatenate .*Use qframe\.cat"),
            (lambda q: np.stack([q, q]), r"numpy\.stack .*Use qframe\.stack"),
            (lambda q: np.where(q > 1, q, 0), r"numpy\.where"),
            (lambda q: np.copyto(np.zeros(q.shape), q), r"numpy\.copyto"),
            (lambda q: np.clip(q, 0, 1), r"numpy\.clip"),
            (lambda q: np.save("never", q), r"numpy\.save .*Use qframe\.save"),
            (lambda q: np.savez("never", a=q), r"numpy\.savez .*Use qframe\.save"),
        ],
    )
    def test_functions_are_named_with_the_remedy(self, q, call, text):
        with pytest.raises(DTypeError, match=text):
            call(q)
