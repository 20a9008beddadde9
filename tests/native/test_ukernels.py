"""Every matrix microkernel that this machine can run, not only the chosen one, against NumPy."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from qframe.native import NativeEngine

from .conftest import ENGINES
from .guarded import guarded

Array = np.ndarray[Any, Any]


class Ukernel(NamedTuple):
    engine: NativeEngine
    number: int
    name: str
    mr: int
    nr: int
    kr: int
    activation_bytes: int
    exact: int  # the magnitude of weights for which it never saturates
    lowered: tuple[int, int]  # by what, activations of the first and the second half of a group


def _ukernels(engine: NativeEngine) -> list[Ukernel]:
    found: list[Ukernel] = []
    native = engine.native
    while (name := native.text(native.lib.qf_ukernel_name(len(found)))) is not None:
        sizes = [native.ffi.new("size_t *") for _ in range(5)]
        lowered = native.ffi.new("size_t[2]")
        native.lib.qf_ukernel_shape(len(found), *sizes, lowered)
        shape = (int(size[0]) for size in sizes)
        found.append(Ukernel(engine, len(found), name, *shape, (int(lowered[0]), int(lowered[1]))))
    return found


UKERNELS = [kernel for engine in ENGINES for kernel in _ukernels(engine)]
every_ukernel = pytest.mark.parametrize("kernel", UKERNELS, ids=lambda u: f"{u.engine.name}-{u.name}")


def _multiply(kernel: Ukernel, x: Array, weight: Array, start: Array) -> Array:
    """Run one tile on activations (rows, runs, length).

    Each row has a buffer of its own that ends at a guard page; its runs lie there in reverse order.
    """
    native, (rows, runs, length) = kernel.engine.native, x.shape
    panel = np.zeros(runs * -(-length // kernel.kr) * kernel.kr * kernel.nr, np.int8)
    codes, packed = native.from_buffer(native.i8, weight), native.from_buffer(native.i8, panel)
    native.lib.qf_pack_for_test(codes, kernel.nr, runs, length, kernel.nr, kernel.kr, packed)
    if kernel.activation_bytes == 2:  # runs are readable up to an even number of inputs
        x = np.pad(x.astype(np.int16), ((0, 0), (0, 0), (0, length % 2)))
    lines = [guarded(np.ascontiguousarray(row[::-1])) for row in x]
    pointers = [native.from_buffer("char[]", line.reshape(-1).view(np.uint8)) for line in lines]
    starts = native.ffi.new("char *[]", pointers)
    offsets = native.ffi.new("int64_t[]", [run * x.strides[1] for run in reversed(range(runs))])
    panel, start = guarded(panel), guarded(start)
    out = guarded(np.zeros((rows, kernel.nr), np.int32))
    packed, first, result = (
        native.from_buffer(kind, array)
        for kind, array in ((native.i8, panel), (native.i32, start), (native.i32, out))
    )
    native.lib.qf_ukernel_run(kernel.number, rows, runs, length, starts, offsets, packed, first, result)
    return out


def _expected(kernel: Ukernel, x: Array, weight: Array, start: Array) -> Array:
    second_half = np.arange(x.shape[2]) % kernel.kr >= kernel.kr // 2
    lowered = x.astype(np.int64) - np.where(second_half, *reversed(kernel.lowered))
    products = np.einsum("rkl,nkl->rn", lowered, weight.astype(np.int64))
    return (products + start).astype(np.int32)


@every_ukernel
def test_every_tile_height_and_runs_of_every_length(kernel: Ukernel) -> None:
    rng = np.random.default_rng(1)
    for rows in range(1, kernel.mr + 1):
        for length in (0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 19, 31, 33, 64, 67):
            shape = (1 + (length + rows) % 3, length)
            x = rng.integers(0, 256, (rows, *shape), dtype=np.uint8)
            weight = rng.integers(-kernel.exact, kernel.exact, (kernel.nr, *shape), dtype=np.int8)
            start = rng.integers(-(2**31), 2**31, kernel.nr, dtype=np.int64).astype(np.int32)
            expected = _expected(kernel, x, weight, start)
            np.testing.assert_array_equal(_multiply(kernel, x, weight, start), expected, f"{rows}x{shape}")


@every_ukernel
@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_products_do_not_saturate(kernel: Ukernel, sign: int) -> None:
    code = max(sign * kernel.exact, -128) if sign < 0 else min(kernel.exact, 127)
    weight = np.full((kernel.nr, 2, 130), code, np.int8)
    start = np.zeros(kernel.nr, np.int32)
    for most in (255, 0):
        x = np.full((kernel.mr, 2, 130), most, np.uint8)
        np.testing.assert_array_equal(
            _multiply(kernel, x, weight, start), _expected(kernel, x, weight, start)
        )


def test_the_list_begins_with_the_readable_kernel(chosen: NativeEngine) -> None:
    assert _ukernels(chosen)[0].name == "qf_gemm_i16s8_4x8c2__portable"
