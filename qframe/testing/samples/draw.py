"""Drawing tensors: from a seed that is the sample's name, so that samples never change by accident."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from qframe.dtypes import DType, qint8, quint8
from qframe.qtensor import QTensor

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

#: Lengths around the widths of vector registers and loop tails.
ODD_SIZES = (1, 2, 3, 5, 7, 15, 16, 17, 31, 33, 63, 65, 127, 257)


class Draw:
    """A seeded source of samples.

    Args:
        name: the seed.
    """

    def __init__(self, name: str) -> None:
        self._random = np.random.default_rng(zlib.crc32(name.encode()))

    def codes(self, shape: Shape, dtype: DType = quint8) -> Array:
        """Return codes over the whole range of ``dtype``, its ends included."""
        low, high = (dtype.minimum, dtype.maximum) if dtype.bits == 8 else (-(2**20), 2**20)
        return self._random.integers(low, high, shape, dtype.numpy, endpoint=True)

    def tensor(
        self, shape: Shape, scale: float = 0.04, zero_point: int = 120, dtype: DType = quint8
    ) -> QTensor:
        """Return a per-tensor quantized tensor of random codes."""
        return QTensor.per_tensor(self.codes(shape, dtype), scale, zero_point, dtype)

    def weight(self, shape: Shape, per_channel: bool = False, zero_point: int = 0) -> QTensor:
        """Return a qint8 weight, per tensor or with scales that differ for each output channel."""
        codes = self.codes(shape, qint8)
        if not per_channel:
            return QTensor.per_tensor(codes, 0.013, zero_point)
        scales = self._random.uniform(0.002, 0.05, shape[0])
        zero_points = (
            self._random.integers(-128, 128, shape[0]) if zero_point else np.zeros(shape[0], np.int64)
        )
        return QTensor.per_channel(codes, scales, zero_points, 0)

    def floats(self, shape: Shape, spread: float = 1.0) -> Array:
        """Return normally distributed float32 numbers."""
        return (self._random.standard_normal(shape) * spread).astype(np.float32)

    def positive(self, shape: Shape) -> Array:
        """Return float32 numbers from 0.1 to 2."""
        return self._random.uniform(0.1, 2.0, shape).astype(np.float32)


def product_scale(inputs: int, input_scale: float = 0.04, weight_scale: float = 0.013) -> float:
    """Return an output scale that spreads sums of ``inputs`` random products over the codes."""
    return float(input_scale * weight_scale * 74 * 74 * max(inputs, 1) ** 0.5 / 60)
