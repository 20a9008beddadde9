"""Samples of fake_quantize_per_tensor and fake_quantize_per_channel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..sample import Sample, single
from .convert import SPECIAL
from .draw import ODD_SIZES, Draw

RANGES = {
    "uint8": (0, 255),
    "int8": (-128, 127),
    "uint7": (0, 127),
    "int4": (-8, 7),
    "int32": (-(2**31), 2**31 - 1),
}


def fake_quantize_per_tensor() -> Iterator[Sample]:
    """Yield sizes, ranges with zero points at both ends, ties around the bounds, special numbers."""
    draw = Draw("fake_quantize_per_tensor")
    for size in ODD_SIZES:
        yield single(f"size{size}", draw.floats((size,), 3), 0.05, 128, 0, 255, rows=(0,))
    for name, (low, high) in RANGES.items():
        for zero_point in (low, high):
            x = draw.floats((5, 7), 40)
            yield single(f"{name}-zero_point{zero_point}", x, 0.3, zero_point, low, high, rows=(0,))
        yield single(f"{name}-special", SPECIAL, 0.1, 1, low, high)
    ties = (np.arange(-600, 600) / 2).astype(np.float32)
    yield single("ties", ties, 1.0, 3, 0, 255)


def fake_quantize_per_channel() -> Iterator[Sample]:
    """Yield every axis of several ranks, ranges with zero points all over them, ties, special numbers."""
    draw = Draw("fake_quantize_per_channel")
    for shape in ((5,), (3, 7), (4, 3, 5), (2, 17, 3, 3)):
        for axis, channels in enumerate(shape):
            scales = np.linspace(0.01, 0.3, channels).astype(np.float32)
            zero_points = np.linspace(-128, 127, channels).astype(np.int64)
            x = draw.floats(shape, 3)
            name = f"rank{len(shape)}-axis{axis}"
            rows = (0,) if axis else ()
            yield single(name, x, scales, zero_points, axis, -128, 127, rows=rows)
    for name, (low, high) in RANGES.items():
        zero_points = np.array([low, high, (low + high) // 2])
        x, scales = draw.floats((3, 7), 40), np.array([0.3, 0.1, 2], np.float32)
        yield single(name, x, scales, zero_points, 0, low, high)
    ties = np.tile((np.arange(-300, 300) / 2).astype(np.float32), (2, 1))
    yield single("ties", ties, np.array([1, 0.5], np.float32), np.array([3, -20]), 0, -128, 127)
    x = np.tile(SPECIAL, (3, 1))
    yield single("special", x, np.array([0.1, 1, 10], np.float32), np.array([0, 1, -3]), 0, -128, 127)


SAMPLES = {
    "fake_quantize_per_tensor": fake_quantize_per_tensor,
    "fake_quantize_per_channel": fake_quantize_per_channel,
}
