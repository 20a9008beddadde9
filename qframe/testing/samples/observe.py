"""Samples of min_max, min_max_per_channel and histogram."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..sample import Sample, single
from .draw import ODD_SIZES, Draw


def min_max() -> Iterator[Sample]:
    """Yield sizes with the extremes at both ends, constants, infinities and NaN anywhere."""
    draw = Draw("min_max")
    for size in ODD_SIZES:
        x = draw.floats((size,))
        x[0], x[-1] = 99.5, -98.5
        yield single(f"size{size}-maximum-first", x)
        yield single(f"size{size}-minimum-first", -x)
    yield single("image", draw.floats((2, 3, 5, 7)))
    yield single("constant", np.full((17,), 2.5, dtype=np.float32))
    yield single("scalar", np.asarray(-3.5, dtype=np.float32))
    yield single("infinities", np.array([1, np.inf, -np.inf, 3], dtype=np.float32))
    for place in (0, 8, 33, 64):
        x = draw.floats((65,))
        x[place] = np.nan
        yield single(f"nan-at{place}", x)


def min_max_per_channel() -> Iterator[Sample]:
    """Yield every axis of several ranks, and NaN in one channel."""
    draw = Draw("min_max_per_channel")
    for shape in ((7,), (3, 65), (5, 3, 4), (2, 17, 3, 3), (2, 3, 2, 3, 2)):
        for axis in range(len(shape)):
            yield single(f"rank{len(shape)}-axis{axis}", draw.floats(shape), axis)
    x = draw.floats((3, 33))
    x[1, 20] = np.nan
    yield single("nan", x, 0)


def histogram() -> Iterator[Sample]:
    """Yield numbers of bins, values on their edges, outside, and one-sided; the usual range is the data's."""
    draw = Draw("histogram")
    for bins in (1, 2, 7, 64, 100, 2048):
        x = draw.floats((500,))
        yield single(f"bins{bins}", x, bins, float(x.min()), float(x.max()))
        yield single(f"bins{bins}-outside", x, bins, -0.5, 0.75)
    edges = np.linspace(0, 1, 101, dtype=np.float32)
    yield single("edges", edges, 10, 0.0, 1.0)
    yield single(
        "inexact-edges", (edges * np.float32(0.3)).astype(np.float32), 10, 0.0, float(np.float32(0.3))
    )
    yield single("all-outside", draw.floats((33,)), 5, 100.0, 101.0)
    yield single("positive", np.abs(draw.floats((3, 5, 7))), 16, 0.0, 2.0)
    yield single("negative", -np.abs(draw.floats((3, 5, 7))), 16, -2.0, 0.0)
    yield single("infinities", np.array([-np.inf, 0.5, np.inf], dtype=np.float32), 4, 0.0, 1.0)
    yield single("nan", np.array([np.nan, 0.5], dtype=np.float32), 4, 0.0, 1.0)
    for size in ODD_SIZES:
        yield single(f"size{size}", draw.floats((size,)), 32, -1.5, 1.5)


SAMPLES = {"min_max": min_max, "min_max_per_channel": min_max_per_channel, "histogram": histogram}
