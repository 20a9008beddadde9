"""Simulated quantization equals the reference to the last bit, with any range, layout and instruction set."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe import plugin
from qframe.native import NativeEngine, NativeLibrary, fake_quantize

from .draws import SCALES, assert_agrees, layouts, seeds, shapes
from .guarded import guarded

Array = np.ndarray[Any, Any]
Range = tuple[int, int]

#: 8 bits, fewer, one code; the widest that float32 holds, wider ones, and all of qint32.
RANGES: list[Range] = [
    (0, 255),
    (-128, 127),
    (-8, 7),
    (0, 0),
    (-3, 4194300),
    (-4194303, 0),
    (-(2**22), 2**22),
    (-(2**31), 2**31 - 1),
]
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 3e38, -3e38, 1e-45, -1e-45]


def assert_same_bits(engine: NativeEngine, op: str, *args: Any) -> None:
    """Raise unless the result equals the reference's; a negative zero is another number than zero."""
    real, _ = assert_agrees(engine, op, *args)
    assert not np.signbit(real[real == 0]).any()


def zero_points(limits: Range) -> st.SearchStrategy[int]:
    """Return zero points of a range, often its ends."""
    return st.one_of(st.sampled_from(limits), st.integers(*limits))


def draw_floats(data: Any, scale: float, limits: Range) -> Array:
    """Return float32 data that reaches beyond the range, with halves of steps and special numbers."""
    random = np.random.default_rng(data.draw(seeds))
    shape = data.draw(st.integers(1, 5).flatmap(shapes))
    steps = random.uniform(-1.3, 1.3, shape) * max(-limits[0], limits[1], 1)
    if data.draw(st.booleans()):
        steps = np.rint(steps) + 0.5
    with np.errstate(over="ignore", under="ignore"):
        x = (steps * np.float32(scale)).astype(np.float32)
    for value in data.draw(st.lists(st.sampled_from(SPECIAL), max_size=4)):
        if x.size:
            x.reshape(-1)[random.integers(x.size)] = value
    return np.asarray(data.draw(layouts)(x))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_per_tensor(engine: NativeEngine, data: Any) -> None:
    limits, scale = data.draw(st.sampled_from(RANGES)), data.draw(SCALES)
    x = draw_floats(data, scale, limits)
    assert_same_bits(engine, "fake_quantize_per_tensor", x, scale, data.draw(zero_points(limits)), *limits)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_per_channel(engine: NativeEngine, data: Any) -> None:
    limits = data.draw(st.sampled_from(RANGES))
    x = draw_floats(data, 0.1, limits)
    axis = data.draw(st.integers(0, x.ndim - 1))
    channels = x.shape[axis]
    random = np.random.default_rng(data.draw(seeds))
    scales = random.uniform(0.02, 0.3, channels).astype(data.draw(st.sampled_from([np.float32, np.float64])))
    points = random.integers(*limits, channels, endpoint=True)
    assert_same_bits(engine, "fake_quantize_per_channel", x, scales, points, axis, *limits)


@pytest.mark.parametrize("limits", RANGES)
def test_every_half_step_around_the_bounds(engine: NativeEngine, limits: Range) -> None:
    for zero_point in limits:
        for bound in limits:
            x = (bound - zero_point + np.arange(-40, 41) / 2).astype(np.float32)
            assert_same_bits(engine, "fake_quantize_per_tensor", x, 1.0, zero_point, *limits)


@pytest.mark.parametrize("value", SPECIAL)
@pytest.mark.parametrize("place", [0, 17, 99])
def test_special_numbers_everywhere_in_a_vector(engine: NativeEngine, value: float, place: int) -> None:
    x = np.random.default_rng(1).standard_normal(100).astype(np.float32)
    x[place] = value
    assert_same_bits(engine, "fake_quantize_per_tensor", x, 0.02, 3, 0, 255)
    assert_same_bits(engine, "fake_quantize_per_tensor", x, 0.02, 0, -128, 127)


def test_memory_order_is_kept(engine: NativeEngine) -> None:
    x = np.random.default_rng(2).standard_normal((2, 5, 6, 33)).astype(np.float32).transpose(0, 3, 1, 2)
    for result in assert_agrees(engine, "fake_quantize_per_tensor", x, 0.02, 3, 0, 255):
        assert result.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
@pytest.mark.parametrize("shape", [(70000, 3, 1, 1), (3, 70000, 1, 2), (40, 7, 3, 333), (2, 300, 17, 16)])
def test_large_arrays_in_several_tasks(engine: NativeEngine, shape: tuple[int, ...], axis: int) -> None:
    x = np.random.default_rng(3).standard_normal(shape).astype(np.float32)
    scales = np.linspace(0.01, 0.1, shape[axis], dtype=np.float32)
    points = np.arange(shape[axis]) % 256
    assert_same_bits(engine, "fake_quantize_per_channel", x, scales, points, axis, 0, 255)
    assert_same_bits(engine, "fake_quantize_per_tensor", x, 0.02, 128, 0, 255)


def test_bounds_that_float64_cannot_hold_are_declined(native: NativeLibrary) -> None:
    x = np.zeros(3, np.float32)
    assert fake_quantize.fake_quantize_per_tensor(native, x, 0.1, 0, 0, 2**60) is NotImplemented
    numbers = np.ones(3, np.float32), np.zeros(3, np.int64), 0, -(2**60), 0
    assert fake_quantize.fake_quantize_per_channel(native, x, *numbers) is NotImplemented


@pytest.mark.parametrize("count", [1, 7, 15, 16, 17, 31, 32, 33, 63, 100])
@pytest.mark.parametrize("in_front", [False, True])
@pytest.mark.parametrize("per_channel", [False, True])
def test_nothing_outside_the_arrays_is_touched(
    native: NativeLibrary, count: int, in_front: bool, per_channel: bool
) -> None:
    x = guarded(np.random.default_rng(count).standard_normal(count).astype(np.float32), in_front=in_front)
    real = guarded(np.zeros(count, np.float32), in_front=in_front)
    inside = guarded(np.zeros(count, np.bool_), in_front=in_front)
    channels = count if per_channel else 1
    scales = np.linspace(0.01, 0.1, channels).astype(np.float32)
    points = np.arange(channels, dtype=np.int32)
    grids = native.from_buffer(native.f32, guarded(scales)), native.from_buffer(native.i32, guarded(points))
    numbers = count, channels, count // channels, *grids, 0, 255
    places = native.from_buffer(native.f32, real), native.from_buffer(native.u8, inside)
    assert native.lib.qf_fake_quantize(native.from_buffer(native.f32, x), *numbers, *places) == 0
    expected = plugin.fake_quantize(x, scales, points, 0, 255)
    np.testing.assert_array_equal(real, expected[0])
    np.testing.assert_array_equal(inside, expected[1])
