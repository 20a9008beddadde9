"""What the conformance suite offers to kernels of ``square``."""

from __future__ import annotations

import numpy as np

from qframe.plugin import Clamp, QTensor, qint8, quint8
from qframe.testing import Draw, single

from .numbers import quint4


def square():
    """Yield odd sizes, every pair of dtypes, zero points at both ends, clamps, ties."""
    draw = Draw("square")
    for size in (1, 7, 16, 33):
        yield single(f"size{size}", draw.tensor((size,)), 0.1, 3, quint8, rows=(0,))
    for source in (quint4, quint8, qint8):
        for target in (quint4, quint8, qint8):
            for zero_point in (source.minimum, source.maximum):
                codes = draw.codes((3, 5, 7), source) if source is not quint4 else draw.codes((3, 5, 7)) % 16
                x = QTensor.per_tensor(codes, 0.05, zero_point, source)
                output = target.minimum if zero_point == source.minimum else target.maximum
                name = f"{source.name}-{target.name}-zero_point{zero_point}"
                yield single(name, x, 0.4, output, target, rows=(0,))
    every = QTensor.per_tensor(np.arange(256, dtype=np.uint8).reshape(16, 16), 0.5, 128)
    yield single("ties", every, 0.5, 0, quint8, rows=(0,))
    yield single("clamp", every, 90.0, 2, quint4, rows=(0,), clamp=Clamp(2, 9))
