"""Layer, group and instance norm against a living PyTorch 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.compare import assert_one_step_at_ties
from oracle.live import codes_of, fbgemm, random_q, tensor, torch, twin

from qframe import ops
from qframe.qtensor import QTensor

pytestmark = pytest.mark.filterwarnings("ignore")
SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=25, deadline=None, derandomize=True)
BYTES = pytest.mark.parametrize("dtype", ["quint8", "qint8"])
# The variance is a small difference of large float32 numbers: some hundred steps are off by less than this.
TIE = 1e-3


def normalized(x: QTensor, groups: tuple[int, ...], eps: float) -> Any:
    """Real values with mean 0 and variance 1 over each row of ``groups``, in float64, of x's shape."""
    rows = (x.int_repr().astype(np.float64).reshape(groups) - x.q_zero_point()) * x.q_scale()
    deviation = np.sqrt(rows.var(axis=-1, keepdims=True) + eps)
    return ((rows - rows.mean(axis=-1, keepdims=True)) / deviation).reshape(x.shape)


def optional(rng: Any, shape: tuple[int, ...]) -> Any:
    return np.float32(rng.normal(size=shape)) if rng.random() < 0.8 else None


@BYTES
@EXAMPLES
@given(seed=SEEDS)
def test_layer_norm(dtype: str, seed: int) -> None:
    fbgemm()
    rng = np.random.default_rng(seed)
    shape = tuple(map(int, rng.integers(2, 40, rng.integers(1, 4))))
    dims = int(rng.integers(1, len(shape) + 1))
    inner, x = shape[-dims:], random_q(rng, shape, dtype)
    weight, bias = optional(rng, inner), optional(rng, inner)
    eps, scale, zero_point = float(rng.choice([1e-5, 1e-2])), 0.0213, int(rng.integers(0, 100))
    given_arrays = [None if v is None else tensor(v) for v in (weight, bias)]
    expected = torch.ops.quantized.layer_norm(twin(x), inner, *given_arrays, eps, scale, zero_point)
    exact = normalized(x, (-1, int(np.prod(inner))), eps)
    exact = exact * (1.0 if weight is None else weight) + (0.0 if bias is None else bias)
    y = ops.layer_norm(x, inner, weight, bias, eps, scale, zero_point)
    assert_one_step_at_ties(y, codes_of(expected), exact / np.float64(np.float32(scale)), TIE)


@BYTES
@pytest.mark.parametrize("last", [False, True], ids=["channels-first", "channels-last"])
@EXAMPLES
@given(seed=SEEDS)
def test_group_norm_and_instance_norm(dtype: str, last: bool, seed: int) -> None:
    """In channels-last memory PyTorch 2 folds mean and bias into one number; qframe's integers stay."""
    fbgemm()
    rng = np.random.default_rng(seed)
    groups, size = map(int, rng.integers(1, 9, 2))
    shape = (2, groups * size, *map(int, rng.integers(2, 12, 2)))
    x = random_q(rng, shape, dtype)
    weight, bias = optional(rng, shape[1:2]), optional(rng, shape[1:2])
    numbers = float(rng.choice([1e-5, 1e-2])), 0.0213, int(rng.integers(0, 100))
    given_arrays = [None if v is None else tensor(v) for v in (weight, bias)]
    other = twin(x).contiguous(memory_format=torch.channels_last) if last else twin(x)
    if last:
        codes = np.ascontiguousarray(x.int_repr().transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
        x = QTensor.per_tensor(codes, x.q_scale(), x.q_zero_point())
    factor = 1.0 if weight is None else weight[:, None, None]
    offset = 0.0 if bias is None else bias[:, None, None]
    for count, y, expected in [
        (
            groups,
            ops.group_norm(x, groups, weight, bias, *numbers),
            torch.ops.quantized.group_norm(other, groups, *given_arrays, *numbers),
        ),
        (
            shape[1],
            ops.instance_norm(x, weight, bias, *numbers),
            torch.ops.quantized.instance_norm(other, *given_arrays, *numbers),
        ),
    ]:
        exact = normalized(x, (2 * count, -1), numbers[0]) * factor + offset
        assert_one_step_at_ties(y, codes_of(expected), exact / np.float64(np.float32(numbers[1])), TIE)
