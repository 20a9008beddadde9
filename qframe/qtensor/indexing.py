"""Parts of a QTensor: indexing, slicing and cutting, by integers, slices and NumPy's other indices."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from .views import ViewMethods, dimension

if TYPE_CHECKING:
    from .tensor import QTensor

Array = np.ndarray[Any, Any]


class IndexMethods(ViewMethods):
    """The methods of :class:`~qframe.qtensor.QTensor` that take parts, named as in PyTorch.

    Integers and slices give views that share memory.  A part of the channels keeps their qparams, one
    channel is a per-tensor QTensor.
    """

    __slots__ = ()

    def __getitem__(self, index: Any) -> QTensor:
        """Return a part: everything that NumPy's indexing offers, per channel only integers and slices.

        Raises:
            IndexError: outside the shape.
            QSchemeError: arrays, lists or masks as index of a per-channel tensor.
        """
        if self._axis is None:
            return self._view(_part(self._integers, index), None)
        return self._index_per_channel(index if isinstance(index, tuple) else (index,))

    def _index_per_channel(self, index: tuple[Any, ...]) -> QTensor:
        """Follow the channel axis through a basic index."""
        entries = [self._basic(entry) for entry in index]
        integers = _part(self._integers, tuple(entries))
        source, target = 0, 0
        scale, zero_point, new_axis = self._scale, self._zero_point, None
        for entry in _expand_ellipsis(entries, self._integers.ndim):
            if entry is None:
                target += 1
                continue
            if source == self._axis:
                scale, zero_point = scale[entry], zero_point[entry]
                new_axis = target if isinstance(entry, slice) else None
            target += isinstance(entry, slice)
            source += 1
        if new_axis is None:
            scale, zero_point = float(scale), int(zero_point)
        return type(self)(integers, scale, zero_point, self._dtype, new_axis)  # type: ignore

    def _basic(self, entry: Any) -> Any:
        """Return an entry of an index that gives a view; raise for all others."""
        if entry is None or entry is Ellipsis or isinstance(entry, slice):
            return entry
        if not isinstance(entry, (bool, np.bool_)):
            try:
                return operator.index(entry)
            except TypeError:
                pass
        kind = type(entry).__name__
        raise self._no_view(f"indexing with {kind}", "only integers and slices say where channels go")

    def select(self, dim: int, index: int) -> QTensor:
        """Return the slice number ``index`` along ``dim``; that dimension goes away."""
        return self[(slice(None),) * dimension(dim, self._integers.ndim) + (operator.index(index),)]

    def narrow(self, dim: int, start: int, length: int) -> QTensor:
        """Return ``length`` slices along ``dim`` beginning at ``start``.

        Raises:
            ArgumentError: the slices reach outside the shape.
        """
        position = dimension(dim, self._integers.ndim)
        if not 0 <= start <= start + length <= self._integers.shape[position]:
            raise ArgumentError(
                f"narrow({dim}, {start}, {length}) of shape {self._integers.shape}",
                fix="Stay inside the shape",
            )
        return self[(slice(None),) * position + (slice(start, start + length),)]

    def split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[QTensor, ...]:
        """Return views along ``dim``, of equal length (the last may be shorter) or of the given lengths.

        Raises:
            ArgumentError: a length below one, or lengths that do not add up to that of ``dim``.
        """
        whole = self._integers.shape[dimension(dim, self._integers.ndim)]
        if isinstance(split_size, Sequence):
            lengths = list(split_size)
            fits = sum(lengths) == whole and min(lengths, default=0) >= 0
        else:
            fits = split_size > 0
            starts = range(0, max(whole, 1), split_size) if fits else ()
            lengths = [min(split_size, whole - start) for start in starts]
        if not fits:
            raise ArgumentError(
                f"split into {split_size} along dimension {dim} of shape {self._integers.shape}",
                fix="Give a length above zero, or lengths that add up to that of the dimension",
            )
        ends = np.cumsum(lengths, dtype=int).tolist()
        return tuple(
            self.narrow(dim, end - length, length) for end, length in zip(ends, lengths, strict=True)
        )

    def chunk(self, chunks: int, dim: int = 0) -> tuple[QTensor, ...]:
        """Return at most ``chunks`` views of equal length along ``dim`` (the last may be shorter).

        Raises:
            ArgumentError: ``chunks`` is below one.
        """
        if chunks < 1:
            raise ArgumentError(f"chunk into {chunks} parts", fix="Give a number above zero")
        whole = self._integers.shape[dimension(dim, self._integers.ndim)]
        return self.split(max(-(-whole // chunks), 1), dim)

    def unbind(self, dim: int = 0) -> tuple[QTensor, ...]:
        """Return all slices along ``dim``, without that dimension."""
        whole = self._integers.shape[dimension(dim, self._integers.ndim)]
        return tuple(self.select(dim, index) for index in range(whole))

    def unfold(self, dim: int, size: int, step: int) -> QTensor:
        """Return the windows of ``size`` slices along ``dim``, ``step`` apart, as a last dimension.

        Raises:
            ArgumentError: windows longer than the dimension, or a step below one.
            QSchemeError: ``dim`` is the channel axis.
        """
        position = dimension(dim, self._integers.ndim)
        if not (0 <= size <= self._integers.shape[position] and step > 0):
            raise ArgumentError(
                f"unfold({dim}, {size}, {step}) of shape {self._integers.shape}",
                fix="Give a size up to the length of the dimension and a step above zero",
            )
        if position == self._axis:
            raise self._no_view(f"unfold({dim}, {size}, {step})", "windows would mix channels")
        windows = np.lib.stride_tricks.sliding_window_view(self._integers, size, position, writeable=True)
        return self._view(windows[(slice(None),) * position + (slice(None, None, step),)], self._axis)

    def index_select(self, dim: int, index: Any) -> QTensor:
        """Return a copy of the slices along ``dim`` that the 1-D integer array ``index`` names.

        Raises:
            ArgumentError: ``index`` is no 1-D integer array.
            IndexError: outside the shape.
        """
        position = dimension(dim, self._integers.ndim)
        index = np.asarray(index)
        if index.ndim != 1 or index.dtype.kind not in "iu":
            raise ArgumentError(
                f"index_select by {index.dtype} of shape {index.shape}", fix="Give a 1-D array of integers"
            )
        scale, zero_point = self._scale, self._zero_point
        if position == self._axis:
            scale, zero_point = scale[index], zero_point[index]
        integers = self._integers.take(index, axis=position)
        return type(self)(integers, scale, zero_point, self._dtype, self._axis)  # type: ignore

    def flip(self, *dims: Any) -> QTensor:
        """Return a view with the order of the elements along ``dims`` reversed (PyTorch copies)."""
        given = dims[0] if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
        turned = {dimension(dim, self._integers.ndim) for dim in given}
        backwards = slice(None, None, -1)
        return self[tuple(backwards if d in turned else slice(None) for d in range(self._integers.ndim))]


def _part(integers: Array, index: Any) -> Array:
    """Return ``integers[index]``, of a single element too a view and not NumPy's scalar."""
    part = integers[index]
    if isinstance(part, np.ndarray):
        return part
    entries = (*index, Ellipsis) if isinstance(index, tuple) else (index, Ellipsis)
    view: Array = integers[entries]
    return view


def _expand_ellipsis(entries: list[Any], ndim: int) -> list[Any]:
    named = sum(entry is not None and entry is not Ellipsis for entry in entries)
    fill = [slice(None)] * (ndim - named)
    if any(entry is Ellipsis for entry in entries):
        position = next(i for i, entry in enumerate(entries) if entry is Ellipsis)
        return entries[:position] + fill + entries[position + 1 :]
    return entries + fill
