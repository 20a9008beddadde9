"""No kernel reads or writes outside its buffers, which here end at pages that must not be touched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qframe.engines import registry
from qframe.native import NativeLibrary, conv, convert, linear
from qframe.plugin import QTensor, qint8, quint8

from .guarded import guarded

Array = np.ndarray[Any, Any]


def _codes(shape: tuple[int, ...], kind: Any = np.uint8) -> Array:
    info = np.iinfo(kind)
    return np.random.default_rng(7).integers(info.min, info.max, shape, dtype=kind, endpoint=True)


def _floats(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(8).standard_normal(shape).astype(np.float32)


def _reference(op: str, *arguments: Any) -> Any:
    kernel = registry.kernel("reference", op)
    assert kernel is not None
    return kernel(*arguments)


@pytest.mark.parametrize(("rows", "inputs", "outputs"), [(1, 1, 1), (1, 17, 33), (7, 15, 16), (13, 67, 47)])
def test_linear(native: NativeLibrary, rows: int, inputs: int, outputs: int) -> None:
    weight = QTensor.per_tensor(guarded(_codes((outputs, inputs), np.int8)), 0.01, 3)
    bias, x = guarded(_floats((outputs,))), guarded(_codes((rows, inputs)))
    packed = linear.linear_pack(native, weight, bias)
    out = guarded(np.zeros((rows, outputs), np.uint8))
    source, target = native.from_buffer(native.u8, x), native.from_buffer(native.u8, out)
    native.lib.qf_linear(packed._weights, source, rows, 0.02, 9, 0.5, 4, 0, 255, target)
    expected = _reference("linear_pack", weight, bias)(QTensor.per_tensor(x, 0.02, 9), 0.5, 4)
    np.testing.assert_array_equal(out, expected.int_repr())


@pytest.mark.parametrize(("rows", "inputs", "outputs"), [(1, 1, 1), (3, 17, 33), (7, 15, 16)])
def test_linear_on_floats(native: NativeLibrary, rows: int, inputs: int, outputs: int) -> None:
    weight = QTensor.per_tensor(_codes((outputs, inputs), np.int8), 0.01, 0)
    x = guarded(_floats((rows, inputs)))
    out = guarded(np.zeros((rows, outputs), np.float32))
    packed = linear.linear_pack(native, weight, None)
    source, target = native.from_buffer(native.f32, x), native.from_buffer(native.f32, out)
    native.lib.qf_linear_dynamic(packed._weights, source, rows, False, False, target)
    np.testing.assert_array_equal(out, _reference("linear_pack", weight, None).dynamic(x))
    half = linear.linear_pack_fp16(native, guarded(weight.dequantize()), None)
    out[...] = 0
    native.lib.qf_half_linear(half._weights, source, rows, False, target)
    np.testing.assert_allclose(out, x @ weight.dequantize().T, atol=0.01, rtol=0.01)


@pytest.mark.parametrize("groups", [1, 3, 0], ids=["dense", "grouped", "depthwise"])
@pytest.mark.parametrize("channels", [3, 15, 18, 33])
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_conv(native: NativeLibrary, groups: int, channels: int, kernel: int) -> None:
    groups = groups or channels
    weight = QTensor.per_tensor(_codes((channels, channels // groups, kernel, kernel), np.int8), 0.01, -2)
    codes = guarded(_codes((2, 6, 5, channels)))
    x = QTensor.per_tensor(codes.transpose(0, 3, 1, 2), 0.02, 200)
    numbers = None, (1, 1), (kernel // 2,) * 2, (1, 1), groups
    packed = conv.conv_pack(native, weight, *numbers)
    out = guarded(np.zeros((2, 6, 5, channels), np.uint8))
    sizes, _ = packed._plan(codes.shape)
    source, target = native.from_buffer(native.u8, codes), native.from_buffer(native.u8, out)
    qparams = 0.02, 200, 0.7, 100, 0, 255
    status = packed._run(packed._weights, source, 2, sizes, *qparams, target)
    assert status == 0
    expected = _reference("conv2d_pack", weight, *numbers)(x, 0.7, 100)
    np.testing.assert_array_equal(out.transpose(0, 3, 1, 2), expected.int_repr())


@pytest.mark.parametrize("count", [1, 7, 15, 16, 17, 31, 32, 33, 63, 100])
@pytest.mark.parametrize("dtype", [quint8, qint8], ids=repr)
def test_quantize_and_dequantize(native: NativeLibrary, count: int, dtype: Any) -> None:
    x = guarded(_floats((count,)))
    out = guarded(np.zeros(count, np.uint8))
    low, high = dtype.minimum, dtype.maximum
    source, target = native.from_buffer(native.f32, x), native.from_buffer(native.u8, out)
    native.lib.qf_quantize8(source, count, 0.02, 5, low, high, target)
    expected = _reference("quantize_per_tensor", x, 0.02, 5, dtype)
    np.testing.assert_array_equal(out.view(dtype.numpy), expected.int_repr())
    back = convert.dequantize(native, QTensor(guarded(expected.int_repr()), 0.02, 5, dtype))
    np.testing.assert_array_equal(back, expected.dequantize())


def test_a_guarded_array_really_ends_there(native: NativeLibrary) -> None:
    x = guarded(np.arange(5, dtype=np.uint8))
    end = int(native.ffi.cast("uintptr_t", native.from_buffer(native.u8, x))) + x.nbytes
    assert end % 4096 == 0
