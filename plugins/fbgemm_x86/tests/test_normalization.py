"""Batch normalisation equals the reference, for every rank, layout and instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fbgemm_draws import SCALES, assert_agrees, clamps, dtypes, seeds, shapes, tensors, zero_points
from fbgemm_memory import guarded
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe.plugin import QTensor

pytestmark = pytest.mark.usefixtures("every_isa")


def vectors(seed: int, channels: int) -> list[Any]:
    """Return weight, bias, mean and variance."""
    random = np.random.default_rng(seed)
    weight, bias, mean = (random.standard_normal(channels).astype(np.float32) for _ in range(3))
    return [weight, bias, mean, random.uniform(0.1, 2, channels).astype(np.float32)]


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid", "ignore:divide")
@settings(max_examples=120, deadline=None)
@given(st.data())
def test_batch_norm(data: Any) -> None:
    dtype = data.draw(dtypes)
    x = data.draw(tensors(st.integers(2, 5).flatmap(lambda dims: shapes(dims, 6)), dtype))
    statistics = vectors(data.draw(seeds), x.shape[1])
    zero_point = data.draw(zero_points(dtype))
    scale, clamp = data.draw(SCALES), data.draw(clamps(dtype))
    assert_agrees("batch_norm", x, *statistics, 1e-5, scale, zero_point, clamp=clamp)


@pytest.mark.parametrize("channels", [1, 3, 64, 300])
def test_large_images_in_several_tasks(channels: int) -> None:
    codes = np.random.default_rng(2).integers(0, 256, (2, channels, 97, 33), np.uint8)
    x = QTensor.per_tensor(codes, 0.04, 128)
    result = assert_agrees("batch_norm", x, *vectors(1, channels), 1e-5, 0.05, 100)
    assert result.int_repr().transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("channels", [1, 3, 17, 33, 257])
@pytest.mark.parametrize("in_front", [False, True])
def test_nothing_outside_the_tensor_is_read(channels: int, in_front: bool) -> None:
    codes = np.random.default_rng(channels).integers(0, 256, (3, channels), np.uint8)
    x = QTensor.per_tensor(guarded(codes, in_front=in_front), 0.1, 9)
    assert_agrees("batch_norm", x, *vectors(1, channels), 1e-5, 0.05, 100)
