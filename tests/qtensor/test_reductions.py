"""Reductions and order work on the integers and keep the qparams."""

import numpy as np
import pytest

from qframe.errors import ArgumentError, QSchemeError
from qframe.qtensor import QTensor

from .tensors import CODES, per_channel, per_tensor


@pytest.fixture
def q():
    return per_tensor()


@pytest.fixture
def channels():
    return per_channel()


class TestReductionAndOrder:
    def test_max_and_min(self, q):
        assert (q.max().item(), q.min().item()) == (10.5, -1.0)
        values, indices = q.max(1)
        np.testing.assert_array_equal(values.int_repr(), CODES.max(1))
        assert (indices == 2).all()
        assert q.min(1, keepdim=True)[0].shape == (2, 1, 4)
        assert values.q_scale() == 0.5

    def test_mean_rounds_the_exact_sum_once(self, q):
        assert q.mean().int_repr() == 12  # 11.5 rounds to even from 9.5 above the zero point: 2 + 10
        assert q.mean(2).int_repr().tolist() == [[2, 6, 10], [14, 18, 22]]  # 1.5 - 2 = -0.5 rounds to 0
        assert q.mean((0, 2), keepdim=True).shape == (1, 3, 1)
        out = QTensor.per_tensor(np.zeros((2, 3), np.uint8), 9.0, 9)
        assert q.mean(2, out=out) is out
        assert out.q_scale() == 0.5

    def test_sort_and_topk_are_stable(self):
        q = QTensor.per_tensor(np.array([1, 3, 3, 2, 3], np.uint8), 1.0, 0)
        values, indices = q.sort()
        assert (values.int_repr().tolist(), indices.tolist()) == ([1, 2, 3, 3, 3], [0, 3, 1, 2, 4])
        assert q.sort(descending=True)[1].tolist() == [1, 2, 4, 3, 0]
        assert q.argsort().tolist() == [0, 3, 1, 2, 4]
        assert [part.tolist() for part in (q.topk(2)[0].int_repr(), q.topk(2)[1])] == [[3, 3], [1, 2]]
        assert q.topk(2, largest=False)[1].tolist() == [0, 3]

    def test_topk_along_a_dimension(self, q):
        values, indices = q.topk(1, dim=0)
        np.testing.assert_array_equal(values.int_repr(), CODES[1:])
        assert (indices == 1).all()

    def test_impossible_reductions(self, q, channels):
        empty = QTensor.per_tensor(np.zeros((0, 3), np.uint8), 1.0, 0)
        with pytest.raises(ArgumentError, match=r"max\(\) of an empty tensor"):
            empty.max()
        with pytest.raises(ArgumentError, match="mean over dimension 0 of an empty tensor"):
            empty.mean(0)
        with pytest.raises(ArgumentError, match="topk of 5 elements along a dimension of 4"):
            q.topk(5)
        for name in ("max", "min", "mean", "sort"):
            with pytest.raises(QSchemeError, match="needs a per-tensor"):
                getattr(channels, name)()
