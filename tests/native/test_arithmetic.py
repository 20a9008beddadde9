"""Sums, products and concatenation equal the reference, whatever the strides, qparams and instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qframe.native import NativeEngine, NativeLibrary
from qframe.plugin import Clamp, QTensor

from .draws import SCALES, assert_agrees, clamps, dtypes, shapes, tensors, zero_points
from .guarded import guarded


@pytest.mark.parametrize("op", ["add", "mul"])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_binary(engine: NativeEngine, op: str, data: Any) -> None:
    dtype = data.draw(dtypes)
    shape = data.draw(st.integers(1, 5).flatmap(shapes))
    a, b = (data.draw(tensors(shape, dtype)) for _ in range(2))
    zero_point = data.draw(zero_points(dtype))
    assert_agrees(engine, op, a, b, data.draw(SCALES), zero_point, clamp=data.draw(clamps(dtype)))


@pytest.mark.parametrize("op", ["add", "mul"])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_binary_broadcasts(engine: NativeEngine, op: str, data: Any) -> None:
    dtype = data.draw(dtypes)
    shape = data.draw(st.integers(1, 5).flatmap(shapes))
    left, right = (
        tuple(1 if data.draw(st.booleans()) else length for length in shape)[data.draw(st.integers(0, 2)) :]
        for _ in range(2)
    )
    a, b = data.draw(tensors(left, dtype)), data.draw(tensors(right, dtype))
    assert_agrees(engine, op, a, b, data.draw(SCALES), data.draw(zero_points(dtype)))


@pytest.mark.parametrize("op", ["add", "mul"])
@pytest.mark.parametrize("layout", ["channels last", "transposed", "cropped"])
def test_long_operands_in_several_tasks(engine: NativeEngine, op: str, layout: str) -> None:
    random = np.random.default_rng(5)
    codes = random.integers(0, 256, (2, 3, 181, 241, 65), np.uint8)[:, 0]
    views = {"channels last": codes.transpose(0, 3, 1, 2), "transposed": codes.T, "cropped": codes[:, 1:, 3:]}
    a = QTensor.per_tensor(views[layout], 0.04, 120)
    b = QTensor.per_tensor(views[layout][::-1], 0.03, 7)
    assert_agrees(engine, op, a, a, 0.07, 100)
    assert_agrees(engine, op, a, b, 0.07, 100)


@pytest.mark.parametrize("op", ["add", "mul"])
def test_dense_operands_keep_their_memory_order(engine: NativeEngine, op: str) -> None:
    x = QTensor.per_tensor(np.zeros((2, 5, 6, 33), np.uint8).transpose(0, 3, 1, 2), 0.1, 3)
    assert assert_agrees(engine, op, x, x, 0.2, 5).int_repr().strides == x.int_repr().strides


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_add_scalar(engine: NativeEngine, data: Any) -> None:
    x = data.draw(tensors(shapes(2), data.draw(dtypes)))
    assume(x.q_scale() < 1e30)  # else the new scale may be infinite
    value = data.draw(st.floats(-300, 300)) * x.q_scale()
    assert_agrees(engine, "add_scalar", x, value, relu=data.draw(st.booleans()))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_mul_scalar(engine: NativeEngine, data: Any) -> None:
    x = data.draw(tensors(shapes(3), data.draw(dtypes)))
    value = data.draw(st.one_of(st.floats(-9, 9), st.sampled_from([0.0, -0.0, -1.0])))
    assert_agrees(engine, "mul_scalar", x, value, relu=data.draw(st.booleans()))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_cat(engine: NativeEngine, data: Any) -> None:
    dtype = data.draw(dtypes)
    shape = data.draw(st.integers(1, 4).flatmap(shapes))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    parts = []
    for _ in range(data.draw(st.integers(1, 4))):
        size = list(shape)
        size[dim] = data.draw(st.integers(0, 70))
        parts.append(data.draw(tensors(tuple(size), dtype)))
    zero_point = data.draw(zero_points(dtype))
    assert_agrees(engine, "cat", parts, dim, data.draw(SCALES), zero_point, clamp=data.draw(clamps(dtype)))


@pytest.mark.parametrize("channels", [(1, 2), (16, 48), (32, 32), (33, 300), (257, 31)])
@pytest.mark.parametrize("dim", [0, 1])
def test_cat_of_images_keeps_channels_last(engine: NativeEngine, channels: tuple[int, int], dim: int) -> None:
    random = np.random.default_rng(1)
    sizes = [(2, 37, 41, c) for c in channels] if dim else [(n, 37, 41, 19) for n in (1, 2)]
    parts = [
        QTensor.per_tensor(random.integers(0, 256, size, np.uint8).transpose(0, 3, 1, 2), scale, zero_point)
        for size, scale, zero_point in zip(sizes, (0.1, 0.07), (10, 90), strict=True)
    ]
    for scale, zero_point in ((0.1, 10), (0.2, 20)):
        joined = assert_agrees(engine, "cat", parts, dim, scale, zero_point)
        assert joined.int_repr().transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("size", [1, 31, 32, 33, 63, 64, 100, 4097])
@pytest.mark.parametrize("in_front", [False, True])
def test_nothing_outside_the_operands_is_read(engine: NativeEngine, size: int, in_front: bool) -> None:
    codes = np.random.default_rng(size).integers(0, 256, (2, size), np.uint8)
    a, b = (QTensor.per_tensor(guarded(row, in_front=in_front), 0.1, 9) for row in codes)
    assert_agrees(engine, "add", a, b, 0.2, 100)
    assert_agrees(engine, "mul", a, b, 0.3, 100)
    assert_agrees(engine, "cat", [a, b], 0, 0.15, 5, clamp=Clamp(5, 255))
    column = QTensor.per_tensor(guarded(codes[0, :, None], in_front=in_front), 0.1, 9)
    assert_agrees(engine, "add", column, QTensor.per_tensor(codes[1, :3], 0.1, 9), 0.2, 3)


@pytest.mark.parametrize("size", [1, 31, 32, 33, 63, 64, 100, 4097])
def test_nothing_behind_the_result_is_written(native: NativeLibrary, size: int) -> None:
    x, out = guarded(np.arange(size).astype(np.uint8)), guarded(np.zeros(size, np.uint8))
    operand, result = native.from_buffer(native.u8, x), native.from_buffer(native.u8, out)
    nowhere = 0, native.null, native.null
    native.lib.qf_add(operand, 1, 0, operand, 1, 0, size, *nowhere, 2, 0, 0, 255, 0, result)
    np.testing.assert_array_equal(out, x)
    native.lib.qf_mul(operand, 1, 0, operand, 1, 0, size, *nowhere, 1e-9, 0, 0, 255, 0, result)
    np.testing.assert_array_equal(out, np.where(x, 255, 0))
    native.lib.qf_clamp(operand, size, 3, 9, 0, result)
    np.testing.assert_array_equal(out, np.clip(x, 3, 9))
    table = native.from_buffer(native.u8, np.arange(255, -1, -1).astype(np.uint8))
    native.lib.qf_lookup(operand, size, table, 0, result)
    np.testing.assert_array_equal(out, 255 - x)
    native.lib.qf_cat_part(operand, 1, size, 1.0, 0, 1.0, 1, 0, 255, 0, result, size)
    np.testing.assert_array_equal(out, np.minimum(x, 254) + 1)
