"""Samples of mean."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qframe.dtypes import qint8, qint32, quint8
from qframe.qtensor import QTensor

from ..sample import Sample, single
from .draw import ODD_SIZES, Draw

DIMS = {
    "all": None,
    "0": (0,),
    "1": (1,),
    "last": (-1,),
    "spatial": (2, 3),
    "spatial-reversed": (-1, -2),
    "outer": (0, 1),
    "mixed": (1, 3),
    "every": (0, 1, 2, 3),
}


def mean() -> Iterator[Sample]:
    """Yield choices of dimensions, dtypes, zero points at both ends, ties, long sums."""
    draw = Draw("mean")
    for name, dim in DIMS.items():
        for keepdim in (False, True):
            rows = (0,) if dim is not None and 0 not in dim else ()
            x = draw.tensor((2, 3, 5, 7))
            yield single(f"dim-{name}{'-keepdim' * keepdim}", x, dim, keepdim, rows=rows)
    for size in ODD_SIZES:
        yield single(f"size{size}", draw.tensor((3, size)), (1,), False, rows=(0,))
    for dtype in (quint8, qint8):
        for zero_point in (dtype.minimum, dtype.maximum):
            for code in (dtype.minimum, dtype.maximum):
                codes = np.full((2, 9), code, dtype=dtype.numpy)
                x = QTensor.per_tensor(codes, 0.1, zero_point)
                yield single(f"{dtype.name}-zero_point{zero_point}-all{code}", x, (1,), False, rows=(0,))
            x = draw.tensor((4, 33), 0.1, zero_point, dtype)
            yield single(f"{dtype.name}-zero_point{zero_point}", x, (1,), False, rows=(0,))
    yield single("qint32", draw.tensor((3, 9), 1e-3, 5, qint32), (1,), False)
    pairs = np.stack([np.arange(256), np.full(256, 3)], axis=1).astype(np.uint8)
    for zero_point in (2, 3):
        x = QTensor.per_tensor(pairs, 0.1, zero_point)
        yield single(f"ties-zero_point{zero_point}", x, (1,), False, rows=(0,))
    yield single("long", QTensor.per_tensor(np.full((1, 70001), 255, dtype=np.uint8), 0.1, 0), (1,), False)
    yield single("nothing-to-average", draw.tensor((0, 3)), (1,), False)


SAMPLES = {"mean": mean}
