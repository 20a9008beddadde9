"""Samples of quantize_per_tensor, quantize_per_channel, requantize and dequantize."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qframe.dtypes import qint8, qint32, quint8
from qframe.qtensor import QTensor

from ..sample import Sample, single
from .draw import ODD_SIZES, Draw

SPECIAL = np.array(
    [0.0, -0.0, np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, -1e-45, 1e10, -1e10], dtype=np.float32
)


def quantize_per_tensor() -> Iterator[Sample]:
    """Yield sizes, dtypes, zero points at both ends, ties, special numbers, tiny and huge scales."""
    draw = Draw("quantize_per_tensor")
    for size in ODD_SIZES:
        yield single(f"size{size}", draw.floats((size,), 3), 0.05, 128, quint8, rows=(0,))
    for dtype in (quint8, qint8, qint32):
        for zero_point in (7, dtype.minimum, dtype.maximum):
            x = draw.floats((5, 7), 40)
            yield single(f"{dtype.name}-zero_point{zero_point}", x, 0.3, zero_point, dtype, rows=(0,))
        ties = (np.arange(-300, 300) / 2).astype(np.float32)
        yield single(f"{dtype.name}-ties", ties, 1.0, 3, dtype, rows=(0,))
        yield single(f"{dtype.name}-special", SPECIAL, 0.1, 1, dtype, rows=(0,))
    # 0.1 has no exact reciprocal: multiplying by it and dividing give different ties
    yield single("inexact-reciprocal", (np.arange(-2000, 2000) / 20).astype(np.float32), 0.1, 127, quint8)
    yield single("tiny-scale", draw.floats((33,), 1e-36), 1e-37, 0, qint8, rows=(0,))
    yield single("huge-scale", draw.floats((33,), 1e38), 1e36, 0, qint8, rows=(0,))
    yield single("image", draw.floats((2, 3, 9, 11)), 0.02, 100, quint8, rows=(0,))
    yield single("scalar", np.asarray(1.25, dtype=np.float32), 0.5, 0, qint8)
    yield single("long", draw.floats((40001,), 3), 0.05, 128, quint8, rows=(0,))


def requantize() -> Iterator[Sample]:
    """Yield all pairs of dtypes, finer and coarser grids, zero points at both ends."""
    draw = Draw("requantize")
    for source in (quint8, qint8, qint32):
        for target in (quint8, qint8, qint32):
            for scale in (0.04, 0.013, 1.7):
                x = draw.tensor((5, 33), 0.04, 7, source)
                name = f"{source.name}-to-{target.name}-scale{scale}"
                yield single(name, x, scale, 7, target, rows=(0,))
    for dtype in (quint8, qint8):
        for zero_point in (dtype.minimum, dtype.maximum):
            x = draw.tensor((3, 7), 0.1, zero_point, dtype)
            yield single(f"{dtype.name}-zero_point{zero_point}", x, 0.07, zero_point, dtype, rows=(0,))
    ends = np.tile(np.array([qint32.minimum, qint32.maximum, 0, 1, -1, 2**24 + 1], np.int32), 23)
    for zero_point in (0, 7, qint32.minimum, qint32.maximum):
        x = QTensor.per_tensor(ends, 0.001, zero_point)
        for target in (quint8, qint8, qint32):
            name = f"ends-zero_point{zero_point}-to-{target.name}"
            yield single(name, x, 900.0, 7, target, rows=(0,))
    for x_scale, scale in ((0.5, 1e-12), (1e30, 1e-30), (1e-30, 1e30)):
        for source in (quint8, qint8, qint32):
            x = draw.tensor((3, 67), x_scale, 7, source)
            yield single(f"{source.name}-scales{x_scale}-{scale}", x, scale, 100, quint8, rows=(0,))
    yield single("image", draw.tensor((2, 3, 9, 11)), 0.06, 9, quint8, rows=(0,))


def quantize_per_channel() -> Iterator[Sample]:
    """Yield every axis of several ranks, dtypes, zero points over the whole range, special numbers."""
    draw = Draw("quantize_per_channel")
    for shape in ((5,), (3, 7), (4, 3, 5), (2, 17, 3, 3), (3, 2, 3, 2, 5)):
        for axis in range(len(shape)):
            channels = shape[axis]
            scales = np.linspace(0.01, 0.3, channels)
            zero_points = np.linspace(-128, 127, channels).astype(np.int64)
            rows = () if axis == 0 else (0,)
            yield single(
                f"rank{len(shape)}-axis{axis}",
                draw.floats(shape),
                scales,
                zero_points,
                axis,
                qint8,
                rows=rows,
            )
    for dtype in (quint8, qint32):
        zero_points = np.array([0, 1, dtype.maximum])
        yield single(dtype.name, draw.floats((3, 65), 9), np.array([0.1, 0.07, 1.0]), zero_points, 0, dtype)
    special = np.stack([SPECIAL, -SPECIAL])
    yield single("special", special, np.array([0.1, 2.0]), np.array([0, -5]), 0, qint8)
    ties = np.stack([np.arange(-80, 80) / 2, np.arange(-80, 80) / 4]).astype(np.float32)
    yield single("ties", ties, np.array([1.0, 0.5]), np.array([3, -3]), 0, qint8)


def dequantize() -> Iterator[Sample]:
    """Yield sizes, every code of the 8-bit dtypes, qint32 to its ends, per channel along every axis."""
    draw = Draw("dequantize")
    for size in ODD_SIZES:
        yield single(f"size{size}", draw.tensor((size,)), rows=(0,))
    for dtype in (quint8, qint8):
        every = np.arange(dtype.minimum, dtype.maximum + 1).astype(dtype.numpy)
        for zero_point in (dtype.minimum, 3, dtype.maximum):
            x = QTensor.per_tensor(every, 0.1, zero_point)
            yield single(f"{dtype.name}-zero_point{zero_point}", x, rows=(0,))
    ends = np.array([qint32.minimum, qint32.maximum, 0, 1, -1, 2**24 + 1], dtype=np.int32)
    for zero_point in (0, 7, qint32.minimum, qint32.maximum):
        yield single(f"qint32-zero_point{zero_point}", QTensor.per_tensor(ends, 0.001, zero_point), rows=(0,))
    for axis in range(3):
        shape = (3, 5, 4)
        scales, zero_points = (
            np.linspace(0.01, 0.7, shape[axis]),
            np.linspace(-128, 127, shape[axis]).astype(int),
        )
        x = QTensor.per_channel(draw.codes(shape, qint8), scales, zero_points, axis)
        yield single(f"per_channel-axis{axis}", x)
    yield single("image", draw.tensor((2, 3, 9, 11)), rows=(0,))
    yield single("empty", draw.tensor((0, 3)))


SAMPLES = {
    "quantize_per_tensor": quantize_per_tensor,
    "quantize_per_channel": quantize_per_channel,
    "requantize": requantize,
    "dequantize": dequantize,
}
