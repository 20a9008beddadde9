"""Samples of the normalisations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qframe.dtypes import qint8, quint8
from qframe.numerics import Clamp
from qframe.qtensor import QTensor

from ..sample import Sample, single
from .draw import Array, Draw


def batch_norm() -> Iterator[Sample]:
    """Yield ranks, channel counts, dtypes, zero points at both ends, fused clamps, odd statistics."""
    draw = Draw("batch_norm")
    for shape in (
        (4, 5),
        (2, 7, 9),
        (2, 3, 4, 5),
        (1, 2, 3, 4, 5),
        (1, 1, 1, 1),
        (1, 33, 3, 3),
        (2, 65, 1, 3),
    ):
        words = "x".join(map(str, shape))
        yield single(words, draw.tensor(shape), *_vectors(draw, shape[1]), 1e-5, 0.05, 128, rows=(0,))
    for dtype in (quint8, qint8):
        for zero_point in (dtype.minimum, dtype.maximum):
            for output in (dtype.minimum, dtype.maximum):
                x = draw.tensor((2, 5, 3, 3), 0.04, zero_point, dtype)
                name = f"{dtype.name}-zero_points-{zero_point}-{output}"
                yield single(name, x, *_vectors(draw, 5), 1e-3, 0.06, output, rows=(0,))
        x = draw.tensor((2, 5, 3, 3), 0.04, 10, dtype)
        for name, clamp in (("relu", Clamp(7, dtype.maximum)), ("relu6", Clamp(7, 90))):
            vectors = _vectors(draw, 5)
            yield single(f"{dtype.name}-{name}", x, *vectors, 1e-5, 0.05, 7, rows=(0,), clamp=clamp)
    zeros, ones = np.zeros(3, dtype=np.float32), np.ones(3, dtype=np.float32)
    x = draw.tensor((2, 3, 16))
    yield single("constant-channel", x, ones, zeros, zeros, zeros, 1e-5, 0.05, 128, rows=(0,))
    yield single("zero-weight", x, zeros, ones, ones, ones, 1e-5, 0.05, 128, rows=(0,))
    yield single("ties", x, ones / 2, zeros, zeros, ones, 0.0, 0.04, 128, rows=(0,))


#: Shape and how many of its last dimensions are normalised together.
LAYERS = (
    ((4, 5), 1),
    ((2, 3, 33), 1),
    ((3, 4, 5), 2),
    ((5,), 1),
    ((2, 1), 1),
    ((3, 65), 1),
    ((2, 257), 1),
    ((33, 64), 1),
    ((2, 768), 1),
    ((2, 3, 4, 5), 3),
)


def layer_norm() -> Iterator[Sample]:
    """Yield shapes, missing weights, dtypes, zero points, ties, wide and narrow groups."""
    draw = Draw("layer_norm")
    for shape, dims in LAYERS:
        inner = shape[-dims:]
        rows = (0,) if dims < len(shape) else ()
        words = "x".join(map(str, shape)) + f"-last{dims}"
        arrays = draw.floats(inner), draw.floats(inner)
        yield single(words, draw.tensor(shape), inner, *arrays, 1e-5, 0.03, 128, rows=rows)
    for name, arguments in _norm_cases(draw, (3, 70), (70,)):
        x, *rest = arguments
        yield single(name, x, (70,), *rest, rows=(0,))


#: Shape and number of groups of channels.
GROUPS = (
    ((2, 6), 3),
    ((2, 6, 5), 2),
    ((2, 4, 3, 5), 4),
    ((1, 8, 7, 9), 1),
    ((1, 6, 2, 3, 5), 2),
    ((1, 1, 1, 1), 1),
    ((1, 33, 3, 3), 11),
    ((2, 65, 8, 9), 65),
    ((1, 64, 9, 7), 8),
    ((1, 130, 2, 33), 5),
    ((33, 4, 2), 2),
    ((2, 3, 20, 20), 1),
)


def group_norm() -> Iterator[Sample]:
    """Yield ranks, groupings, missing weights, dtypes, zero points, ties, wide and narrow groups."""
    draw = Draw("group_norm")
    for shape, groups in GROUPS:
        channels = (shape[1],)
        words = "x".join(map(str, shape)) + f"-groups{groups}"
        arrays = draw.floats(channels), draw.floats(channels)
        yield single(words, draw.tensor(shape), groups, *arrays, 1e-5, 0.03, 128, rows=(0,))
    for name, arguments in _norm_cases(draw, (2, 6, 5, 7), (6,)):
        x, *rest = arguments
        yield single(name, x, 3, *rest, rows=(0,))


def _norm_cases(
    draw: Draw, shape: tuple[int, ...], inner: tuple[int, ...]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield (name, (x, weight, bias, eps, scale, zero_point)) of what both normalisations must get right."""
    weight, bias = draw.floats(inner), draw.floats(inner)
    for dtype in (quint8, qint8):
        for zero_point in (dtype.minimum, dtype.maximum):
            x = draw.tensor(shape, 0.04, zero_point, dtype)
            yield f"{dtype.name}-zero_point{zero_point}", (x, weight, bias, 1e-3, 0.02, zero_point)
        narrow = QTensor.per_tensor(draw.codes(shape, dtype) // 64 + 57, 0.1, 50)
        yield f"{dtype.name}-narrow", (narrow, weight, bias, 1e-5, 0.03, 7)
        constant = QTensor.per_tensor(np.full(shape, 77, dtype.numpy), 0.1, 50)
        yield f"{dtype.name}-constant", (constant, weight, bias, 1e-5, 0.01, 7)
        yield f"{dtype.name}-constant-without-eps", (constant, weight, bias, 0.0, 0.01, 7)
    x = draw.tensor(shape)
    yield "ties", _ties(shape, inner)
    yield "without-weight", (x, None, bias, 1e-5, 0.02, 100)
    yield "without-bias", (x, weight, None, 1e-5, 0.02, 100)
    yield "without-both", (x, None, None, 1e-5, 0.02, 100)
    yield "saturating", (x, weight * np.float32(1e4), bias, 1e-5, 0.001, 100)
    yield "beyond-float32", (x, weight * np.float32(1e38), bias * np.float32(1e38), 1e-5, 1e-20, 100)
    yield "large-eps", (x, weight, bias, 1e6, 0.02, 100)


def _ties(shape: tuple[int, ...], inner: tuple[int, ...]) -> tuple[Any, ...]:
    """Return codes that lie one below and one above their mean, and arrays that make 0.5 and 2.5 of them."""
    codes = (10 + 2 * (np.arange(np.prod(shape)) % 2)).astype(np.uint8).reshape(shape)
    ones = np.ones(inner, dtype=np.float32)
    return QTensor.per_tensor(codes, 1.0, 3), ones, ones * np.float32(1.5), 0.0, 1.0, 100


def _vectors(draw: Draw, channels: int) -> tuple[Array, Array, Array, Array]:
    """Return weight, bias, mean and variance."""
    size = (channels,)
    return draw.floats(size), draw.floats(size, 2), draw.floats(size), draw.positive(size)


SAMPLES = {"batch_norm": batch_norm, "layer_norm": layer_norm, "group_norm": group_norm}
