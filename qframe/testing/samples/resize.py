"""Samples of interpolate_nearest and interpolate_bilinear."""

from __future__ import annotations

from collections.abc import Iterator

from qframe.dtypes import qint8, quint8

from ..sample import Sample, single
from .draw import Draw

SIZES = {
    "double": ((5, 7), (10, 14)),
    "half": ((8, 6), (4, 3)),
    "uneven": ((7, 5), (11, 3)),
    "same": ((4, 5), (4, 5)),
    "to-one": ((5, 4), (1, 1)),
    "from-one": ((1, 1), (3, 4)),
    "wide": ((3, 2), (3, 65)),
}


def interpolate_nearest() -> Iterator[Sample]:
    """Yield growing and shrinking images and volumes, with and without the user's factors."""
    draw = Draw("interpolate_nearest")
    for name, (size, output) in SIZES.items():
        for channels in (1, 17, 33):
            x = draw.tensor((2, channels, *size))
            yield single(f"{name}-channels{channels}", x, output, (None, None), rows=(0,))
    factors = (2.3, 0.7)
    yield single("factors", draw.tensor((1, 5, 6, 9)), (13, 6), factors, rows=(0,))
    yield single("volume", draw.tensor((2, 3, 4, 5, 6)), (8, 3, 7), (None,) * 3, rows=(0,))
    for dtype in (quint8, qint8):
        for zero_point in (dtype.minimum, dtype.maximum):
            x = draw.tensor((1, 3, 4, 4), 0.1, zero_point, dtype)
            name = f"{dtype.name}-zero_point{zero_point}"
            yield single(name, x, (7, 5), (None, None), rows=(0,))
    yield single("tiny-factor", draw.tensor((1, 3, 4, 9)), (3, 40), (1e-30, 1e-30), rows=(0,))
    for channels in (1, 3, 20):
        x = draw.tensor((2, channels, 31, 70))
        yield single(f"large-half-channels{channels}", x, (15, 35), (None, None), rows=(0,))
        yield single(f"large-tenth-channels{channels}", x, (4, 7), (None, None), rows=(0,))


def interpolate_bilinear() -> Iterator[Sample]:
    """Yield growing and shrinking images, both kinds of alignment, factors, zero points at both ends."""
    draw = Draw("interpolate_bilinear")
    for align_corners in (False, True):
        words = "-align_corners" * align_corners
        for name, (size, output) in SIZES.items():
            for channels in (1, 17, 33):
                x = draw.tensor((2, channels, *size))
                numbers = output, align_corners, (None, None)
                yield single(f"{name}-channels{channels}{words}", x, *numbers, rows=(0,))
        x = draw.tensor((1, 5, 6, 9))
        yield single(f"factors{words}", x, (13, 6), align_corners, (2.3, 0.7), rows=(0,))
    for dtype in (quint8, qint8):
        for zero_point in (dtype.minimum, dtype.maximum):
            x = draw.tensor((1, 7, 6, 5), 0.1, zero_point, dtype)
            name = f"{dtype.name}-zero_point{zero_point}"
            yield single(name, x, (12, 10), False, (2.0, 2.0), rows=(0,))
    yield single("tiny-factor", draw.tensor((1, 3, 4, 9)), (3, 40), False, (1e-30, 1e-30), rows=(0,))
    for channels in (1, 3, 20):
        x = draw.tensor((2, channels, 31, 70))
        yield single(f"large-half-channels{channels}", x, (15, 35), False, (None, None), rows=(0,))
        yield single(f"large-tenth-channels{channels}", x, (4, 7), False, (None, None), rows=(0,))


SAMPLES = {"interpolate_nearest": interpolate_nearest, "interpolate_bilinear": interpolate_bilinear}
