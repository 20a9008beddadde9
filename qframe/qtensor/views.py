"""Views of a QTensor: everything that rearranges integers without touching their values.

Per-tensor tensors take every view.  Per-channel tensors take those that keep the channel axis
whole, take part of it, or pick one channel (which gives a per-tensor result); others raise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, QSchemeError

if TYPE_CHECKING:
    from .tensor import QTensor

Array = np.ndarray[Any, Any]


class ViewMethods:
    """The view methods of :class:`~qframe.qtensor.QTensor`, named as in PyTorch."""

    __slots__ = ()

    _integers: Array
    _scale: Any
    _zero_point: Any
    _axis: int | None
    _dtype: Any

    def _view(self, integers: Array, axis: int | None) -> QTensor:
        """Return ``integers`` with these qparams and the channel axis at ``axis``."""
        from_self = type(self)
        return from_self(integers, self._scale, self._zero_point, self._dtype, axis)  # type: ignore

    def _with(self, integers: Array) -> QTensor:
        """Return other integers with the same qparams."""
        return self._view(integers, self._axis)

    def _require_per_tensor(self, what: str, instead: str | None = None) -> None:
        if self._axis is not None:
            raise QSchemeError(
                f"{what} needs a per-tensor quantized tensor, this one is quantized per channel "
                f"(axis {self._axis} of shape {self._integers.shape})",
                fix=f"Use {instead}" if instead else "Use dequantize() and quantize_per_tensor() first",
            )

    def _no_view(self, what: str, why: str) -> QSchemeError:
        return QSchemeError(
            f"{what} is not possible: the tensor is quantized per channel along axis {self._axis} of shape "
            f"{self._integers.shape}, and {why}",
            fix="Use dequantize() first, or quantize per tensor",
        )

    def reshape(self, *shape: Any) -> QTensor:
        """Return the tensor in another shape; the memory is shared where the strides allow it.

        Raises:
            ArgumentError: the number of elements differs.
            QSchemeError: a per-channel tensor's channel axis would be split or merged.
        """
        shape = one_tuple(shape)
        try:
            integers = self._integers.reshape(shape)
        except ValueError as error:
            raise ArgumentError(
                f"shape {self._integers.shape} cannot be reshaped to {shape}",
                fix="Keep the number of elements",
            ) from error
        return self._view(integers, self._axis_after_reshape(integers.shape))

    def _axis_after_reshape(self, shape: tuple[int, ...]) -> int | None:
        if self._axis is None:
            return None
        old = self._integers.shape
        before = int(np.prod(old[: self._axis]))
        for axis, length in enumerate(shape):
            if length == old[self._axis] and int(np.prod(shape[:axis])) == before:
                return axis
        raise self._no_view(f"reshape to {shape}", "that splits or merges the channel axis")

    def view(self, *shape: Any) -> QTensor:
        """Return the same memory in another shape.

        Raises:
            ArgumentError: the strides do not allow it (use :meth:`reshape`), or see there.
        """
        result = self.reshape(*shape)
        if result._integers.size and not np.shares_memory(result._integers, self._integers):
            raise ArgumentError(
                f"the strides of this tensor do not allow a view of shape {result._integers.shape}",
                fix="Use reshape(), which copies where it must",
            )
        return result

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> QTensor:
        """Return the tensor with dimensions ``start_dim`` to ``end_dim`` merged into one."""
        shape = self._integers.shape
        if not shape:
            return self.reshape(1)
        start, end = dimension(start_dim, len(shape)), dimension(end_dim, len(shape))
        if start > end:
            raise ArgumentError(
                f"flatten from dimension {start_dim} to {end_dim} of a shape {shape}",
                fix="start_dim must not come after end_dim",
            )
        return self.reshape(*shape[:start], int(np.prod(shape[start : end + 1])), *shape[end + 1 :])

    def permute(self, *dims: Any) -> QTensor:
        """Return a view with the dimensions in the given order."""
        ndim = self._integers.ndim
        order = [dimension(dim, ndim) for dim in one_tuple(dims)]
        if sorted(order) != list(range(ndim)):
            raise ArgumentError(
                f"permute({', '.join(map(str, one_tuple(dims)))}) of a tensor with {ndim} dimensions",
                fix="Name every dimension once",
            )
        axis = None if self._axis is None else order.index(self._axis)
        return self._view(self._integers.transpose(order), axis)

    def transpose(self, dim0: int, dim1: int) -> QTensor:
        """Return a view with two dimensions swapped."""
        order = list(range(self._integers.ndim))
        first, second = dimension(dim0, len(order)), dimension(dim1, len(order))
        order[first], order[second] = order[second], order[first]
        return self.permute(order)

    def t(self) -> QTensor:
        """Return the transpose of a tensor with at most two dimensions."""
        if self._integers.ndim > 2:
            raise ArgumentError(
                f"t() of a tensor with {self._integers.ndim} dimensions", fix="Use transpose(dim0, dim1)"
            )
        return self.permute(*reversed(range(self._integers.ndim)))

    @property
    def T(self) -> QTensor:  # noqa: N802 - NumPy's and PyTorch's name
        """The view with all dimensions reversed."""
        return self.permute(*reversed(range(self._integers.ndim)))

    def unsqueeze(self, dim: int) -> QTensor:
        """Return a view with a dimension of length one inserted before ``dim``."""
        position = dimension(dim, self._integers.ndim + 1)
        axis = None if self._axis is None else self._axis + (position <= self._axis)
        return self._view(np.expand_dims(self._integers, position), axis)

    def squeeze(self, dim: int | None = None) -> QTensor:
        """Return a view without the dimensions of length one (or without ``dim`` if it is such)."""
        shape = self._integers.shape
        candidates = range(len(shape)) if dim is None else [dimension(dim, len(shape))]
        dropped = tuple(d for d in candidates if shape[d] == 1)
        integers = self._integers.squeeze(dropped)
        if self._axis in dropped:  # one channel is quantized per tensor
            return type(self)(integers, float(self._scale[0]), int(self._zero_point[0]), self._dtype)  # type: ignore
        axis = None if self._axis is None else self._axis - sum(d < self._axis for d in dropped)
        return self._view(integers, axis)

    def expand(self, *sizes: Any) -> QTensor:
        """Return a view in which dimensions of length one are repeated; -1 keeps a length."""
        target, old = one_tuple(sizes), self._integers.shape
        added = len(target) - len(old)
        if added < 0:
            raise ArgumentError(f"expand({target}) of shape {old}", fix="Name all dimensions")
        shape = tuple(old[d - added] if size == -1 and d >= added else size for d, size in enumerate(target))
        if self._axis is not None and shape[self._axis + added] != old[self._axis]:
            raise self._no_view(f"expand to {shape}", "that repeats the channel axis")
        try:
            integers = np.broadcast_to(self._integers, shape)
        except ValueError as error:
            raise ArgumentError(
                f"shape {old} cannot be expanded to {shape}", fix="Only dimensions of length one expand"
            ) from error
        return self._view(integers, None if self._axis is None else self._axis + added)

    def repeat(self, *sizes: Any) -> QTensor:
        """Return a copy that repeats the tensor ``sizes`` times along each dimension; new ones come first.

        Repeated channels keep their qparams.

        Raises:
            ArgumentError: fewer sizes than dimensions, or one below zero.
        """
        times, ndim = one_tuple(sizes), self._integers.ndim
        added = len(times) - ndim
        if added < 0 or min(times, default=0) < 0:
            raise ArgumentError(
                f"repeat{times} of a tensor of shape {self._integers.shape}",
                fix="Give a number of times for every dimension",
            )
        integers = np.tile(self._integers, times)
        if self._axis is None:
            return self._view(integers, None)
        axis = self._axis + added
        qparams = np.tile(self._scale, times[axis]), np.tile(self._zero_point, times[axis])
        return type(self)(integers, *qparams, self._dtype, axis)  # type: ignore

    def as_strided(
        self, size: tuple[int, ...], stride: tuple[int, ...], storage_offset: int | None = None
    ) -> QTensor:
        """Return a view with the given shape and strides, counted in elements of the whole storage.

        Raises:
            ArgumentError: the view would reach outside the storage.
            QSchemeError: the tensor is quantized per channel.
        """
        if self._axis is not None:
            raise self._no_view("as_strided", "strides say nothing about channels")
        storage = _storage(self._integers)
        offset = _offset(self._integers, storage) if storage_offset is None else storage_offset
        reach = [(length - 1) * step for length, step in zip(size, stride, strict=True)]
        first = offset + sum(r for r in reach if r < 0)
        last = offset + sum(r for r in reach if r > 0)
        if 0 not in size and not 0 <= first <= last < storage.size:
            raise ArgumentError(
                f"as_strided(size={tuple(size)}, stride={tuple(stride)}, storage_offset={offset}) reaches "
                f"elements {first}..{last} of a storage of {storage.size}",
                fix="Stay inside the storage",
            )
        byte_strides = [step * storage.itemsize for step in stride]
        integers = np.lib.stride_tricks.as_strided(storage[min(offset, storage.size) :], size, byte_strides)
        return self._view(integers, None)

    def resize_(self, *sizes: Any) -> QTensor:
        """Change the shape in place; new elements are zero (the zero point), surplus ones go.

        Raises:
            ArgumentError: a length that is no whole number from zero up.
            QSchemeError: the tensor is quantized per channel.
        """
        if self._axis is not None:
            raise self._no_view("resize_", "the channels would not keep their elements")
        shape = one_tuple(sizes)
        if not all(isinstance(length, (int, np.integer)) and length >= 0 for length in shape):
            raise ArgumentError(f"resize_{shape}", fix="Give the new lengths, whole numbers from zero up")
        flat, wanted = self._integers.reshape(-1), math.prod(shape)
        if wanted > flat.size:
            new = np.full(wanted - flat.size, self._zero_point, dtype=flat.dtype)
            flat = np.concatenate([flat, new])
        self._integers = flat[:wanted].reshape(shape)  # type: ignore[misc]
        return self  # type: ignore[return-value]


def one_tuple(sizes: tuple[Any, ...]) -> tuple[Any, ...]:
    """Accept both ``f(2, 3)`` and ``f((2, 3))``."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes


def dimension(dim: int, ndim: int) -> int:
    """Return ``dim`` counted from the front, or raise ArgumentError."""
    if not -ndim <= dim < ndim:
        raise ArgumentError(
            f"dimension {dim} of a tensor with {ndim} dimensions", fix=f"Give one from {-ndim} to {ndim - 1}"
        )
    return dim % ndim


def _storage(integers: Array) -> Array:
    """Return the whole memory that ``integers`` is a view of, as a 1-D array."""
    while isinstance(integers.base, np.ndarray) and integers.base.dtype == integers.dtype:
        integers = integers.base
    order = sorted(range(integers.ndim), key=lambda d: -integers.strides[d])
    return integers.transpose(order).reshape(-1)


def _offset(integers: Array, storage: Array) -> int:
    start = integers.__array_interface__["data"][0] - storage.__array_interface__["data"][0]
    return int(start) // integers.itemsize
