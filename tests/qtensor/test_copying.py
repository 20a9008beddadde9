"""Writing into a QTensor quantizes with the qparams of the destination, or changes nothing."""

import numpy as np
import pytest

from qframe.dtypes import qint8, qint32, quint8
from qframe.errors import ArgumentError, DTypeError, QSchemeError
from qframe.qtensor import QTensor

from .tensors import CODES, per_channel, per_tensor


@pytest.fixture
def q():
    return per_tensor()


@pytest.fixture
def channels():
    return per_channel()


class TestCopy:
    def test_floats_keep_the_destinations_qparams(self, q):
        assert q.copy_(np.full(4, 3.0, np.float32)) is q
        assert (q.int_repr() == 8).all()
        assert (q.q_scale(), q.q_zero_point()) == (0.5, 2)

    def test_a_quantized_source_hands_over_its_qparams(self, q):
        q.copy_(QTensor.per_tensor(np.full((3, 4), 7, np.uint8), 0.1, 3))
        assert (q.q_scale(), q.q_zero_point()) == (0.1, 3)
        assert (q.int_repr() == 7).all()

    def test_a_per_channel_source_hands_over_its_qparams_without_sharing_them(self, q, channels):
        assert q.copy_(channels).equal(channels)
        assert not np.shares_memory(q.q_per_channel_scales(), channels.q_per_channel_scales())
        channels.copy_(per_tensor())
        assert channels.equal(per_tensor())

    def test_floats_into_a_per_channel_tensor(self, channels):
        channels.copy_(np.ones((2, 3, 4), np.float32))
        assert channels.int_repr()[0, :, 0].tolist() == [2, 5, 2]  # 1 / 2.0 + 2 rounds half to even
        channels.copy_(2.0)
        assert channels.int_repr()[1, :, 3].tolist() == [4, 9, 3]

    def test_a_view_writes_into_the_tensor(self, q, channels):
        q[1, 2].copy_(np.zeros(4, np.float32))
        assert q.int_repr()[1, 2].tolist() == [2] * 4
        q[0, 0, 0].copy_(1.5)  # a single element is a view too
        assert q.int_repr()[0, 0, 0] == 5
        channels.select(1, 2).copy_(4.0)
        assert (channels.int_repr()[:, 2] == 4).all()

    def test_of_a_view_only_the_view_takes_over_qparams(self, q):
        """PyTorch's rule; assignment requantizes."""
        view = q[0]
        view.copy_(QTensor.per_tensor(np.full((3, 4), 7, np.uint8), 0.1, 3))
        assert (view.q_scale(), q.q_scale()) == (0.1, 0.5)
        assert (q.int_repr()[0] == 7).all()

    @pytest.mark.parametrize(
        ("codes", "scale", "zero_point", "values", "expected"),
        [
            (np.zeros(3, np.int32), 1e-3, -7, [1.0, -2.0, 1e30], [993, -2007, 2**31 - 1]),
            (np.zeros(3, np.int8), 0.5, 3, [0.25, 1e300, -1e300], [3, 127, -128]),
            (np.zeros(3, np.uint8), 0.5, 3, [np.nan, np.inf, -np.inf], [255, 255, 0]),
            (np.zeros(3, np.uint8), 0.5, 3, [1, 2, 3], [5, 7, 9]),
        ],
    )
    def test_every_dtype_and_every_number(self, codes, scale, zero_point, values, expected):
        q = QTensor.per_tensor(codes, scale, zero_point)
        assert q.copy_(values).int_repr().tolist() == expected

    @pytest.mark.parametrize(
        ("source", "kind", "text"),
        [
            (
                QTensor.per_tensor(CODES.view(np.int8), 1.0, 0),
                DTypeError,
                "copy qframe.qint8 into qframe.quint8",
            ),
            (np.zeros(5, np.float32), ArgumentError, r"shape \(5,\) does not broadcast to \(2, 3, 4\)"),
            (np.zeros(4, complex), DTypeError, "cannot quantize data of type complex128"),
            ("text", DTypeError, "cannot quantize data of type <U4"),
            (None, DTypeError, "cannot quantize data of type object"),
            (per_channel()[0], ArgumentError, "per-channel source of shape"),
        ],
    )
    def test_what_does_not_fit_changes_nothing(self, q, channels, source, kind, text):
        for tensor in (q, channels):
            before = tensor.clone()
            with pytest.raises(kind, match=text):
                tensor.copy_(source)
            assert tensor.equal(before)


class TestFill:
    def test_with_a_number(self, q, channels):
        assert (q.fill_(1.5).int_repr() == 5).all()
        assert channels.fill_(1.0).int_repr()[0, :, 0].tolist() == [2, 5, 2]


