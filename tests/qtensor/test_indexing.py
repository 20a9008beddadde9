"""Parts of a QTensor: views that keep the qparams of what they show."""

import numpy as np
import pytest

from qframe.dtypes import qint32
from qframe.errors import ArgumentError, QSchemeError
from qframe.qschemes import per_tensor_affine
from qframe.qtensor import QTensor

from .tensors import CODES, per_channel, per_tensor, real

#: Parts as PyTorch names them, and the same in NumPy.
PARTS = {
    "an index": (lambda q: q[1], lambda a: a[1]),
    "an element": (lambda q: q[1, 2, 3], lambda a: a[1, 2, 3, ...]),
    "the last": (lambda q: q[-1, ..., -1], lambda a: a[-1, ..., -1]),
    "a slice": (lambda q: q[:, 1:], lambda a: a[:, 1:]),
    "steps": (lambda q: q[::-1, ::2, 1:3], lambda a: a[::-1, ::2, 1:3]),
    "a new dimension": (lambda q: q[0, None, 1], lambda a: a[0, None, 1]),
    "nothing": (lambda q: q[:0], lambda a: a[:0]),
    "everything": (lambda q: q[...], lambda a: a[...]),
    "a NumPy integer": (lambda q: q[np.int64(1), np.uint8(2)], lambda a: a[1, 2]),
    "select": (lambda q: q.select(1, -1), lambda a: a[:, -1]),
    "narrow": (lambda q: q.narrow(-1, 1, 2), lambda a: a[..., 1:3]),
    "chunk": (lambda q: q.chunk(2, 1)[1], lambda a: a[:, 2:]),
    "split": (lambda q: q.split(3, 2)[1], lambda a: a[..., 3:]),
    "split by lengths": (lambda q: q.split([1, 0, 2], 1)[2], lambda a: a[:, 1:]),
    "unbind": (lambda q: q.unbind(1)[2], lambda a: a[:, 2]),
    "iteration": (lambda q: list(q)[1], lambda a: a[1]),
    "flip": (lambda q: q.flip(0, -1), lambda a: a[::-1, :, ::-1]),
    "flip of a tuple": (lambda q: q.flip((1,)), lambda a: a[:, ::-1]),
}
EVERY = pytest.mark.parametrize(("part", "expected"), PARTS.values(), ids=PARTS)


def tensors():
    return {
        "per tensor": per_tensor(),
        "qint32": QTensor.per_tensor(CODES.astype(np.int32) * 10**7 - 10**8, 1e-4, 2**31 - 1),
        "channels 0": QTensor.per_channel(CODES.copy(), [0.5, 0.25], [3, 4], 0),
        "channels 1": per_channel(),
        "channels 2": QTensor.per_channel(
            CODES.astype(np.int32), [0.1, 0.2, 0.3, 0.4], [9, 8, 7, -(2**31)], 2
        ),
    }


@EVERY
@pytest.mark.parametrize("kind", tensors())
def test_a_part_has_the_real_values_of_what_it_shows(kind, part, expected):
    q = tensors()[kind]
    found = part(q)
    np.testing.assert_array_equal(found.dequantize(), expected(q.dequantize()))
    np.testing.assert_array_equal(found.int_repr(), expected(q.int_repr()))
    assert found.dtype is q.dtype
    assert not found.numel() or np.shares_memory(found.int_repr(), q.int_repr())


@EVERY
@pytest.mark.parametrize("kind", tensors())
def test_writing_to_a_view_writes_to_the_tensor(kind, part, expected):
    q, written = tensors()[kind], np.zeros(CODES.shape, bool)
    before = q.dequantize()
    part(q).copy_(0.0)
    expected(written)[...] = True
    np.testing.assert_array_equal(q.dequantize(), np.where(written, 0, before))


@pytest.mark.parametrize("kind", ["per tensor", "qint32", "channels 1"])
@pytest.mark.parametrize(("dim", "size", "step"), [(2, 3, 1), (-1, 2, 2), (0, 1, 2), (2, 4, 5), (0, 0, 1)])
def test_windows(kind, dim, size, step):
    q = tensors()[kind]
    windows = np.lib.stride_tricks.sliding_window_view(q.dequantize(), size, dim)
    found = q.unfold(dim, size, step)
    np.testing.assert_array_equal(
        found.dequantize(), windows[(slice(None),) * (dim % 3) + (slice(None, None, step),)]
    )
    assert not size or np.shares_memory(found.int_repr(), q.int_repr())


