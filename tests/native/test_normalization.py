"""Normalisations equal the reference, for every rank, layout and instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe.native import NativeEngine
from qframe.plugin import QTensor, qint8, quint8

from .draws import SCALES, assert_agrees, clamps, dtypes, seeds, shapes, tensors, zero_points
from .guarded import guarded


def vectors(seed: int, channels: int) -> list[Any]:
    """Return weight, bias, mean and variance."""
    random = np.random.default_rng(seed)
    weight, bias, mean = (random.standard_normal(channels).astype(np.float32) for _ in range(3))
    return [weight, bias, mean, random.uniform(0.1, 2, channels).astype(np.float32)]


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid", "ignore:divide")
@settings(max_examples=120, deadline=None)
@given(st.data())
def test_batch_norm(engine: NativeEngine, data: Any) -> None:
    dtype = data.draw(dtypes)
    x = data.draw(tensors(st.integers(2, 5).flatmap(lambda dims: shapes(dims, 6)), dtype))
    statistics = vectors(data.draw(seeds), x.shape[1])
    zero_point = data.draw(zero_points(dtype))
    scale, clamp = data.draw(SCALES), data.draw(clamps(dtype))
    assert_agrees(engine, "batch_norm", x, *statistics, 1e-5, scale, zero_point, clamp=clamp)


@pytest.mark.parametrize("channels", [1, 3, 64, 300])
def test_large_images_in_several_tasks(engine: NativeEngine, channels: int) -> None:
    codes = np.random.default_rng(2).integers(0, 256, (2, channels, 97, 33), np.uint8)
    x = QTensor.per_tensor(codes, 0.04, 128)
    result = assert_agrees(engine, "batch_norm", x, *vectors(1, channels), 1e-5, 0.05, 100)
    assert result.int_repr().transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("channels", [1, 3, 17, 33, 257])
@pytest.mark.parametrize("in_front", [False, True])
def test_nothing_outside_the_tensor_is_read(engine: NativeEngine, channels: int, in_front: bool) -> None:
    codes = np.random.default_rng(channels).integers(0, 256, (3, channels), np.uint8)
    x = QTensor.per_tensor(guarded(codes, in_front=in_front), 0.1, 9)
    assert_agrees(engine, "batch_norm", x, *vectors(1, channels), 1e-5, 0.05, 100)


def affine(data: Any, shape: tuple[int, ...]) -> list[Any]:
    """Return weight and bias, each of them now and then None."""
    random = np.random.default_rng(data.draw(seeds))
    present = data.draw(st.tuples(st.booleans(), st.booleans()))
    return [random.standard_normal(shape).astype(np.float32) if there else None for there in present]


EPS = st.sampled_from([0.0, 1e-5, 0.1])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_layer_norm(engine: NativeEngine, data: Any) -> None:
    dtype = data.draw(dtypes)
    x = data.draw(tensors(st.integers(1, 4).flatmap(lambda dims: shapes(dims, 9)), dtype))
    inner = x.shape[-data.draw(st.integers(1, x.ndim)) :]
    numbers = data.draw(EPS), data.draw(SCALES), data.draw(zero_points(dtype))
    assert_agrees(engine, "layer_norm", x, inner, *affine(data, inner), *numbers)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_group_norm(engine: NativeEngine, data: Any) -> None:
    dtype, groups = data.draw(dtypes), data.draw(st.integers(1, 6))
    channels = groups * data.draw(st.integers(1, 40))
    shape = (data.draw(st.integers(0, 3)), channels, *data.draw(st.lists(st.integers(1, 9), max_size=3)))
    x = data.draw(tensors(shape, dtype))
    numbers = data.draw(EPS), data.draw(SCALES), data.draw(zero_points(dtype))
    assert_agrees(engine, "group_norm", x, groups, *affine(data, (channels,)), *numbers)


@pytest.mark.parametrize("dtype", [quint8, qint8], ids=repr)
@pytest.mark.parametrize("code", [0, 255, None])
def test_sums_of_long_groups_are_exact(engine: NativeEngine, dtype: Any, code: int | None) -> None:
    """Longer than what the vectors' 32-bit sums of squares can hold."""
    random = np.random.default_rng(5)
    codes = random.integers(0, 256, (2, 700_001), np.uint8) if code is None else np.full((2, 700_001), code)
    x = QTensor.per_tensor(codes.astype(np.uint8).view(dtype.numpy), 0.1, 3)
    assert_agrees(engine, "layer_norm", x, x.shape[1:], None, None, 1e-5, 0.03, 9)
    assert_agrees(engine, "group_norm", x, 1, None, None, 1e-5, 0.03, 9)


@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (3, 3), (64, 8), (64, 64), (300, 2)])
@pytest.mark.parametrize("last", [False, True], ids=["channels-first", "channels-last"])
@pytest.mark.parametrize("code", [255, None])
def test_large_groups_in_several_tasks(
    engine: NativeEngine, channels: int, groups: int, last: bool, code: int | None
) -> None:
    shape = (2, 97, 33, channels) if last else (2, channels, 97, 33)
    codes = np.random.default_rng(2).integers(0, 256, shape, np.uint8)
    if code is not None:
        codes[...] = code
    x = QTensor.per_tensor(codes.transpose(0, 3, 1, 2) if last else codes, 0.04, 128)
    weight, bias = vectors(1, channels)[:2]
    result = assert_agrees(engine, "group_norm", x, groups, weight, bias, 1e-5, 0.05, 100).int_repr()
    assert (result.transpose(0, 2, 3, 1) if last and channels > 1 else result).flags.c_contiguous


@pytest.mark.parametrize("length", [1, 7, 31, 32, 33, 63, 64, 65, 100, 257])
@pytest.mark.parametrize("in_front", [False, True])
def test_norms_read_nothing_outside(engine: NativeEngine, length: int, in_front: bool) -> None:
    random = np.random.default_rng(length)
    codes = guarded(random.integers(0, 256, (3, length), np.uint8), in_front=in_front)
    arrays = [guarded(v, in_front=in_front) for v in vectors(1, length)[:2]]
    numbers = 1e-5, 0.05, 100
    assert_agrees(engine, "layer_norm", QTensor.per_tensor(codes, 0.1, 9), (length,), *arrays, *numbers)
    assert_agrees(engine, "group_norm", QTensor.per_tensor(codes, 0.1, 9), 1, *arrays, *numbers)
    images = guarded(random.integers(0, 256, (2, 3, length), np.uint8), in_front=in_front)
    last = QTensor.per_tensor(images.transpose(0, 2, 1), 0.1, 9)
    assert_agrees(engine, "group_norm", last, length, *arrays, *numbers)
