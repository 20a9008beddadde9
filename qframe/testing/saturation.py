"""Products of the largest magnitude: sums of two overflow int16, so kernels that add in pairs must widen.

Scales are powers of two and sums stay below 2**24, so that the expected codes need no rounding rule but
half to even, and no engine to compute them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from qframe.qtensor import QTensor

Array = np.ndarray[Any, Any]

#: Output scales: the codes are ``128 + rint(sum / scale)``.
SCALES = (512.0, 8192.0, 65536.0)
ZERO_POINT = 128


class Products(NamedTuple):
    """A matrix of weights (outputs, inputs), activations (rows, inputs) and their exact products' sums."""

    name: str
    weight: Array
    activations: Array

    @property
    def sums(self) -> Array:
        """The exact accumulators, (rows, outputs)."""
        return self.activations.astype(np.int64) @ self.weight.astype(np.int64).T

    def codes(self, scale: float) -> Array:
        """The output codes under an output scale of ``scale``, all other scales 1 and zero points 0."""
        return np.clip(ZERO_POINT + np.rint(self.sums / scale), 0, 255).astype(np.uint8)


def products(inputs: int) -> Iterator[Products]:
    """Yield matrices whose neighbouring products all go beyond int16, or a single pair of them does."""
    activations = np.full((2, inputs), 255, dtype=np.uint8)
    activations[1, ::3] = 0
    sign = np.where(np.arange(inputs) // 2 % 2, -128, 127)
    yield Products(
        "every-pair",
        np.stack([np.full(inputs, 127), np.full(inputs, -128), sign, -1 - sign]).astype(np.int8),
        activations,
    )
    pairs = max(inputs // 2, 1)
    single = np.zeros((2 * pairs, inputs), dtype=np.int8)
    for pair in range(pairs):
        single[2 * pair, 2 * pair : 2 * pair + 2] = 127
        single[2 * pair + 1, 2 * pair : 2 * pair + 2] = -128
    yield Products("single-pair", single, activations)


def weight_tensor(codes: Array, per_channel: bool) -> QTensor:
    """Return weights with scale 1 and zero point 0."""
    if not per_channel:
        return QTensor.per_tensor(codes, 1.0, 0)
    channels = codes.shape[0]
    return QTensor.per_channel(codes, np.ones(channels), np.zeros(channels, dtype=np.int64), 0)
