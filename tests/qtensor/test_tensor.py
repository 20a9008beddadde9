"""QTensor: integers with qparams; views share memory, comparisons see real values."""

import copy
import pickle

import numpy as np
import pytest

from qframe.dtypes import qint8, qint32, quint8
from qframe.errors import ArgumentError, DTypeError, QSchemeError
from qframe.qschemes import per_channel_affine, per_tensor_affine
from qframe.qtensor import QTensor

from .tensors import CODES, per_channel, per_tensor, real


@pytest.fixture
def q():
    return per_tensor()


@pytest.fixture
def channels():
    return per_channel()


class TestWhatItIs:
    def test_per_tensor_properties(self, q):
        assert (q.shape, q.ndim, q.dim(), q.numel(), len(q)) == ((2, 3, 4), 3, 3, 24, 2)
        assert (q.size(), q.size(-1), q.stride()) == ((2, 3, 4), 4, (12, 4, 1))
        assert (q.dtype, q.is_quantized, q.qscheme()) == (quint8, True, per_tensor_affine)
        assert (q.q_scale(), q.q_zero_point()) == (0.5, 2)

    def test_per_channel_properties(self, channels):
        assert channels.qscheme() is per_channel_affine
        assert channels.q_per_channel_scales().tolist() == [0.5, 0.25, 2.0]
        assert channels.q_per_channel_scales().dtype == np.float64
        assert channels.q_per_channel_zero_points().dtype == np.int64
        assert channels.q_per_channel_axis() == 1

    def test_int_repr_is_a_view(self):
        codes = CODES.copy()
        assert QTensor.per_tensor(codes, 1.0, 0).int_repr() is codes

    @pytest.mark.parametrize("access", ["q_scale", "q_zero_point"])
    def test_per_tensor_accessors_refuse_per_channel_tensors(self, channels, access):
        with pytest.raises(QSchemeError, match=rf"{access}\(\) needs a per-tensor.*q_per_channel"):
            getattr(channels, access)()

    @pytest.mark.parametrize(
        "access", ["q_per_channel_scales", "q_per_channel_zero_points", "q_per_channel_axis"]
    )
    def test_per_channel_accessors_refuse_per_tensor_tensors(self, q, access):
        with pytest.raises(QSchemeError, match="needs a per-channel"):
            getattr(q, access)()


class TestConstruction:
    @pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), 1e-60, 1e39])
    def test_bad_scales_are_refused(self, scale):
        with pytest.raises(ArgumentError, match="scale must be a finite number above zero"):
            QTensor.per_tensor(CODES, scale, 0)

    @pytest.mark.parametrize(
        ("codes", "zero_point"),
        [
            (np.zeros(1, "u1"), 256),
            (np.zeros(1, "u1"), -1),
            (np.zeros(1, "i1"), 128),
            (np.zeros(1, "i4"), 2**31),
        ],
    )
    def test_zero_points_outside_the_dtype_are_refused(self, codes, zero_point):
        with pytest.raises(ArgumentError, match=rf"zero_point {zero_point} is out of range for qframe.q"):
            QTensor.per_tensor(codes, 1.0, zero_point)

    def test_fractional_zero_points_are_refused(self):
        with pytest.raises(ArgumentError, match="whole number"):
            QTensor.per_tensor(CODES, 1.0, 0.5)

    @pytest.mark.parametrize("dtype", ["float32", "int64", "uint16"])
    def test_only_known_storage_types(self, dtype):
        with pytest.raises(DTypeError, match=f"uint8, int8 or int32 numbers, not {dtype}"):
            QTensor.per_tensor(np.zeros(3, dtype), 1.0, 0)

    def test_storage_must_match_an_explicit_dtype(self):
        with pytest.raises(DTypeError, match="qframe.qint8 stores int8 numbers, not uint8"):
            QTensor.per_tensor(CODES, 1.0, 0, dtype=qint8)

    @pytest.mark.parametrize(
        ("scales", "zero_points", "axis", "text"),
        [
            ([1.0, 1.0], [0, 0, 0], 1, r"scales has shape \(2,\), but axis 1.*has 3 channels"),
            ([1.0] * 3, [0], 1, r"zero_points has shape \(1,\)"),
            ([1.0] * 3, [0] * 3, -1, "axis -1 is out of range.*negative ones do not count"),
            ([1.0] * 3, [0] * 3, 3, "axis 3 is out of range"),
            ([[1.0] * 3], [0] * 3, 1, r"scales has shape \(1, 3\)"),
            ([1.0, 0.0, 1.0], [0] * 3, 1, "scale must be"),
            ([1.0] * 3, [0, 300, 0], 1, "zero_point 300"),
            ([1.0] * 3, [0.0] * 3, 1, "zero_points must be integers, not float64"),
        ],
    )
    def test_per_channel_parameters_must_fit(self, scales, zero_points, axis, text):
        with pytest.raises(ArgumentError, match=text):
            QTensor.per_channel(CODES, scales, zero_points, axis)


class TestConversion:
    def test_dequantize(self, q, channels):
        np.testing.assert_array_equal(q.dequantize(), real(CODES))
        expected = np.stack([real(CODES[:, c], s, c) for c, s in enumerate([0.5, 0.25, 2.0])], axis=1)
        np.testing.assert_array_equal(channels.dequantize(), expected)
        assert q.dequantize().dtype == channels.dequantize().dtype == np.float32

    def test_item_of_one_element(self, q):
        assert q[0, 0, 0].item() == float(q[0, 0, 0]) == -1.0
        assert bool(q[0, 0, 0])
        with pytest.raises(ArgumentError, match=r"this one has shape \(2, 3, 4\)"):
            q.item()

    def test_extreme_qint32_differences_are_exact(self):
        q = QTensor.per_tensor(np.array([2**31 - 1], np.int32), 1.0, -(2**31))
        assert q.dequantize()[0] == np.float32(2**32 - 1)


class TestCopies:
    def test_clone_shares_nothing(self, q, channels):
        for tensor in (q, channels):
            copied = tensor.clone()
            assert copied.equal(tensor)
            assert not np.shares_memory(copied.int_repr(), tensor.int_repr())

    def test_clone_keeps_channels_last(self):
        x = QTensor.per_tensor(np.zeros((1, 5, 5, 3), np.uint8), 1.0, 0).permute(0, 3, 1, 2)
        assert x.clone().stride() == x.stride()

    @pytest.mark.parametrize("method", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
    def test_deepcopy_and_pickle(self, q, channels, method):
        for tensor in (q, channels):
            assert method(tensor).equal(tensor)
            assert method(tensor).dtype is tensor.dtype


class TestComparison:
    def test_equal_needs_integers_and_qparams(self, q, channels):
        assert q.equal(q.clone())
        assert not q.equal(QTensor.per_tensor(CODES, 0.5, 3))
        assert not q.equal(QTensor.per_tensor(CODES, 0.25, 2))
        assert not q.equal(q[0])
        assert not q.equal(CODES)
        assert not q.equal(channels)
        assert channels.equal(channels.clone())
        assert not channels.equal(QTensor.per_channel(CODES, [0.5, 0.25, 2.5], [0, 1, 2], 1))


def test_dtypes_know_their_range():
    assert [(d.minimum, d.maximum, d.bits) for d in (quint8, qint8, qint32)] == [
        (0, 255, 8),
        (-128, 127, 8),
        (-(2**31), 2**31 - 1, 32),
    ]
