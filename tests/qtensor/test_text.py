"""A QTensor prints as PyTorch prints quantized tensors."""

import numpy as np
import pytest

from qframe.qtensor import QTensor

from .tensors import per_channel, per_tensor


@pytest.fixture
def q():
    return per_tensor()


@pytest.fixture
def channels():
    return per_channel()


class TestRepr:
    def test_per_tensor(self):
        q = QTensor.per_tensor(np.array([[3, 1], [3, 1]], np.int8), 1.0, 2)
        assert repr(q) == (
            "tensor([[ 1., -1.],\n"
            "        [ 1., -1.]], size=(2, 2), dtype=qframe.qint8,\n"
            "       quantization_scheme=qframe.per_tensor_affine, scale=1.0, zero_point=2)"
        )

    def test_fractions_have_four_digits(self):
        assert repr(QTensor.per_tensor(np.array([1, 4], np.uint8), 0.25, 0)).startswith(
            "tensor([0.2500, 1.0000],"
        )

    def test_no_dimensions_and_no_elements(self):
        assert repr(QTensor.per_tensor(np.array(1, np.int32), 1.0, 0)).startswith(
            "tensor(1., size=(), dtype=qframe.qint32"
        )
        assert repr(QTensor.per_tensor(np.zeros((0, 3), np.uint8), 1.0, 0)).startswith(
            "tensor([], size=(0, 3),"
        )

    def test_per_channel(self, channels):
        text = " ".join(repr(channels).split())
        assert "quantization_scheme=qframe.per_channel_affine" in text
        assert (
            "scale=tensor([0.5000, 0.2500, 2.0000], dtype=float64), zero_point=tensor([0, 1, 2]), axis=1)"
            in text
        )

    def test_long_tensors_are_shortened(self):
        assert "..." in repr(QTensor.per_tensor(np.zeros(5000, np.uint8), 1.0, 0))
