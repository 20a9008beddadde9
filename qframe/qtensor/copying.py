"""Writing into a QTensor: copy_, fill_ and assignment to parts, which quantize what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import numerics
from ..errors import ArgumentError, DTypeError
from .indexing import IndexMethods

if TYPE_CHECKING:
    from .tensor import QTensor

Array = np.ndarray[Any, Any]


class CopyMethods(IndexMethods):
    """The methods of :class:`~qframe.qtensor.QTensor` that write integers, named as in PyTorch.

    All check before they write, and raise ArgumentError where the memory is read-only.
    """

    __slots__ = ()

    def copy_(self, source: Any) -> QTensor:
        """Copy ``source`` into this tensor's memory and return this tensor.

        Real numbers are quantized with this tensor's qparams; a QTensor's integers are copied and its
        qparams taken over (PyTorch's rule).  Of a view, only the view takes them over, not the tensor
        that it is a part of; assigning to ``tensor[index]`` requantizes instead.

        Raises:
            DTypeError: ``source`` is neither real nor of this tensor's dtype.
            ArgumentError: its shape does not broadcast to this tensor's.
        """
        this: Any = self
        if not isinstance(source, CopyMethods):
            self._store(..., this._codes_of(source))
            return this
        if source._dtype is not self._dtype:
            raise DTypeError(
                f"cannot copy {source._dtype!r} into {self._dtype!r}",
                fix="Quantize the dequantized source with the dtype wanted",
            )
        if source._axis is not None and source._integers.shape != self._integers.shape:
            raise ArgumentError(
                f"a per-channel source of shape {source._integers.shape} cannot be broadcast to "
                f"{self._integers.shape}",
                fix="Give both the same shape",
            )
        self._store(..., source._integers)
        this._axis = source._axis
        this._scale, this._zero_point = source._own_qparams()
        return this

    def fill_(self, value: float) -> QTensor:
        """Set every element to a real number and return this tensor."""
        return self.copy_(value)

    def __setitem__(self, index: Any, value: Any) -> None:
        """Store real numbers or a QTensor in a part, quantized with the qparams that the part has here.

        Raises:
            DTypeError: ``value`` is neither real nor quantized.
            ArgumentError: its shape does not broadcast to that of the part.
            QSchemeError: arrays, lists or masks as index of a per-channel tensor.
            IndexError: outside the shape.
        """
        part: Any = self if self._axis is None else self[index]
        self._store(index, part._codes_of(value))

    def _store(self, index: Any, integers: Array) -> None:
        if not self._integers.flags.writeable:
            raise ArgumentError(
                "the memory of this tensor is read-only: it is expanded, or made from an array that is",
                fix="Write into a clone()",
            )
        try:
            self._integers[index] = integers
        except ValueError as error:
            raise ArgumentError(
                f"shape {np.shape(integers)} does not broadcast to {self._integers[index].shape}",
                fix="Give a value of the destination's shape",
            ) from error

    def _codes_of(self, value: Any) -> Array:
        """Return the integers that stand for ``value`` in this tensor's qparams."""
        if isinstance(value, CopyMethods):
            if self._takes_integers_of(value):
                return value._integers
            value = value.dequantize()  # type: ignore[attr-defined]
        value = np.asarray(value)
        if value.dtype.kind not in "fiu":
            raise DTypeError(f"cannot quantize data of type {value.dtype}", fix="Give real numbers")
        scale, zero_point = self._scale, self._zero_point
        if self._axis is not None:
            value = self._broadcast(value)
            scale = numerics.along_axis(scale, self._axis, value.ndim)
            zero_point = numerics.along_axis(zero_point, self._axis, value.ndim)
        with np.errstate(over="ignore"):  # what float32 cannot hold saturates
            value = value.astype(np.float32)
        return numerics.quantize(value, scale, zero_point, self._dtype)

    def _takes_integers_of(self, value: Any) -> bool:
        alike = self._axis is None or value._integers.shape == self._integers.shape
        return alike and self._same_qparams(value)

    def _broadcast(self, value: Array) -> Array:
        try:
            return np.broadcast_to(value, self._integers.shape)
        except ValueError as error:
            raise ArgumentError(
                f"shape {value.shape} does not broadcast to {self._integers.shape}",
                fix="Give a value of the destination's shape",
            ) from error

    def _same_qparams(self, other: Any) -> bool:
        return (
            self._axis == other._axis
            and self._dtype is other._dtype
            and np.array_equal(self._scale, other._scale)
            and np.array_equal(self._zero_point, other._zero_point)
        )

    def _own_qparams(self) -> tuple[Any, Any]:
        """Return scale and zero point for another tensor, which must not share the vectors."""
        if self._axis is None:
            return self._scale, self._zero_point
        return self._scale.copy(), self._zero_point.copy()
