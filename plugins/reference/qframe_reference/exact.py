"""Exact integer matrix products through float32 BLAS.

A float32 holds every integer up to 2**24.  The columns of the weight are cut into blocks such that
no partial sum inside a block can exceed that, whatever the activations and whatever the order in
which BLAS adds; each block's product is then exact, and blocks are added in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Activations minus their zero point are at most this large.
LARGEST_ACTIVATION = 255
#: The largest sum of absolute weights over which float32 stays exact.
LARGEST_WEIGHT_SUM = 2**24 // LARGEST_ACTIVATION


class ExactMatrix:
    """A weight of shape (N, K), zero points subtracted, ready to be multiplied exactly.

    Args:
        weight: whole numbers.
    """

    def __init__(self, weight: Array) -> None:
        self.outputs, self.inputs = weight.shape
        columns = np.ascontiguousarray(weight.T, dtype=np.float32)
        self._blocks = [(slice(a, b), columns[a:b]) for a, b in _block_bounds(weight)]

    def __call__(self, rows: Array) -> Array:
        """Return ``rows @ weight.T`` for float32 ``rows`` (M, K) of whole numbers up to ±255: exact.

        Returns:
            Whole numbers, float32 or float64, shape (M, N).
        """
        if len(self._blocks) == 1:
            return np.asarray(rows @ self._blocks[0][1])
        total = np.zeros((rows.shape[0], self.outputs))
        for block, columns in self._blocks:
            total += rows[:, block] @ columns
        return total


def _block_bounds(weight: Array) -> list[tuple[int, int]]:
    sums = np.abs(weight.astype(np.int64)).cumsum(axis=1)
    inputs = weight.shape[1]
    bounds: list[tuple[int, int]] = []
    start = 0
    while start < inputs:
        before = sums[:, start - 1 : start] if start else 0
        largest = np.max(sums - before, axis=0, initial=0)
        stop = max(int(np.searchsorted(largest, LARGEST_WEIGHT_SUM, side="right")), start + 1)
        bounds.append((start, stop))
        start = stop
    return bounds or [(0, 0)]


def centered_weight(codes: Array, zero_point: Any) -> Array:
    """Return weight codes minus their zero point (a number, or one for each output channel), int32."""
    zero_point = np.asarray(zero_point, dtype=np.int32).reshape(-1, *[1] * (codes.ndim - 1))
    return codes.astype(np.int32) - zero_point
