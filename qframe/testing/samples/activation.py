"""Samples of clamp and lookup."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qframe.dtypes import qint8, qint32, quint8
from qframe.qtensor import QTensor

from ..sample import Sample, single
from .draw import ODD_SIZES, Draw


def clamp() -> Iterator[Sample]:
    """Yield sizes, dtypes, zero points at both ends, and bounds: none, one code, and ordinary ones."""
    draw = Draw("clamp")
    for size in ODD_SIZES:
        yield single(f"size{size}", draw.tensor((size,)), 60, 190, rows=(0,))
    yield single("long", draw.tensor((40001,)), 60, 190, rows=(0,))
    for dtype in (quint8, qint8, qint32):
        low, high = dtype.minimum, dtype.maximum
        for name, bounds in {
            "open": (low, high),
            "lowest": (low, low),
            "highest": (high, high),
            "relu": (3, high),
            "relu6": (3, 40),
        }.items():
            x = draw.tensor((4, 3, 5, 7), 0.1, 3, dtype)
            yield single(f"{dtype.name}-{name}", x, *bounds, rows=(0,))
        for zero_point in (low, high):
            x = draw.tensor((3, 17), 0.1, zero_point, dtype)
            yield single(f"{dtype.name}-zero_point{zero_point}", x, max(low, -50), 90, rows=(0,))


def lookup() -> Iterator[Sample]:
    """Yield sizes, zero points at both ends, all pairs of 8-bit dtypes on all 256 codes; qint32 tables."""
    draw = Draw("lookup")
    for size in ODD_SIZES:
        yield single(f"size{size}", draw.tensor((size,)), draw.codes((256,)), 0.02, 9, rows=(0,))
    for source in (quint8, qint8):
        every = np.arange(source.minimum, source.maximum + 1).astype(source.numpy)
        for zero_point in (source.minimum, source.maximum):
            x = draw.tensor((3, 17), 0.1, zero_point, source)
            name = f"{source.name}-input-zero_point{zero_point}"
            yield single(name, x, draw.codes((256,)), 0.02, 9, rows=(0,))
        x = QTensor.per_tensor(every.reshape(4, 64), 0.1, 5)
        for target in (quint8, qint8, qint32):
            for zero_point in (target.minimum, target.maximum):
                table = draw.codes((256,), target)
                name = f"{source.name}-{target.name}-zero_point{zero_point}"
                yield single(name, x, table, 0.5, zero_point, rows=(0,))
    yield single("long", draw.tensor((40001,)), draw.codes((256,)), 0.02, 9, rows=(0,))
    yield single("image", draw.tensor((2, 3, 5, 7)), draw.codes((256,)), 0.02, 9, rows=(0,))


SAMPLES = {"clamp": clamp, "lookup": lookup}
