"""Rows taken from a table by their numbers, and put back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.tracing import differentiable
from ..errors import ArgumentError, DTypeError
from ..ops.checks import describe
from .functional_checks import Array, Ints, float_array


def embedding(input: Any, weight: Array, padding_idx: int | None = None) -> Array:
    """Return a row of ``weight`` for each index.

    Args:
        input: integers of shape (...).
        weight: shape (num_embeddings, embedding_dim), float32.
        padding_idx: a row that has no gradient; negative numbers count from the end.

    Returns:
        float32 array of shape (..., embedding_dim).

    Raises:
        DTypeError: an input that holds no integers; a table that is no float array.
        ArgumentError: an index or ``padding_idx`` outside of the table.
    """
    table = float_array("embedding", weight, "the weight")
    if not isinstance(input, np.ndarray) or input.dtype.kind not in "iu":
        raise DTypeError(
            f"Embedding: the input is {describe(input)}; it needs an array of integers",
            fix="Use .astype('int64')",
        )
    rows = table.shape[0]
    if input.size and not 0 <= input.min() <= input.max() < rows:
        raise ArgumentError(
            f"Embedding: the input holds indices from {input.min()} to {input.max()}, "
            f"but the table has {rows} rows",
            fix=f"Give indices from 0 to {rows - 1}",
        )
    return taken_rows(table, input, checked_padding(padding_idx, rows))


def checked_padding(padding_idx: int | None, rows: int) -> int | None:
    """Return ``padding_idx`` counted from the start, or raise ArgumentError if there is no such row."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise ArgumentError(
            f"Embedding: padding_idx={padding_idx} is no row of {rows}",
            fix=f"Give a number from {-rows} to {rows - 1}",
        )
    return padding_idx % rows


def _taken_rows_gradient(
    g: Array, out: Array, table: Array, indices: Array, padding_idx: int | None
) -> tuple[Any, ...]:
    """Sum the gradients of equal indices: sorted by index, they lie side by side."""
    numbers, rows = indices.ravel(), g.reshape(indices.size, *table.shape[1:])
    total = np.zeros_like(table)
    if numbers.size:
        order = np.argsort(numbers, kind="stable")
        present, starts = np.unique(numbers[order], return_index=True)
        total[present] = np.add.reduceat(rows[order], starts, axis=0)
    if padding_idx is not None:
        total[padding_idx] = 0
    return total, None, None


@differentiable(_taken_rows_gradient)
def taken_rows(table: Array, indices: Array, padding_idx: int | None) -> Array:
    """Return the rows at ``indices``, whose gradients are summed but for the row ``padding_idx``."""
    return np.asarray(table[indices])


def _placed_rows_gradient(
    g: Array, out: Array, rows: Array, indices: Array, shape: Ints, value: float
) -> tuple[Any, ...]:
    return g[indices], None, None, None


@differentiable(_placed_rows_gradient)
def placed_rows(rows: Array, indices: Array, shape: Ints, value: float) -> Array:
    """Return an array of ``shape``: rows at ``indices``, none of them twice, and ``value`` elsewhere."""
    out = np.full(shape, value, dtype=rows.dtype)
    out[indices] = rows
    return out
