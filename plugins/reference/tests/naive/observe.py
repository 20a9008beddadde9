"""Statistics of float data."""

import math

import numpy as np

from .numbers import f32


def min_max(x):
    values = [float(v) for v in x.ravel()]
    if any(math.isnan(v) for v in values):
        return math.nan, math.nan
    return min(values), max(values)


def min_max_per_channel(x, axis):
    ends = [min_max(np.take(x, channel, axis)) for channel in range(x.shape[axis])]
    return tuple(np.array(end, dtype=np.float32) for end in zip(*ends, strict=True))


def histogram(x, bins, low, high):
    first, last = f32(low), f32(high)
    counts = [0] * bins
    for v in x.ravel():
        if first <= v <= last:
            position = int((v - first) / (last - first) * f32(bins))
            counts[min(position, bins - 1)] += 1
    return np.array(counts, dtype=np.float32)
