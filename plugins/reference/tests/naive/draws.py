"""Hypothesis strategies for tensors, qparams and how the engine is compared with its definition."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from qframe.engines import OPS, registry
from qframe.plugin import QTensor, qint8, quint8
from qframe.testing import assert_same_result

from . import DEFINITIONS

few = settings(max_examples=25, deadline=None)

#: Scales over nine orders of magnitude, with many that are no power of two.
scales = st.floats(1e-4, 1e5).map(lambda value: float(np.float32(value)) if value > 1 else value)
spreads = st.floats(1e-3, 1e3)
seeds = st.integers(0, 2**32 - 1)
dtypes8 = st.sampled_from([quint8, qint8])


def sizes(low, high):
    return st.integers(low, high)


def zero_points(dtype):
    """All zero points, the two ends more often."""
    return st.sampled_from([dtype.minimum, dtype.maximum]) | st.integers(dtype.minimum, dtype.maximum)


@st.composite
def tensors(draw, shape, dtype=quint8, scale=scales):
    """A per-tensor tensor: random codes, sometimes only from the ends of the range."""
    random = np.random.default_rng(draw(seeds))
    if draw(st.booleans()):
        codes = random.integers(dtype.minimum, dtype.maximum + 1, shape).astype(dtype.numpy)
    else:
        codes = random.choice([dtype.minimum, dtype.maximum], shape).astype(dtype.numpy)
    return QTensor.per_tensor(codes, draw(scale), draw(zero_points(dtype)))


@st.composite
def weights(draw, shape):
    """A qint8 weight, per tensor or per output channel, symmetric or not."""
    per_tensor = draw(tensors(shape, qint8, st.floats(1e-4, 1.0)))
    if draw(st.booleans()):
        return per_tensor
    random = np.random.default_rng(draw(seeds))
    channel_scales = random.uniform(1e-4, 1.0, shape[0])
    channel_zero_points = random.integers(-128, 128, shape[0]) * draw(st.booleans())
    return QTensor.per_channel(per_tensor.int_repr(), channel_scales, channel_zero_points, 0)


@st.composite
def floats(draw, shape, spread=spreads):
    """Normally distributed float32 numbers."""
    random = np.random.default_rng(draw(seeds))
    return (random.standard_normal(shape) * draw(spread)).astype(np.float32)


@st.composite
def clamps(draw, dtype=quint8):
    """None, or an ordered pair of codes."""
    if draw(st.booleans()):
        return None
    return tuple(sorted(draw(st.tuples(zero_points(dtype), zero_points(dtype)))))


def assert_defined(op, *args, **kwargs):
    """Raise unless the engine's result is the definition's, for arguments that the contract admits."""
    OPS[op].contract(*args, **kwargs)
    result = registry.kernel("reference", op)(*args, **kwargs)
    assert_same_result(result, DEFINITIONS[op](*args, **kwargs))


def packed_pair(op, *args):
    """The engine's packed weight and the definition's."""
    OPS[op].contract(*args)
    return registry.kernel("reference", op)(*args), DEFINITIONS[op](*args)
