"""Pooling equals the reference, for every window, stride, layout and instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qframe.native import NativeEngine
from qframe.plugin import QTensor, pool_output_size

from .draws import assert_agrees, dtypes, tensors
from .guarded import guarded

Pair = tuple[int, int]

images = st.tuples(st.integers(0, 3), st.integers(1, 70), st.integers(1, 12), st.integers(1, 12))


def pairs(low: int, high: int) -> st.SearchStrategy[Pair]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


def draw_window(data: Any, shape: tuple[int, ...], dilations: int) -> tuple[Pair, Pair, Pair, Pair, bool]:
    """Return kernel, stride, padding, dilation and rounding mode that leave an output."""
    kernel, stride, dilation = (data.draw(pairs(1, high)) for high in (5, 4, dilations))
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    ceil_mode = data.draw(st.booleans())
    for rounding in (False, ceil_mode):
        assume(min(pool_output_size(shape[2:], kernel, stride, padding, dilation, rounding)) >= 1)
    return kernel, stride, padding, dilation, ceil_mode


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_max_pool2d(engine: NativeEngine, data: Any) -> None:
    shape = data.draw(images)
    window = draw_window(data, shape, 3)
    assert_agrees(engine, "max_pool2d", data.draw(tensors(shape, data.draw(dtypes))), *window)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_avg_pool2d(engine: NativeEngine, data: Any) -> None:
    shape = data.draw(images)
    kernel, stride, padding, _, ceil_mode = draw_window(data, shape, 1)
    divisor = data.draw(st.one_of(st.none(), st.integers(-5, 1000).filter(bool)))
    x, counts = data.draw(tensors(shape, data.draw(dtypes))), data.draw(st.booleans())
    assert_agrees(engine, "avg_pool2d", x, kernel, stride, padding, ceil_mode, counts, divisor)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_adaptive_avg_pool2d(engine: NativeEngine, data: Any) -> None:
    x = data.draw(tensors(images, data.draw(dtypes)))
    assert_agrees(engine, "adaptive_avg_pool2d", x, data.draw(st.one_of(st.just((1, 1)), pairs(1, 9))))


@pytest.mark.parametrize("channels", [1, 3, 8, 24, 32, 96, 257])
@pytest.mark.parametrize("code", [0, 255])
@pytest.mark.parametrize("channels_last", [True, False])
def test_long_sums_do_not_overflow(
    engine: NativeEngine, channels: int, code: int, channels_last: bool
) -> None:
    codes = np.full((1, 71, 61, channels), code, np.uint8)
    codes[0, 0, 0, 0] = 100
    codes = codes.transpose(0, 3, 1, 2)
    x = QTensor.per_tensor(codes if channels_last else np.ascontiguousarray(codes), 0.1, 128)
    assert_agrees(engine, "adaptive_avg_pool2d", x, (1, 1))
    assert_agrees(engine, "avg_pool2d", x, (71, 61), (1, 1), (0, 0), False, True, None)


@pytest.mark.parametrize("channels", [3, 64])
def test_large_images_in_several_tasks(engine: NativeEngine, channels: int) -> None:
    codes = np.random.default_rng(2).integers(0, 256, (3, 113, 97, channels), np.uint8).transpose(0, 3, 1, 2)
    x = QTensor.per_tensor(codes, 0.1, 128)
    result = assert_agrees(engine, "max_pool2d", x, (3, 3), (2, 2), (1, 1), (1, 1), False)
    assert result.int_repr().transpose(0, 2, 3, 1).flags.c_contiguous
    assert_agrees(engine, "avg_pool2d", x, (3, 3), (2, 2), (1, 1), False, True, None)
    assert_agrees(engine, "adaptive_avg_pool2d", x, (7, 7))


@pytest.mark.parametrize("channels", [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65])
@pytest.mark.parametrize("in_front", [False, True])
def test_nothing_outside_the_image_is_read(engine: NativeEngine, channels: int, in_front: bool) -> None:
    codes = np.random.default_rng(channels).integers(0, 256, (2, 5, 6, channels), np.uint8)
    x = QTensor.per_tensor(guarded(codes, in_front=in_front).transpose(0, 3, 1, 2), 0.1, 128)
    for size in (2, 3):
        assert_agrees(engine, "max_pool2d", x, (size, size), (2, 1), (1, 1), (1, 1), True)
        assert_agrees(engine, "avg_pool2d", x, (size, size), (2, 1), (1, 1), True, False, None)
    assert_agrees(engine, "adaptive_avg_pool2d", x, (1, 1))
    assert_agrees(engine, "adaptive_avg_pool2d", x, (3, 2))