class TestAssignment:
    def test_to_a_part_of_a_per_tensor_tensor(self, q):
        q[0, 0] = 5.0
        assert q[0, 0].int_repr().tolist() == [12] * 4
        q[..., 1] = np.arange(3.0)
        assert q.int_repr()[1, :, 1].tolist() == [2, 4, 6]
        q[[0, 1], 2] = -1.0
        assert (q.int_repr()[:, 2] == 0).all()
        q.copy_(per_tensor())
        q[q > 4.0] = 0.0
        assert q.int_repr().max() == 10

    def test_a_quantized_value_is_requantized(self, q):
        q[1] = QTensor.per_tensor(np.full((3, 4), 10, np.uint8), 1.0, 0)  # 10.0 in other qparams
        assert (q[1].int_repr() == 22).all()
        q[0] = q[1]
        assert (q[0].int_repr() == 22).all()
        assert (q.q_scale(), q.q_zero_point()) == (0.5, 2)

    def test_the_same_qparams_keep_every_code(self):
        codes = np.array([2**31 - 1, -(2**31)], np.int32)  # no float32 holds these
        q = QTensor.per_tensor(np.zeros(4, np.int32), 0.1, 3)
        q[:2] = QTensor.per_tensor(codes, 0.1, 3)
        assert q.int_repr().tolist() == [*codes.tolist(), 0, 0]

    def test_to_parts_of_a_per_channel_tensor(self, channels):
        channels[0] = 1.0
        assert channels.int_repr()[0, :, 3].tolist() == [2, 5, 2]
        channels[:, 2] = 4.0
        assert (channels.int_repr()[:, 2] == 4).all()
        channels[1, 1:, 0] = np.array([-0.25, 2.0])
        assert channels.int_repr()[1, :, 0].tolist() == [12, 0, 3]
        channels[1, 0, 0] = 3.0
        assert channels.int_repr()[1, 0, 0] == 6

    def test_a_per_channel_value_is_requantized_or_copied(self, channels):
        channels[0] = channels[1]
        np.testing.assert_array_equal(channels.int_repr()[0], CODES[1])
        other = QTensor.per_channel(CODES, [1.0, 1.0, 1.0], [0, 0, 0], 1)
        channels[1] = other[0]
        np.testing.assert_array_equal(channels.int_repr()[1], [[0, 2, 4, 6], [17, 21, 25, 29], [6, 6, 7, 8]])

    @pytest.mark.parametrize(
        ("index", "value", "kind"),
        [
            ([0, 1], 1.0, QSchemeError),
            (CODES > 3, 1.0, QSchemeError),
            (0, np.zeros(5), ArgumentError),
            (0, "text", DTypeError),
            (2, 1.0, IndexError),
        ],
    )
    def test_what_does_not_fit_changes_nothing(self, channels, index, value, kind):
        before = channels.clone()
        with pytest.raises(kind):
            channels[index] = value
        assert channels.equal(before)


@pytest.mark.parametrize(
    "write", [lambda q: q.copy_(1.0), lambda q: q.fill_(1.0), lambda q: q.__setitem__(0, 1.0)]
)
def test_read_only_memory_is_not_written_to(write):
    codes = CODES.copy()
    codes.flags.writeable = False
    for tensor in (QTensor.per_tensor(codes, 0.5, 2), per_tensor().unsqueeze(0).expand(3, -1, -1, -1)):
        with pytest.raises(
            ArgumentError, match=r"memory of this tensor is read-only.*Write into a clone\(\)"
        ):
            write(tensor)


@pytest.mark.parametrize("dtype", [quint8, qint8, qint32])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_writing_is_quantizing(dtype, axis):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(3, 4)).astype(np.float32)
    codes, scales = np.zeros((3, 4), dtype.numpy), rng.uniform(0.01, 0.1, 3 if axis == 0 else 4)
    if axis is None:
        q = QTensor.per_tensor(codes, 0.03, 5, dtype)
        expected = 5 + np.rint(values * np.float32(1 / np.float32(0.03)))
    else:
        q = QTensor.per_channel(codes, scales, np.full(len(scales), 5), axis, dtype)
        inverse = np.float32(1) / scales.astype(np.float32)
        expected = 5 + np.rint(values * (inverse[:, None] if axis == 0 else inverse))
    expected = np.clip(expected, dtype.minimum, dtype.maximum)
    np.testing.assert_array_equal(q.clone().copy_(values).int_repr(), expected)
    q[1:] = values[1:]
    np.testing.assert_array_equal(q.int_repr()[1:], expected[1:])
