"""Joining and repeating keep every integer of per-channel tensors and the qparams of every channel."""

import numpy as np
import pytest

import qframe
from qframe.errors import ArgumentError, DTypeError, QSchemeError
from qframe.qtensor import QTensor

from .tensors import CODES, per_channel, per_tensor


@pytest.fixture(autouse=True)
def _on_reference():
    with qframe.use_engine("reference"):
        yield


def other_channels():
    """As per_channel(), with other integers and qparams."""
    return QTensor.per_channel(CODES[::-1], [1.0, 3.0, 0.1], [7, 8, 9], 1)


class TestCat:
    def test_along_the_channels_their_qparams_are_joined(self):
        joined = qframe.cat([per_channel(), other_channels()], 1)
        assert joined.q_per_channel_scales().tolist() == [0.5, 0.25, 2.0, 1.0, 3.0, 0.1]
        assert joined.q_per_channel_zero_points().tolist() == [0, 1, 2, 7, 8, 9]
        expected = np.concatenate([per_channel().dequantize(), other_channels().dequantize()], 1)
        np.testing.assert_array_equal(joined.dequantize(), expected)

    @pytest.mark.parametrize("dim", [0, 2, -1])
    def test_along_other_dimensions_they_must_be_the_same(self, dim):
        joined = qframe.cat([per_channel(), per_channel()], dim)
        assert joined.q_per_channel_axis() == 1
        np.testing.assert_array_equal(joined.int_repr(), np.concatenate([CODES, CODES], dim))
        with pytest.raises(QSchemeError, match=r"cat along dimension .* \(axis 1\) have other qparams"):
            qframe.cat([per_channel(), other_channels()], dim)

    @pytest.mark.parametrize(
        ("others", "dim", "kind", "text"),
        [
            ([per_tensor()], 0, QSchemeError, "some of them per tensor"),
            ([per_channel().permute(1, 0, 2)], 0, QSchemeError, "along different axes"),
            (
                [QTensor.per_channel(CODES.view(np.int8), [1.0] * 3, [0] * 3, 1)],
                1,
                DTypeError,
                "several dtypes",
            ),
            ([per_channel()[:, :, 1:]], 0, ArgumentError, r"cat of shapes \(2, 3, 4\), \(2, 3, 3\)"),
            ([per_channel()], 3, ArgumentError, "dimension 3"),
            ([np.zeros((2, 3, 4), np.float32)], 0, DTypeError, "float and quantized"),
        ],
    )
    def test_what_does_not_go_together(self, others, dim, kind, text):
        with pytest.raises(kind, match=text):
            qframe.cat([per_channel(), *others], dim)
        if kind is not ArgumentError:
            with pytest.raises(kind):
                qframe.cat([*others, per_channel()], dim)


class TestStack:
    @pytest.mark.parametrize("dim", [0, 1, 3, -1])
    def test_every_kind_of_tensor(self, dim):
        for make, axis in ((per_tensor, None), (per_channel, 1 + (dim in (0, 1)))):
            stacked = qframe.stack([make(), make()], dim)
            np.testing.assert_array_equal(stacked.dequantize(), np.stack([make().dequantize()] * 2, dim))
            assert (stacked.q_per_channel_axis() if axis else None) == axis
        floats = np.arange(6.0).reshape(2, 3)
        np.testing.assert_array_equal(
            qframe.stack([floats, floats], dim % 3), np.stack([floats] * 2, dim % 3)
        )

    def test_qint32(self):
        q = QTensor.per_tensor(np.array([2**31 - 1, -(2**31)], np.int32), 1e-4, 5)
        assert qframe.stack([q, q]).q_scale() == 1e-4

    def test_floats_do_not_mix_with_quantized_tensors(self):
        with pytest.raises(DTypeError, match="float and quantized"):
            qframe.stack([per_tensor(), np.zeros((2, 3, 4), np.float32)])


class TestRepeat:
    @pytest.mark.parametrize("times", [(2, 1, 3), (1, 2, 1), (2, 1, 1, 1), (0, 1, 1), (3, 2, 2, 2)])
    def test_every_kind_of_tensor(self, times):
        for q in (per_tensor(), per_channel()):
            for repeated in (q.repeat(*times), q.repeat(times)):
                np.testing.assert_array_equal(repeated.dequantize(), np.tile(q.dequantize(), times))
                assert not np.shares_memory(repeated.int_repr(), q.int_repr())

    def test_repeated_channels_keep_their_qparams(self):
        assert per_channel().repeat(1, 2, 1).q_per_channel_zero_points().tolist() == [0, 1, 2, 0, 1, 2]

    @pytest.mark.parametrize("times", [(2,), (1, 1, -1)])
    def test_impossible_numbers_of_times(self, times):
        with pytest.raises(ArgumentError, match="number of times for every dimension"):
            per_tensor().repeat(*times)
