"""Sequences of several lengths in one batch (mirrors ``torch.nn.utils.rnn``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...errors import ArgumentError, DTypeError
from ...ops.checks import describe
from ..functional_checks import float_array
from ..functional_embedding import placed_rows, taken_rows

Array = np.ndarray[Any, Any]


class PackedSequence(NamedTuple):
    """The elements of several sequences, step by step, without padding.

    Mirrors ``torch.nn.utils.rnn.PackedSequence``; made by :func:`pack_padded_sequence`.

    Attributes:
        data: shape (sum of all lengths, ...): the first elements of all sequences, then the second ones of
            those that have them, and so on; the longest sequence first in each step.
        batch_sizes: int64; how many sequences have a first element, a second one, and so on.
        sorted_indices: where each sequence, the longest first, stands in the batch; None: it is sorted.
        unsorted_indices: where each sequence of the batch stands among the sorted ones, or None.
    """

    data: Array
    batch_sizes: Array
    sorted_indices: Array | None = None
    unsorted_indices: Array | None = None


def pack_padded_sequence(
    input: Array, lengths: Sequence[int] | Array, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a batch of padded sequences.

    Args:
        input: float, shape (T, N, ...), or (N, T, ...) if ``batch_first``.
        lengths: of each sequence, from 1 to T.
        enforce_sorted: the lengths never grow; otherwise the sequences are sorted.

    Raises:
        DTypeError: ``input`` is quantized, or no float array.
        ArgumentError: lengths that do not fit, or that grow although ``enforce_sorted``.
    """
    x = float_array("pack_padded_sequence", input)
    if x.ndim < 2:
        raise ArgumentError(
            f"pack_padded_sequence takes shape (T, N, ...), got {x.shape}", fix="Add the batch dimension"
        )
    x = x.swapaxes(0, 1) if batch_first else x
    counts = _checked_lengths(lengths, x.shape[0], x.shape[1])
    order = np.argsort(-counts, kind="stable")
    if enforce_sorted and np.any(counts[1:] > counts[:-1]):
        raise ArgumentError(
            f"pack_padded_sequence: the lengths {counts.tolist()!s:.60} grow",
            fix="Sort the sequences, the longest first, or give enforce_sorted=False",
        )
    batch_sizes = np.array([np.count_nonzero(counts > step) for step in range(counts.max())], np.int64)
    rows = _rows(batch_sizes, x.shape[1], None if enforce_sorted else order)
    data = taken_rows(x.reshape(-1, *x.shape[2:]), rows, None)
    if enforce_sorted:
        return PackedSequence(data, batch_sizes)
    return PackedSequence(data, batch_sizes, order, np.argsort(order))


def _checked_lengths(lengths: Any, steps: int, batch: int) -> Array:
    counts = np.asarray(lengths)
    if counts.dtype.kind not in "iu":
        raise DTypeError(
            f"pack_padded_sequence: lengths are {describe(lengths)}; they must be whole numbers",
            fix="Give one int for each sequence",
        )
    if counts.shape != (batch,) or not batch or counts.min() < 1 or counts.max() > steps:
        raise ArgumentError(
            f"pack_padded_sequence: lengths {counts.tolist()!s:.60} for {batch} sequences of {steps} steps",
            fix=f"Give one length from 1 to {steps} for each sequence; check batch_first",
        )
    return counts.astype(np.int64)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Array, Array]:
    """Unpack to a batch of padded sequences, in the order in which they were given.

    Args:
        batch_first: return (N, T, ...) instead of (T, N, ...).
        total_length: T, by default that of the longest sequence.

    Returns:
        The batch, and the int64 length of each sequence.

    Raises:
        DTypeError: ``sequence`` is no PackedSequence.
        ArgumentError: ``total_length`` is less than the longest sequence.
    """
    if not isinstance(sequence, PackedSequence):
        raise DTypeError(
            f"pad_packed_sequence got {describe(sequence)}; it needs a PackedSequence",
            fix="Use pack_padded_sequence first",
        )
    data, batch_sizes = sequence.data, sequence.batch_sizes
    steps = len(batch_sizes) if total_length is None else total_length
    if steps < len(batch_sizes):
        raise ArgumentError(
            f"pad_packed_sequence: total_length={total_length} is less than the longest sequence, "
            f"which has {len(batch_sizes)} steps",
            fix="Give at least as many",
        )
    batch = int(batch_sizes[0])
    lengths = np.array([np.count_nonzero(batch_sizes > row) for row in range(batch)], np.int64)
    order = unsorted(sequence)
    rows = _rows(batch_sizes, batch, None if order is None else np.argsort(order))
    shape = (steps * batch, *data.shape[1:])
    padded = placed_rows(data, rows, shape, padding_value).reshape(steps, batch, *shape[1:])
    lengths = lengths if order is None else lengths[order]
    return (padded.swapaxes(0, 1) if batch_first else padded), lengths


def _rows(batch_sizes: Array, batch: int, order: Array | None) -> Array:
    """Return where, among the rows of a padded (T, N, ...), those of a packed batch stand.

    Args:
        order: where each of the sorted sequences stands in the batch; None: in its own place.
    """
    places = np.arange(batch) if order is None else order
    return np.concatenate([step * batch + places[:size] for step, size in enumerate(batch_sizes)])


def unsorted(sequence: PackedSequence) -> Array | None:
    """Return where each sequence of the batch stands among the sorted ones; None: at its own place."""
    if sequence.unsorted_indices is None and sequence.sorted_indices is not None:
        return np.argsort(sequence.sorted_indices)
    return sequence.unsorted_indices
