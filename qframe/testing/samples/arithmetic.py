"""Samples of add, mul, add_scalar, mul_scalar and cat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qframe.dtypes import DType, qint8, qint32, quint8
from qframe.numerics import Clamp
from qframe.qtensor import QTensor

from ..sample import Sample, single
from .draw import ODD_SIZES, Draw

BROADCASTS = {
    "broadcast": ((2, 3, 4, 5), (3, 1, 1)),
    "broadcast-scalar": ((3, 7), ()),
    "broadcast-both": ((4, 1, 5), (1, 3, 1)),
    "broadcast-left": ((5,), (2, 3, 5)),
    "broadcast-empty": ((0, 5), (5,)),
}


def add() -> Iterator[Sample]:
    """Yield what both binary ops take."""
    return _binary("add", 0.07)


def mul() -> Iterator[Sample]:
    """Yield what both binary ops take."""
    return _binary("mul", 0.2)


def _binary(op: str, scale: float) -> Iterator[Sample]:
    draw = Draw(op)
    for size in ODD_SIZES:
        a, b = draw.tensor((size,)), draw.tensor((size,), 0.031, 99)
        yield single(f"size{size}", a, b, scale, 128, rows=(0, 1))
    for name, (left, right) in BROADCASTS.items():
        yield single(name, draw.tensor(left), draw.tensor(right, 0.03, 3), scale, 100)
    for dtype in (quint8, qint8):
        yield from _zero_points(draw, dtype, scale)
        middle = (dtype.minimum + dtype.maximum + 1) // 2
        for name, clamp in (
            ("relu", Clamp(middle, dtype.maximum)),
            ("relu6", Clamp(middle, middle + 40)),
            ("one-code", Clamp(dtype.minimum, dtype.minimum)),
        ):
            a, b = (draw.tensor((6, 11), 0.05, middle, dtype) for _ in range(2))
            yield single(f"{dtype.name}-{name}", a, b, scale, middle, rows=(0, 1), clamp=clamp)
    a, b = (draw.tensor((33,), 1e-3, zero_point, qint32) for zero_point in (7, -100))
    yield single("qint32", a, b, 2e-3, 5, rows=(0, 1))
    a, b = draw.tensor((2, 3, 4), 0.5, 3), draw.tensor((1, 3, 4), 0.25, 200)
    yield single("relu-broadcast", a, b, 0.5, 60, clamp=Clamp(60, 255))
    yield _every_pair("ties", 0.5, 0.5, 1.0)  # every sum or product falls on or between two codes
    yield _every_pair("every-pair", 0.1, 0.3, scale)
    a, b = draw.tensor((2, 5, 7, 9)), draw.tensor((2, 5, 7, 9), 0.02, 30)
    yield single("image", a, b, scale, 128, rows=(0, 1))
    a, b = draw.tensor((2000,)), draw.tensor((2000,), 0.031, 99)
    yield single("long", a, b, scale, 128, rows=(0, 1))


def _zero_points(draw: Draw, dtype: DType, scale: float) -> Iterator[Sample]:
    ends = (dtype.minimum, dtype.maximum)
    for first in ends:
        for second in ends:
            for output in ends:
                a, b = draw.tensor((3, 17), 0.02, first, dtype), draw.tensor((3, 17), 0.05, second, dtype)
                name = f"{dtype.name}-zero_points-{first}-{second}-{output}"
                yield single(name, a, b, scale, output, rows=(0, 1))


def _every_pair(name: str, left: float, right: float, scale: float) -> Sample:
    codes = np.arange(256, dtype=np.uint8)
    a = QTensor.per_tensor(np.repeat(codes, 256), left, 128)
    b = QTensor.per_tensor(np.tile(codes, 256), right, 127)
    return single(name, a, b, scale, 128)


def add_scalar() -> Iterator[Sample]:
    """Yield values that move the zero point inside and beyond its range, with and without relu."""
    draw = Draw("add_scalar")
    for relu in (False, True):
        words = "-relu" * relu
        for dtype in (quint8, qint8):
            for zero_point in (dtype.minimum, 10, dtype.maximum):
                for value in (0.0, 0.3, -4.0, 100.0, -100.0):
                    x = draw.tensor((3, 17), 0.04, zero_point, dtype)
                    name = f"{dtype.name}-zero_point{zero_point}-{value:g}{words}"
                    yield single(name, x, value, relu=relu, rows=(0,))
        for value in (0.3, -2.5):
            yield single(f"qint32-{value:g}{words}", draw.tensor((9,), 1e-3, 7, qint32), value, relu=relu)
    for size in ODD_SIZES:
        yield single(f"size{size}", draw.tensor((size,)), 6.5, rows=(0,))
    x = QTensor.per_tensor(np.arange(256, dtype=np.uint8), 0.1, 0)
    yield single("ties", x, 12.8, rows=(0,))


def mul_scalar() -> Iterator[Sample]:
    """Yield factors of both signs, one and zero, with and without relu."""
    draw = Draw("mul_scalar")
    for relu in (False, True):
        words = "-relu" * relu
        for dtype in (quint8, qint8):
            for zero_point in (dtype.minimum, 10, dtype.maximum):
                for value in (0.0, 0.37, -1.0, -2.5):
                    x = draw.tensor((3, 17), 0.04, zero_point, dtype)
                    name = f"{dtype.name}-zero_point{zero_point}-{value:g}{words}"
                    yield single(name, x, value, relu=relu, rows=(0,))
        for value in (0.5, -3.0):
            yield single(f"qint32-{value:g}{words}", draw.tensor((9,), 1e-3, 7, qint32), value, relu=relu)
    ends = QTensor.per_tensor(np.array([qint32.minimum, qint32.maximum, 0], dtype=np.int32), 1e-3, 0)
    yield single("qint32-ends", ends, -1.0)
    for size in ODD_SIZES:
        yield single(f"size{size}", draw.tensor((size,)), -0.5, rows=(0,))


def cat() -> Iterator[Sample]:
    """Yield one to four tensors along every dimension, each with other qparams, at both ends, empty ones."""
    draw = Draw("cat")
    for dtype in (quint8, qint8):
        low, high = dtype.minimum, dtype.maximum
        for dim in (0, 1, 2, 3, -1):
            shapes = [tuple(size if d == dim % 4 else 3 for d in range(4)) for size in (1, 5, 17)]
            tensors = [
                draw.tensor(shape, scale, zero_point, dtype)
                for shape, scale, zero_point in zip(shapes, (0.05, 0.02, 0.3), (low, 10, high), strict=True)
            ]
            yield single(f"{dtype.name}-dim{dim}", tensors, dim, 0.07, 20, rows=(0,) if dim else ())
        for zero_point in (low, high):
            ends = [draw.tensor((3, 17), 0.05, end, dtype) for end in (low, high)]
            yield single(f"{dtype.name}-zero_point{zero_point}", ends, 1, 0.06, zero_point, rows=(0,))
        pair = [draw.tensor((2, 5), 0.05, 10, dtype), draw.tensor((2, 7), 0.05, 10, dtype)]
        yield single(f"{dtype.name}-relu", pair, 1, 0.05, 10, clamp=Clamp(10, high))
        yield single(f"{dtype.name}-same-qparams", pair, 1, 0.05, 10)
    one = draw.tensor((3, 4))
    yield single("one", [one], 0, 0.03, 128)
    yield single("tuple", (one, one), 0, 0.03, 128)
    yield single("with-empty", [one, draw.tensor((0, 4)), one], 0, 0.05, 0)
    yield single("all-empty", [draw.tensor((0, 4)), draw.tensor((0, 4))], 0, 0.05, 0)
    yield single(
        "qint32", [draw.tensor((3,), 1e-3, 5, qint32), draw.tensor((9,), 3e-3, 0, qint32)], 0, 2e-3, 1
    )
    codes = np.arange(256, dtype=np.uint8)
    yield single("ties", [QTensor.per_tensor(codes, 0.5, 3), QTensor.per_tensor(codes, 0.25, 3)], 0, 1.0, 3)


SAMPLES = {"add": add, "mul": mul, "add_scalar": add_scalar, "mul_scalar": mul_scalar, "cat": cat}
