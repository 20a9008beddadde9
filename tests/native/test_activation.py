"""Clamps and tables equal the reference, whatever the strides and the instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe.native import NativeEngine
from qframe.plugin import QTensor, qint8, quint8

from .draws import assert_agrees, dtypes, seeds, shapes, tensors, zero_points
from .guarded import guarded


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_clamp(engine: NativeEngine, data: Any) -> None:
    dtype = data.draw(dtypes)
    codes = st.integers(dtype.minimum, dtype.maximum)
    low, high = sorted((data.draw(codes), data.draw(codes)))
    assert_agrees(engine, "clamp", data.draw(tensors(st.integers(1, 4).flatmap(shapes), dtype)), low, high)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_lookup(engine: NativeEngine, data: Any) -> None:
    target = data.draw(dtypes)
    random = np.random.default_rng(data.draw(seeds))
    table = random.integers(target.minimum, target.maximum, 256, target.numpy, endpoint=True)
    x = data.draw(tensors(st.integers(1, 4).flatmap(shapes), data.draw(dtypes)))
    assert_agrees(
        engine,
        "lookup",
        x,
        table[:: data.draw(st.sampled_from([1, -1]))],
        0.3,
        data.draw(zero_points(target)),
    )


@pytest.mark.parametrize("dtype", [quint8, qint8], ids=repr)
def test_lookup_of_every_code_at_every_place(engine: NativeEngine, dtype: Any) -> None:
    codes = (np.arange(256)[:, None] + np.arange(67)).astype(np.uint8).view(dtype.numpy)
    table = np.random.default_rng(3).permutation(256).astype(np.uint8)
    assert_agrees(engine, "lookup", QTensor.per_tensor(codes, 0.1, 3), table, 0.5, 9)


def test_long_tensors_in_several_tasks(engine: NativeEngine) -> None:
    codes = np.random.default_rng(4).integers(0, 256, (5, 65541), np.uint8)
    x = QTensor.per_tensor(codes, 0.1, 3)
    assert_agrees(engine, "clamp", x, 30, 200)
    assert_agrees(engine, "lookup", x, np.arange(255, -1, -1).astype(np.uint8), 0.5, 9)


@pytest.mark.parametrize("size", [1, 31, 32, 33, 64, 127, 4099])
@pytest.mark.parametrize("in_front", [False, True])
def test_nothing_outside_the_operand_is_read(engine: NativeEngine, size: int, in_front: bool) -> None:
    codes = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    x = QTensor.per_tensor(guarded(codes, in_front=in_front), 0.1, 3)
    table = guarded(np.arange(255, -1, -1).astype(np.uint8), in_front=in_front)
    assert_agrees(engine, "clamp", x, 30, 200)
    assert_agrees(engine, "lookup", x, table, 0.5, 9)
