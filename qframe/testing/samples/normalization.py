"""Samples of batch_norm."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qframe.dtypes import qint8, quint8
from qframe.numerics import Clamp

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


def _vectors(draw: Draw, channels: int) -> tuple[Array, Array, Array, Array]:
    """Return weight, bias, mean and variance."""
    size = (channels,)
    return draw.floats(size), draw.floats(size, 2), draw.floats(size), draw.positive(size)


SAMPLES = {"batch_norm": batch_norm}
