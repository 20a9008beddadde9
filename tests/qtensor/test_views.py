"""Views share memory and keep qparams, or say why they cannot."""

import numpy as np
import pytest

from qframe.dtypes import quint8
from qframe.errors import ArgumentError, QSchemeError
from qframe.qtensor import QTensor

from .tensors import CODES, per_channel, per_tensor


@pytest.fixture
def q():
    return per_tensor()


@pytest.fixture
def channels():
    return per_channel()


class TestViews:
    @pytest.mark.parametrize(
        "view",
        [
            lambda x: x.reshape(4, 6),
            lambda x: x.reshape((6, -1)),
            lambda x: x.transpose(0, 2) if isinstance(x, QTensor) else x.swapaxes(0, 2),
            lambda x: x.permute(2, 0, 1) if isinstance(x, QTensor) else x.transpose(2, 0, 1),
            lambda x: x[:, 1:],
            lambda x: x[0],
            lambda x: x[..., ::2],
            lambda x: x[0, None, 1],
            lambda x: x[::-1],
            lambda x: x.T,
        ],
    )
    def test_views_share_memory_and_keep_qparams(self, q, view):
        result = view(q)
        np.testing.assert_array_equal(result.int_repr(), view(CODES))
        assert np.shares_memory(result.int_repr(), q.int_repr())
        assert (result.q_scale(), result.q_zero_point(), result.dtype) == (0.5, 2, quint8)

    def test_the_rest_of_the_view_family(self, q):
        assert q.view(24).shape == (24,)
        assert q.flatten().shape == (24,)
        assert q.flatten(1).shape == (2, 12)
        assert q.flatten(0, 1).shape == (6, 4)
        assert q.unsqueeze(-1).squeeze().shape == q.shape
        assert q.unsqueeze(0).squeeze(0).shape == q.shape
        assert q.squeeze(0).shape == q.shape
        assert q[:1].expand(5, 3, 4).shape == q[:1].expand(5, -1, -1).shape == (5, 3, 4)
        assert q.expand(7, 2, 3, 4).shape == (7, 2, 3, 4)
        assert q.select(1, 2).shape == (2, 4)
        assert q.narrow(2, 1, 2).shape == (2, 3, 2)
        assert [part.shape for part in q.chunk(2, 1)] == [(2, 2, 4), (2, 1, 4)]
        assert q[0].t().shape == (4, 3)
        assert [row.shape for row in q] == [(3, 4), (3, 4)]
        assert q.detach().int_repr() is q.int_repr()

    def test_as_strided_counts_from_the_storage(self, q):
        np.testing.assert_array_equal(q.as_strided((2, 2), (12, 1), 5).int_repr(), [[5, 6], [17, 18]])
        part = q[1]
        assert part.as_strided((2,), (1,)).int_repr().tolist() == [12, 13]
        assert part.as_strided((2,), (1,), 0).int_repr().tolist() == [0, 1]
        assert np.shares_memory(part.as_strided((2,), (1,), 0).int_repr(), q.int_repr())

    @pytest.mark.parametrize(
        ("size", "stride", "offset"),
        [((25,), (1,), 0), ((2, 2), (12, 1), 12), ((3,), (-1,), 1), ((1,), (1,), 24)],
    )
    def test_as_strided_stays_inside_the_storage(self, q, size, stride, offset):
        with pytest.raises(ArgumentError, match="reaches elements .* of a storage of 24"):
            q.as_strided(size, stride, offset)

    def test_resize_in_place(self, q):
        assert q.resize_(2, 2) is q
        assert q.int_repr().tolist() == [[0, 1], [2, 3]]
        assert q.resize_((5,)).int_repr().tolist() == [0, 1, 2, 3, 2]  # new elements are zero

    @pytest.mark.parametrize(
        ("call", "text"),
        [
            (lambda q: q.reshape(5, 5), "cannot be reshaped"),
            (lambda q: q.permute(2, 0, 1).view(24), "do not allow a view.*Use reshape"),
            (lambda q: q.permute(0, 0, 1), "Name every dimension once"),
            (lambda q: q.transpose(0, 3), "dimension 3 of a tensor with 3 dimensions"),
            (lambda q: q.flatten(2, 1), "start_dim must not come after"),
            (lambda q: q.expand(2, 5, 4), "Only dimensions of length one expand"),
            (lambda q: q.expand(4), "Name all dimensions"),
            (lambda q: q.resize_(-1), "whole numbers from zero up"),
            (lambda q: q.resize_(2, 1.5), "whole numbers from zero up"),
            (lambda q: q.t(), "Use transpose"),
        ],
    )
    def test_impossible_views(self, q, call, text):
        with pytest.raises(ArgumentError, match=text):
            call(q)


class TestPerChannelViews:
    @pytest.mark.parametrize(
        ("view", "axis"),
        [
            (lambda x: x.reshape(2, 3, 2, 2), 1),
            (lambda x: x.reshape(1, 2, 3, 4), 2),
            (lambda x: x.flatten(2), 1),
            (lambda x: x.permute(1, 0, 2), 0),
            (lambda x: x.transpose(1, 2), 2),
            (lambda x: x.T, 1),
            (lambda x: x.unsqueeze(0), 2),
            (lambda x: x.unsqueeze(-1), 1),
            (lambda x: x.select(0, 1), 0),
            (lambda x: x[0], 0),
            (lambda x: x[:, :, None], 1),
            (lambda x: x[None, ..., 1:], 2),
            (lambda x: x[0:1].squeeze(), 0),
            (lambda x: x.expand(5, 2, 3, 4), 2),
            (lambda x: x.contiguous(), 1),
            (lambda x: x.clone(), 1),
        ],
    )
    def test_views_that_keep_the_channel_axis(self, channels, view, axis):
        result = view(channels)
        assert result.q_per_channel_axis() == axis
        expected = view(QTensor.per_tensor(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), 1.0, 0))
        np.testing.assert_array_equal(result.int_repr(), expected.int_repr())
        assert result.shape[axis] == 3

    @pytest.mark.parametrize(
        "call",
        [
            lambda x: x.reshape(6, 4),
            lambda x: x.flatten(),
            lambda x: x[:, 1:2].expand(2, 3, 4),
            lambda x: x.as_strided((2,), (1,), 0),
            lambda x: x.resize_(2),
        ],
    )
    def test_views_that_lose_the_channel_axis_say_why(self, channels, call):
        with pytest.raises(QSchemeError, match="quantized per channel along axis 1.*Use dequantize"):
            call(channels)
