"""Means equal the reference, over any dimensions of any layout, on every instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe.native import NativeEngine
from qframe.plugin import QTensor

from .draws import assert_agrees, dtypes, shapes, tensors
from .guarded import guarded


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mean(engine: NativeEngine, data: Any) -> None:
    shape = data.draw(st.integers(1, 5).flatmap(lambda dims: shapes(dims, 6)))
    possible = [d for d, length in enumerate(shape) if length]
    dims = data.draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    x = data.draw(tensors(shape, data.draw(dtypes)))
    assert_agrees(engine, "mean", x, tuple(dims), data.draw(st.booleans()))
    if 0 not in shape:
        assert_agrees(engine, "mean", x, None, data.draw(st.booleans()))


@pytest.mark.parametrize("dim", [(0,), (1,), (2,), (0, 2), (1, 2), None])
def test_long_tensors_in_several_tasks(engine: NativeEngine, dim: tuple[int, ...] | None) -> None:
    codes = np.random.default_rng(2).integers(-128, 128, (61, 517, 33)).astype(np.int8)
    assert_agrees(engine, "mean", QTensor.per_tensor(codes, 0.1, -7), dim, False)


@pytest.mark.parametrize("size", [1, 7, 9, 31, 33, 100])
@pytest.mark.parametrize("in_front", [False, True])
def test_nothing_outside_the_tensor_is_read(engine: NativeEngine, size: int, in_front: bool) -> None:
    codes = np.random.default_rng(size).integers(0, 256, (3, 5, size), np.uint8)
    x = QTensor.per_tensor(guarded(codes, in_front=in_front), 0.1, 9)
    for dim in ((0,), (1,), (2,), (0, 1), (1, 2), None):
        assert_agrees(engine, "mean", x, dim, False)
