"""Interpolation equals the reference, for every size, factor, layout and instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe.native import NativeEngine, NativeLibrary, resize
from qframe.plugin import DType, QTensor, qint8, quint8, round_to_codes

from .draws import assert_agrees, dtypes, tensors
from .guarded import guarded

Array = np.ndarray[Any, Any]

lengths = st.one_of(st.integers(1, 12), st.integers(13, 90))
channel_counts = st.one_of(st.integers(1, 9), st.integers(10, 70))
factors = st.one_of(st.none(), st.floats(0.05, 9), st.sampled_from([1e-30, 0.25, 0.5, 2.0, 3.0, 1e30]))


def draw_image(data: Any, dims: int) -> tuple[QTensor, tuple[int, ...], tuple[float | None, ...]]:
    """Return an image or volume, an output size, and factors that may contradict it."""
    spatial = [data.draw(lengths if d == dims - 1 else st.integers(1, 9)) for d in range(dims)]
    shape = data.draw(st.integers(0, 2)), data.draw(channel_counts), *spatial
    output = tuple(data.draw(lengths if d == dims - 1 else st.integers(1, 12)) for d in range(dims))
    x = data.draw(tensors(shape, data.draw(dtypes)))
    return x, output, tuple(data.draw(factors) for _ in spatial)


@pytest.mark.parametrize("dims", [2, 3])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_nearest(engine: NativeEngine, dims: int, data: Any) -> None:
    assert_agrees(engine, "interpolate_nearest", *draw_image(data, dims))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_bilinear(engine: NativeEngine, data: Any) -> None:
    x, output, scale_factors = draw_image(data, 2)
    assert_agrees(engine, "interpolate_bilinear", x, output, data.draw(st.booleans()), scale_factors)


def test_images_without_channels(engine: NativeEngine) -> None:
    x = QTensor.per_tensor(np.zeros((2, 0, 3, 4), np.uint8), 0.1, 3)
    assert_agrees(engine, "interpolate_nearest", x, (5, 6), (None, None))
    assert_agrees(engine, "interpolate_bilinear", x, (5, 6), False, (None, None))


@pytest.mark.parametrize("channels", [1, 3, 7, 8, 64])
@pytest.mark.parametrize("channels_last", [True, False])
def test_memory_order_is_kept(engine: NativeEngine, channels: int, channels_last: bool) -> None:
    codes = np.random.default_rng(4).integers(0, 256, (2, 5, 6, channels), np.uint8).transpose(0, 3, 1, 2)
    x = QTensor.per_tensor(codes if channels_last else np.ascontiguousarray(codes), 0.1, 3)
    for result in (
        assert_agrees(engine, "interpolate_nearest", x, (10, 12), (2.0, 2.0)),
        assert_agrees(engine, "interpolate_bilinear", x, (10, 12), False, (2.0, 2.0)),
    ):
        codes = result.int_repr()
        assert (codes.transpose(0, 2, 3, 1) if channels_last else codes).flags.c_contiguous


@pytest.mark.parametrize("channels", [3, 64, 2100])
def test_large_images_in_several_tasks_and_parts(engine: NativeEngine, channels: int) -> None:
    width = 900 if channels == 3 else 31
    codes = np.random.default_rng(2).integers(0, 256, (2, 41, width, channels), np.uint8)
    codes = codes.transpose(0, 3, 1, 2)
    x = QTensor.per_tensor(codes, 0.1, 128)
    output = 67, width + 15
    for image in (x, x[:, :64, ::2], QTensor.per_tensor(np.ascontiguousarray(codes[:, :64]), 0.1, 128)):
        assert_agrees(engine, "interpolate_nearest", image, output, (None, None))
        assert_agrees(engine, "interpolate_bilinear", image, output, False, (None, None))


def draw_sources(random: Any, length: int, count: int) -> tuple[Array, Array]:
    """Return tables of any sources and any weights, as C takes them."""
    weights = random.choice([0.25, 0.75, 1.0, -3.0, 1e8, -1e8, 1e30, -1e30, np.inf, np.nan], 2 * count)
    padded = np.concatenate([weights, np.zeros(resize.WINDOW - 1)]).astype(np.float32)
    return random.integers(0, length, 2 * count, np.int32), padded


@pytest.mark.parametrize("dtype", [quint8, qint8], ids=repr)
@pytest.mark.parametrize("channels", [1, 9, 33])
@pytest.mark.parametrize("width", [7, 50])
def test_bilinear_with_any_sources_and_weights(
    native: NativeLibrary, dtype: DType, channels: int, width: int
) -> None:
    random = np.random.default_rng(width)
    codes = random.integers(dtype.minimum, dtype.maximum, (5, width, channels), dtype.numpy, endpoint=True)
    (rows, heights), (columns, widths) = draw_sources(random, 5, 31), draw_sources(random, width, 70)
    out = np.empty((31, 70, channels), dtype.numpy)
    sizes, strides = (1, 1, 1, 31, 70, channels, width), (0, 0, 0, width * channels, channels)
    kinds = native.i32, native.f32, native.i32, native.f32
    tables = map(native.from_buffer, kinds, (rows, heights, columns, widths))
    source, target = native.from_buffer(native.u8, codes), native.from_buffer(native.u8, out)
    native.lib.qf_interpolate_bilinear(source, sizes, strides, *tables, 5, dtype.minimum & 0x80, target)
    with np.errstate(all="ignore"):
        x = codes.astype(np.float32)
        line = x[:, columns[:70]] * widths[:70, None] + x[:, columns[70:]] * widths[70:140, None]
        image = heights[:31, None, None] * line[rows[:31]] + heights[31:62, None, None] * line[rows[31:]]
        expected = round_to_codes(image - np.float32(5), 5, dtype)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("channels", [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65])
@pytest.mark.parametrize("in_front", [False, True])
@pytest.mark.parametrize("width", [1, 5, 16, 40])
def test_nothing_outside_the_image_is_read(
    engine: NativeEngine, channels: int, in_front: bool, width: int
) -> None:
    codes = np.random.default_rng(channels).integers(0, 256, (2, 3, width, channels), np.uint8)
    last = guarded(codes, in_front=in_front).transpose(0, 3, 1, 2)
    planes = guarded(np.ascontiguousarray(codes.transpose(0, 3, 1, 2)), in_front=in_front)
    for image in (last, planes, last[:, 1:] if channels > 1 else last, planes[..., width // 2 :]):
        x = QTensor.per_tensor(image, 0.1, 128)
        for columns in (1, width // 2 + 1, width, 2 * width):
            assert_agrees(engine, "interpolate_nearest", x, (4, columns), (None, None))
            assert_agrees(engine, "interpolate_bilinear", x, (4, columns), True, (None, None))


def run_guarded(native: NativeLibrary, run: Any, plan: Any, codes: Array, *numbers: int) -> Array:
    out = guarded(np.zeros(plan.shape, np.uint8))
    source = native.from_buffer(native.u8, codes.transpose(plan.order))
    run(source, *plan.arguments, *numbers, native.from_buffer(native.u8, out))
    return out.transpose(plan.back)


@pytest.mark.parametrize("channels", [1, 3, 8, 20, 65])
@pytest.mark.parametrize("columns", [1, 7, 16, 33])
def test_nothing_behind_the_result_is_written(engine: NativeEngine, channels: int, columns: int) -> None:
    native = engine.native
    codes = np.random.default_rng(columns).integers(0, 256, (2, 3, 20, channels), np.uint8)
    codes = codes.transpose(0, 3, 1, 2)
    for image in (codes, np.ascontiguousarray(codes)):
        x, size, factors = QTensor.per_tensor(image, 0.1, 7), (5, columns), (None, None)
        plan = resize._nearest_plan(native, image.shape, image.strides, size, factors)
        expected = assert_agrees(engine, "interpolate_nearest", x, size, factors)
        np.testing.assert_array_equal(
            run_guarded(native, native.lib.qf_interpolate_nearest, plan, image), expected.int_repr()
        )
        plan = resize._bilinear_plan(native, image.shape, image.strides, size, False, factors)
        expected = assert_agrees(engine, "interpolate_bilinear", x, size, False, factors)
        result = run_guarded(native, native.lib.qf_interpolate_bilinear, plan, image, 7, 0)
        np.testing.assert_array_equal(result, expected.int_repr())
