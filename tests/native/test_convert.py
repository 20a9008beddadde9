"""Requantizing equals the reference, between all dtypes, for any strides, qparams and instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe.native import NativeEngine, NativeLibrary
from qframe.native.convert import codes_of
from qframe.plugin import DType, QTensor, qint8, qint32, quint8

from .draws import SCALES, assert_agrees, layouts, seeds, shapes, tensors, zero_points
from .guarded import guarded

DTYPES = (quint8, qint8, qint32)


@st.composite
def wide_tensors(draw: Any, shape: tuple[int, ...]) -> QTensor:
    """Return a qint32 tensor of small numbers, or of some at both ends of the type, in any layout."""
    random = np.random.default_rng(draw(seeds))
    largest = draw(st.sampled_from([300, 2**20, 2**31 - 1]))
    codes = random.integers(-largest - 1, largest, shape, np.int32, endpoint=True)
    zero_point = draw(st.sampled_from([0, 7, -300, qint32.minimum, qint32.maximum]))
    return QTensor.per_tensor(draw(layouts)(codes), draw(SCALES), zero_point, qint32)


@pytest.mark.parametrize("source", DTYPES, ids=repr)
@pytest.mark.parametrize("target", DTYPES, ids=repr)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_requantize(engine: NativeEngine, source: DType, target: DType, data: Any) -> None:
    shape = data.draw(st.integers(1, 4).flatmap(shapes))
    x = data.draw(wide_tensors(shape) if source is qint32 else tensors(shape, source))
    assert_agrees(engine, "requantize", x, data.draw(SCALES), data.draw(zero_points(target)), target)


@pytest.mark.parametrize("source", [quint8, qint8], ids=repr)
@pytest.mark.parametrize("target", DTYPES, ids=repr)
def test_requantize_every_code_at_every_place(engine: NativeEngine, source: DType, target: DType) -> None:
    codes = (np.arange(256)[:, None] + np.arange(131)).astype(np.uint8).view(source.numpy)
    for zero_point in (source.minimum, 3, source.maximum):
        for scale in (0.1, 0.2, 0.07, 1e-20):
            assert_agrees(engine, "requantize", QTensor.per_tensor(codes, 0.1, zero_point), scale, 5, target)


@pytest.mark.parametrize("place", [0, 31, 32, 70000, 99999])
@pytest.mark.parametrize("code", [qint32.minimum, qint32.maximum])
@pytest.mark.parametrize("zero_point", [5, -5])
def test_requantize_one_difference_that_int32_cannot_hold(
    engine: NativeEngine, place: int, code: int, zero_point: int
) -> None:
    codes = np.random.default_rng(1).integers(-300, 300, 100000, np.int32)
    codes[place] = code
    x = QTensor.per_tensor(codes, 0.1, zero_point)
    for target in DTYPES:
        assert_agrees(engine, "requantize", x, 0.3, 100, target)


@pytest.mark.parametrize("source", DTYPES, ids=repr)
def test_requantize_keeps_memory_order(engine: NativeEngine, source: DType) -> None:
    x = QTensor.per_tensor(np.zeros((2, 5, 6, 33), source.numpy).transpose(0, 3, 1, 2), 0.1, 3)
    for target in DTYPES:
        codes = assert_agrees(engine, "requantize", x, 0.2, 5, target).int_repr()
        assert codes.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("size", [1, 31, 32, 33, 63, 64, 100, 4097])
@pytest.mark.parametrize("in_front", [False, True])
@pytest.mark.parametrize("source", DTYPES, ids=repr)
def test_nothing_outside_the_operand_is_read(
    engine: NativeEngine, size: int, in_front: bool, source: DType
) -> None:
    codes = np.random.default_rng(size).integers(-100, 100, size).astype(source.numpy)
    x = QTensor.per_tensor(guarded(codes, in_front=in_front), 0.1, 9)
    for target in DTYPES:
        assert_agrees(engine, "requantize", x, 0.2, 100, target)


@pytest.mark.parametrize("size", [1, 31, 32, 33, 63, 64, 100, 4097])
def test_nothing_behind_the_result_is_written(native: NativeLibrary, size: int) -> None:
    flip, bounds = (0,), (0, 255)
    for run, source, x_flip, target, last in (
        (native.lib.qf_requantize, quint8, flip, quint8, flip),
        (native.lib.qf_requantize_from8, quint8, flip, qint32, ()),
        (native.lib.qf_requantize_to8, qint32, (), quint8, bounds),
        (native.lib.qf_requantize_to32, qint32, (), qint32, ()),
    ):
        x = guarded((np.arange(size) % 256).astype(source.numpy))
        out = guarded(np.zeros(size, target.numpy))
        operand, result = codes_of(native, x), codes_of(native, out)
        run(operand, size, 0.5, 0, *x_flip, 1.0, 3, *last, result)
        np.testing.assert_array_equal(out, np.rint(x / 2) + 3)
