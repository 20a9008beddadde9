"""Statistics of float data equal the reference, with infinities and NaN, on every instruction set."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe.native import NativeEngine, NativeLibrary, observe

from .draws import assert_agrees, layouts, seeds, shapes
from .guarded import guarded

Array = np.ndarray[Any, Any]


@st.composite
def floats(draw: Any) -> Array:
    """Return float32 data of one to four dimensions in any layout, sometimes with infinities or NaN."""
    shape = draw(st.integers(1, 4).flatmap(shapes))
    random = np.random.default_rng(draw(seeds))
    x = random.standard_normal((max(1, shape[0]), *shape[1:])).astype(np.float32)
    for value in draw(st.lists(st.sampled_from([math.inf, -math.inf, math.nan, 0.0]), max_size=2)):
        x.reshape(-1)[random.integers(x.size)] = value
    return np.asarray(draw(layouts)(x))


@settings(max_examples=100, deadline=None)
@given(floats())
def test_min_max(engine: NativeEngine, x: Array) -> None:
    assert_agrees(engine, "min_max", x)


@settings(max_examples=100, deadline=None)
@given(floats(), st.data())
def test_min_max_per_channel(engine: NativeEngine, x: Array, data: Any) -> None:
    assert_agrees(engine, "min_max_per_channel", x, data.draw(st.integers(0, x.ndim - 1)))


@settings(max_examples=100, deadline=None)
@given(floats(), st.integers(1, 3000), st.floats(-3, 2), st.floats(1e-3, 5))
def test_histogram(engine: NativeEngine, x: Array, bins: int, low: float, width: float) -> None:
    assert_agrees(engine, "histogram", x, bins, low, low + width)


def test_histogram_declines_what_float32_cannot_divide(native: NativeLibrary) -> None:
    x = np.zeros(5, np.float32)
    assert observe.histogram(native, x, 4, 1.0, 1.0 + 1e-12) is NotImplemented
    assert observe.histogram(native, x, 4, -3e38, 3e38) is NotImplemented


@pytest.mark.parametrize("place", [0, 1, 70000, 199999])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 50.0])
def test_large_arrays_in_several_tasks(engine: NativeEngine, place: int, value: float) -> None:
    x = np.random.default_rng(1).standard_normal(200000).astype(np.float32)
    x[place] = value
    assert_agrees(engine, "min_max", x)
    assert_agrees(engine, "histogram", x, 2048, -3.0, 3.0)
    for axis in (0, 1):
        assert_agrees(engine, "min_max_per_channel", x.reshape(400, 500), axis)


def test_zeros_have_no_sign(native: NativeLibrary) -> None:
    for order in (1, -1):
        low, high = observe.min_max(native, np.array([0.0, -0.0] * 20, np.float32)[::order])
        assert (math.copysign(1, low), math.copysign(1, high)) == (1, 1)


@pytest.mark.parametrize("size", [1, 7, 15, 16, 17, 33, 1025])
@pytest.mark.parametrize("in_front", [False, True])
def test_nothing_outside_the_array_is_read(engine: NativeEngine, size: int, in_front: bool) -> None:
    x = guarded(np.random.default_rng(size).standard_normal((3, size)).astype(np.float32), in_front=in_front)
    assert_agrees(engine, "min_max", x)
    assert_agrees(engine, "histogram", x, 10, -1.0, 1.0)
    for axis in (0, 1):
        assert_agrees(engine, "min_max_per_channel", x, axis)
