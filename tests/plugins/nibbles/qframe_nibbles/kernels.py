"""The readable kernel, and the fast one, which must give the same integers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from qframe.plugin import QTensor, centered, reciprocal, requantize


def square(x, scale, zero_point, dtype, *, clamp=None):
    """Square the centered codes and requantize."""
    codes = _squares(x.int_repr(), x.q_scale(), x.q_zero_point(), scale, zero_point, dtype, clamp)
    return QTensor(codes, float(scale), int(zero_point), dtype)


def _squares(codes, x_scale, x_zero_point, scale, zero_point, dtype, clamp):
    difference = centered(codes, x_zero_point)
    multiplier = np.float32(x_scale) * np.float32(x_scale) * reciprocal(scale)
    return requantize(difference * difference, multiplier, zero_point, dtype, clamp)


def square_by_table(x, scale, zero_point, dtype, *, clamp=None):
    """Look the codes up, by their bytes."""
    table = _table(x.dtype, x.q_scale(), x.q_zero_point(), scale, zero_point, dtype, clamp)
    return QTensor(table[x.int_repr().view(np.uint8)], float(scale), int(zero_point), dtype)


@lru_cache(maxsize=64)
def _table(source, x_scale, x_zero_point, scale, zero_point, dtype, clamp):
    codes = np.arange(256, dtype=np.uint8).view(source.numpy)
    return _squares(codes, x_scale, x_zero_point, scale, zero_point, dtype, clamp)
