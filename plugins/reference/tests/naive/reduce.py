"""Reductions."""

import numpy as np

from qframe.plugin import QTensor

from . import numbers


def mean(x, dim, keepdim):
    dims = {d % x.ndim for d in (range(x.ndim) if dim is None else dim)}
    kept = [1 if d in dims else size for d, size in enumerate(x.shape)]
    totals, counts = np.zeros(kept, dtype=object), np.zeros(kept, dtype=object)
    for index in np.ndindex(*x.shape):
        target = tuple(0 if d in dims else i for d, i in enumerate(index))
        totals[target] += int(x.int_repr()[index]) - x.q_zero_point()
        counts[target] += 1
    codes = [
        numbers.average(total, count, x.q_zero_point(), x.dtype)
        for total, count in zip(totals.ravel(), counts.ravel(), strict=True)
    ]
    shape = kept if keepdim else [size for d, size in enumerate(x.shape) if d not in dims]
    return QTensor.per_tensor(numbers.array(codes, shape, x.dtype), x.q_scale(), x.q_zero_point())