class TestPerTensor:
    def test_indices_and_masks(self):
        q = per_tensor()
        np.testing.assert_array_equal(q[[1, 0]].int_repr(), CODES[[1, 0]])
        np.testing.assert_array_equal(q[q > 9].int_repr(), CODES[real(CODES) > 9])
        np.testing.assert_array_equal(q[:, np.array([2, 0])].int_repr(), CODES[:, [2, 0]])

    def test_index_select(self):
        found = per_tensor().index_select(-1, [3, 0, 0])
        np.testing.assert_array_equal(found.int_repr(), CODES[..., [3, 0, 0]])

    def test_cutting(self):
        q = per_tensor()
        assert [part.shape for part in q.chunk(2, 1)] == [(2, 2, 4), (2, 1, 4)]
        assert [part.shape for part in q.chunk(9)] == [(1, 3, 4), (1, 3, 4)]
        assert [part.shape for part in q.split(2, 1)] == [(2, 2, 4), (2, 1, 4)]
        assert [part.shape for part in q[:, :0].split(2, 1)] == [(2, 0, 4)]
        assert [part.shape for part in q.unbind()] == [(3, 4), (3, 4)]
        assert [row.shape for row in q] == [(3, 4), (3, 4)]

    @pytest.mark.parametrize(
        ("call", "text"),
        [
            (lambda q: q.narrow(0, 1, 2), "Stay inside"),
            (lambda q: q.narrow(0, -1, 1), "Stay inside"),
            (lambda q: q.chunk(0), "chunk into 0 parts"),
            (lambda q: q.split(0), "split into 0"),
            (lambda q: q.split([1, 2]), "lengths that add up"),
            (lambda q: q.split([3, -1]), "lengths that add up"),
            (lambda q: q.unfold(0, 3, 1), "size up to the length"),
            (lambda q: q.unfold(0, 1, 0), "step above zero"),
            (lambda q: q.index_select(0, [0.5]), "index_select by float64"),
            (lambda q: q.index_select(0, [[0]]), r"of shape \(1, 1\)"),
            (lambda q: q.select(3, 0), "dimension 3 of a tensor with 3 dimensions"),
            (lambda q: q.chunk(2, 3), "dimension 3"),
            (lambda q: q.flip(3), "dimension 3"),
        ],
    )
    def test_impossible_parts(self, call, text):
        for tensor in (per_tensor(), per_channel()):
            with pytest.raises(ArgumentError, match=text):
                call(tensor)

    @pytest.mark.parametrize("index", [2, (0, 3), (0, 0, 0, 0), (slice(None), -4), (..., ...)])
    def test_indices_outside_the_shape(self, index):
        for tensor in (per_tensor(), per_channel()):
            with pytest.raises(IndexError):
                tensor[index]


class TestPerChannel:
    def test_a_part_of_the_channels_keeps_their_parameters(self):
        channels = per_channel()
        part = channels[:, 1:]
        assert part.q_per_channel_scales().tolist() == [0.25, 2.0]
        assert part.q_per_channel_axis() == 1
        assert channels[:, ::-1].q_per_channel_zero_points().tolist() == [2, 1, 0]

    def test_one_channel_is_quantized_per_tensor(self):
        one = per_channel().select(1, 2)
        assert (one.qscheme(), one.q_scale(), one.q_zero_point()) == (per_tensor_affine, 2.0, 2)
        assert type(one.q_scale()) is float
        assert [c.q_scale() for c in per_channel().unbind(1)] == [0.5, 0.25, 2.0]

    def test_index_select_takes_channels_along(self):
        found = per_channel().index_select(1, [2, 0, 2])
        assert found.q_per_channel_scales().tolist() == [2.0, 0.5, 2.0]
        np.testing.assert_array_equal(found.dequantize(), per_channel().dequantize()[:, [2, 0, 2]])
        rows = per_channel().index_select(0, [1, 1])
        np.testing.assert_array_equal(rows.dequantize(), per_channel().dequantize()[[1, 1]])

    @pytest.mark.parametrize("index", [[0, 1], CODES > 3, True, np.bool_(False), 1.5, (0, [1]), "text"])
    def test_other_indices_say_why_not(self, index):
        with pytest.raises(QSchemeError, match="indexing with .*per channel along axis 1.*Use dequantize"):
            per_channel()[index]

    def test_windows_over_channels_say_why_not(self):
        with pytest.raises(QSchemeError, match="windows would mix channels"):
            per_channel().unfold(1, 2, 1)


def test_a_tensor_without_dimensions_has_no_parts():
    q = QTensor.per_tensor(np.array(3, np.int32), 1.0, 0)
    assert q[...].equal(q)
    assert q[()].dtype is qint32
    for action in (lambda: q[0], lambda: len(q), lambda: list(q)):
        with pytest.raises((IndexError, TypeError)):
            action()
