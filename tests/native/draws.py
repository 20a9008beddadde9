"""Hypothesis strategies for tensors, and comparing a kernel with the reference's."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from qframe_reference.kernels import KERNELS as REFERENCE

from qframe.native import NativeEngine
from qframe.plugin import Clamp, DType, QTensor, qint8, quint8
from qframe.testing import assert_same_result
from qframe.testing.layouts import LAYOUTS

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

#: Usual scales, and those at whose products and quotients float32 overflows or loses bits.
SCALES = st.one_of(st.floats(1e-4, 1e2), st.sampled_from([0.5, 1.0, 1.2e-38, 1e-20, 1e20, 3e38]))
dtypes = st.sampled_from([quint8, qint8])
layouts = st.sampled_from([lambda array: array, *LAYOUTS.values()])
seeds = st.integers(0, 2**32 - 1)


def shapes(dims: int, largest: int = 9) -> st.SearchStrategy[Shape]:
    """Return shapes of so many dimensions; the second may be as long as several vectors."""
    lengths = [st.integers(0, largest), st.integers(1, 70), *[st.integers(1, largest)] * dims]
    return st.tuples(*lengths[:dims])


def zero_points(dtype: DType) -> st.SearchStrategy[int]:
    """Return zero points, often those at the ends."""
    ends = st.sampled_from([dtype.minimum, dtype.maximum])
    return st.one_of(ends, st.integers(dtype.minimum, dtype.maximum))


def clamps(dtype: DType) -> st.SearchStrategy[Clamp | None]:
    """Return no clamp, or any bounds in order."""
    codes = st.integers(dtype.minimum, dtype.maximum)
    return st.one_of(st.none(), st.tuples(codes, codes).map(lambda pair: Clamp(min(pair), max(pair))))


@st.composite
def tensors(draw: Any, shape: st.SearchStrategy[Shape] | Shape, dtype: DType) -> QTensor:
    """Return a tensor of random codes, all of them or only the ends, in any memory layout."""
    size = shape if isinstance(shape, tuple) else draw(shape)
    random = np.random.default_rng(draw(seeds))
    codes = random.integers(dtype.minimum, dtype.maximum, size, dtype.numpy, endpoint=True)
    if draw(st.booleans()):
        codes = np.where(codes > np.mean([dtype.minimum, dtype.maximum]), dtype.maximum, dtype.minimum)
    codes = draw(layouts)(codes.astype(dtype.numpy))
    return QTensor.per_tensor(codes, draw(SCALES), draw(zero_points(dtype)), dtype)


def random_weight(rng: Any, shape: Shape, per_channel: bool, zero_point: int) -> QTensor:
    """Return a weight of any codes, all channels with the same zero point."""
    codes = rng.integers(-128, 128, shape, dtype=np.int8)
    if per_channel:
        scales = rng.uniform(0.0005, 0.05, shape[0])
        return QTensor.per_channel(codes, scales, np.full(shape[0], zero_point), 0)
    return QTensor.per_tensor(codes, 0.01, zero_point)


def assert_agrees(engine: NativeEngine, op: str, *args: Any, **kwargs: Any) -> Any:
    """Raise unless an engine's kernel gives what the reference gives; return the result."""
    with np.errstate(all="ignore"):
        expected = REFERENCE[op](*args, **kwargs)
    result = engine.kernels[op](*args, **kwargs)
    assert result is not NotImplemented, "declined"
    assert_same_result(result, expected)
    return result
