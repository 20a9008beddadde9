"""Samples of max_pool2d, avg_pool2d, avg_pool3d and adaptive_avg_pool2d."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from qframe.dtypes import qint8, quint8
from qframe.qtensor import QTensor

from ..sample import Sample, single
from .draw import Draw

Pair = tuple[int, int]


class Window(NamedTuple):
    """A pooling window over an input of ``shape``."""

    shape: tuple[int, int, int, int]
    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)


WINDOWS = {
    "2x2": Window((2, 3, 6, 8), (2, 2), (2, 2)),
    "3x3s2p1": Window((1, 17, 9, 7), (3, 3), (2, 2), (1, 1)),
    "3x2s1": Window((1, 5, 5, 6), (3, 2), (1, 1), (1, 0)),
    "1x1": Window((1, 3, 4, 5), (1, 1), (1, 1)),
    "2x3s3": Window((1, 7, 8, 8), (2, 3), (3, 3), (0, 1)),
    "whole": Window((3, 33, 7, 7), (7, 7), (1, 1)),
    "one-pixel": Window((1, 1, 1, 1), (1, 1), (1, 1)),
    "channels65": Window((1, 65, 4, 4), (2, 2), (2, 2)),
}
DILATED = {
    "dilation2": Window((1, 3, 8, 9), (2, 3), (1, 2), (1, 1), (2, 2)),
    "dilation3": Window((1, 2, 9, 9), (3, 3), (2, 2), (1, 1), (3, 3)),
    "window-of-padding-only": Window((1, 2, 3, 1), (1, 2), (1, 1), (0, 1), (1, 2)),
}
CEIL = Window((1, 3, 6, 7), (3, 2), (2, 2), (1, 1))


def max_pool2d() -> Iterator[Sample]:
    """Yield windows with padding and dilation, both rounding modes, both ends of codes and zero points."""
    draw = Draw("max_pool2d")
    for name, window in {**WINDOWS, **DILATED}.items():
        for ceil_mode in (False, True):
            x = draw.tensor(window.shape)
            yield single(f"{name}{'-ceil' * ceil_mode}", x, *window[1:], ceil_mode, rows=(0,))
    for dtype in (quint8, qint8):
        for code in (dtype.minimum, dtype.maximum):
            x = QTensor.per_tensor(np.full((1, 3, 5, 5), code, dtype=dtype.numpy), 0.1, 3)
            yield single(f"{dtype.name}-all{code}", x, (3, 3), (2, 2), (1, 1), (1, 1), False, rows=(0,))
        for zero_point in (dtype.minimum, dtype.maximum):
            x = draw.tensor((1, 3, 5, 5), 0.1, zero_point, dtype)
            name = f"{dtype.name}-zero_point{zero_point}"
            yield single(name, x, (3, 3), (2, 2), (1, 1), (1, 1), False, rows=(0,))
    yield single("qint8", draw.tensor((2, 5, 6, 6), 0.1, -4, qint8), (2, 2), (2, 2), (0, 0), (1, 1), False)


def avg_pool2d() -> Iterator[Sample]:
    """Yield windows under both rounding modes, both ways to count the padding, and fixed divisors."""
    draw = Draw("avg_pool2d")
    for name, window in {**WINDOWS, "uneven": CEIL}.items():
        for ceil_mode in (False, True):
            for include in (False, True):
                x = draw.tensor(window.shape)
                words = f"{name}{'-ceil' * ceil_mode}{'-count_pad' * include}"
                yield single(words, x, *window[1:4], ceil_mode, include, None, rows=(0,))
    for divisor in (1, 3, -2, 1000):
        x = draw.tensor(CEIL.shape)
        yield single(f"divisor{divisor}", x, *CEIL[1:4], False, True, divisor, rows=(0,))
    for dtype in (quint8, qint8):
        for zero_point in (dtype.minimum, dtype.maximum):
            x = draw.tensor((2, 5, 6, 6), 0.1, zero_point, dtype)
            name = f"{dtype.name}-zero_point{zero_point}"
            yield single(name, x, (3, 3), (2, 2), (1, 1), False, False, None, rows=(0,))
    yield single("ties", _ties(), (2, 2), (2, 2), (0, 0), False, True, None, rows=(0,))


#: Shape, kernel, stride and padding.
VOLUMES = {
    "2x2x2": ((2, 3, 4, 6, 8), (2, 2, 2), (2, 2, 2), (0, 0, 0)),
    "3x3x3s2p1": ((1, 17, 5, 7, 6), (3, 3, 3), (2, 2, 2), (1, 1, 1)),
    "1x2x3": ((1, 5, 3, 5, 6), (1, 2, 3), (2, 1, 2), (0, 1, 0)),
    "whole": ((3, 33, 2, 3, 3), (2, 3, 3), (1, 1, 1), (0, 0, 0)),
    "one-voxel": ((1, 1, 1, 1, 1), (1, 1, 1), (1, 1, 1), (0, 0, 0)),
}


def avg_pool3d() -> Iterator[Sample]:
    """Yield windows under both rounding modes, both ways to count the padding, and a fixed divisor."""
    draw = Draw("avg_pool3d")
    for name, (shape, *window) in VOLUMES.items():
        for ceil_mode in (False, True):
            for include in (False, True):
                words = f"{name}{'-ceil' * ceil_mode}{'-count_pad' * include}"
                yield single(words, draw.tensor(shape), *window, ceil_mode, include, None, rows=(0,))
    shape, *window = VOLUMES["3x3x3s2p1"]
    yield single("divisor5", draw.tensor(shape), *window, False, True, 5, rows=(0,))
    for dtype in (quint8, qint8):
        for zero_point in (dtype.minimum, dtype.maximum):
            x = draw.tensor(shape, 0.1, zero_point, dtype)
            name = f"{dtype.name}-zero_point{zero_point}"
            yield single(name, x, *window, False, False, None, rows=(0,))


def _ties() -> QTensor:
    """Return 2x2 windows whose sums fall on all quarters, so that a half of the averages are ties."""
    codes = np.zeros((1, 1, 4, 256), dtype=np.uint8)
    codes[0, 0, 0::2, 0::2] = np.arange(256).reshape(2, 128)
    codes[0, 0, 1::2, 1::2] = 2
    return QTensor.per_tensor(codes, 0.1, 1)


def adaptive_avg_pool2d() -> Iterator[Sample]:
    """Yield even, uneven, overlapping and enlarging windows; zero points at both ends."""
    draw = Draw("adaptive_avg_pool2d")
    for size, output in (
        ((6, 8), (3, 4)), ((7, 7), (1, 1)), ((5, 9), (2, 4)), ((7, 5), (3, 3)), ((3, 2), (5, 7)),
        ((1, 1), (1, 1)), ((1, 1), (2, 3)), ((13, 17), (1, 5)),
    ):  # fmt: skip
        for channels in (1, 17, 33):
            name = "x".join(map(str, size)) + "-to-" + "x".join(map(str, output)) + f"-channels{channels}"
            yield single(name, draw.tensor((2, channels, *size)), output, rows=(0,))
    for dtype in (quint8, qint8):
        for zero_point in (dtype.minimum, dtype.maximum):
            x = draw.tensor((1, 7, 6, 5), 0.1, zero_point, dtype)
            yield single(f"{dtype.name}-zero_point{zero_point}", x, (2, 2), rows=(0,))
    yield single("ties", _ties(), (2, 128), rows=(0,))


SAMPLES = {
    "max_pool2d": max_pool2d,
    "avg_pool2d": avg_pool2d,
    "avg_pool3d": avg_pool3d,
    "adaptive_avg_pool2d": adaptive_avg_pool2d,
}
