"""QTensor: integers together with the scale and zero point that give them their meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import numerics, qschemes
from ..dtypes import DType, dtype_of
from ..errors import ArgumentError, DTypeError, QSchemeError
from ..qparams import check_per_channel, check_scale, check_zero_point
from .copying import CopyMethods
from .numpy_methods import NumPyMethods
from .reductions import ReductionMethods
from .text import format_qtensor

Array = np.ndarray[Any, Any]


class QTensor(ReductionMethods, CopyMethods, NumPyMethods):
    """A quantized tensor: ``real = scale * (integer - zero_point)`` (mirrors quantized ``torch.Tensor``).

    Shapes are logical (N, C, H, W) whatever the strides; views share memory.  This constructor
    trusts its arguments and is meant for kernels; :meth:`per_tensor` and :meth:`per_channel` check
    theirs, :func:`qframe.quantize_per_tensor` and :func:`qframe.quantize_per_channel` start from floats.

    Args:
        integers: array of ``dtype.numpy``, any shape and strides; not copied.
        scale, zero_point: a float and an int, or for per-channel tensors a float64 and an int64 vector.
        dtype: how the integers are stored and what range they have.
        axis: the channel axis of per-channel tensors, None for per-tensor ones.
    """

    __slots__ = ("_axis", "_dtype", "_integers", "_scale", "_zero_point")
    is_quantized = True

    def __init__(
        self, integers: Array, scale: Any, zero_point: Any, dtype: DType, axis: int | None = None
    ) -> None:
        self._integers = integers
        self._scale = scale
        self._zero_point = zero_point
        self._dtype = dtype
        self._axis = axis

    @classmethod
    def per_tensor(cls, integers: Any, scale: float, zero_point: int, dtype: DType | None = None) -> QTensor:
        """Wrap ``integers`` with one scale and zero point for all of them.

        Raises:
            DTypeError: the array's type is not that of ``dtype`` (default: found from the array).
            ArgumentError: bad scale or zero point.
        """
        integers, dtype = _checked_integers(integers, dtype)
        return cls(integers, check_scale(scale), check_zero_point(zero_point, dtype), dtype)

    @classmethod
    def per_channel(
        cls, integers: Any, scales: Any, zero_points: Any, axis: int, dtype: DType | None = None
    ) -> QTensor:
        """Wrap ``integers`` with one scale and zero point for each slice along ``axis``.

        Raises:
            DTypeError, ArgumentError: as :meth:`per_tensor`, or vectors that do not fit the axis.
        """
        integers, dtype = _checked_integers(integers, dtype)
        return cls(
            integers, *_reorder(check_per_channel(scales, zero_points, axis, integers.shape, dtype), dtype)
        )

    # -- what it is ------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The logical shape."""
        return self._integers.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._integers.ndim

    @property
    def dtype(self) -> DType:
        """The quantized dtype, e.g. ``qframe.quint8``."""
        return self._dtype

    def dim(self) -> int:
        """Return the number of dimensions."""
        return self._integers.ndim

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the length of one dimension."""
        return self._integers.shape if dim is None else self._integers.shape[dim]

    def numel(self) -> int:
        """Return the number of elements."""
        return self._integers.size

    def stride(self) -> tuple[int, ...]:
        """Return the strides, in elements."""
        return tuple(step // self._integers.itemsize for step in self._integers.strides)

    def qscheme(self) -> qschemes.QScheme:
        """Return ``per_tensor_affine`` or ``per_channel_affine``."""
        return qschemes.per_tensor_affine if self._axis is None else qschemes.per_channel_affine

    def int_repr(self) -> Array:
        """Return the stored integers: a view, not a copy."""
        return self._integers

    def q_scale(self) -> float:
        """Return the scale of a per-tensor tensor.

        Raises:
            QSchemeError: the tensor is quantized per channel.
        """
        self._require_per_tensor("q_scale()", "q_per_channel_scales()")
        return self._scale

    def q_zero_point(self) -> int:
        """Return the zero point of a per-tensor tensor.

        Raises:
            QSchemeError: the tensor is quantized per channel.
        """
        self._require_per_tensor("q_zero_point()", "q_per_channel_zero_points()")
        return self._zero_point

    def q_per_channel_scales(self) -> Array:
        """Return the scales of a per-channel tensor, float64.

        Raises:
            QSchemeError: the tensor is quantized per tensor.
        """
        self._require_per_channel("q_per_channel_scales()", "q_scale()")
        return self._scale

    def q_per_channel_zero_points(self) -> Array:
        """Return the zero points of a per-channel tensor, int64.

        Raises:
            QSchemeError: the tensor is quantized per tensor.
        """
        self._require_per_channel("q_per_channel_zero_points()", "q_zero_point()")
        return self._zero_point

    def q_per_channel_axis(self) -> int:
        """Return the channel axis of a per-channel tensor.

        Raises:
            QSchemeError: the tensor is quantized per tensor.
        """
        self._require_per_channel("q_per_channel_axis()", "q_scale()")
        assert self._axis is not None
        return self._axis

    def _require_per_channel(self, what: str, instead: str) -> None:
        if self._axis is None:
            raise QSchemeError(
                f"{what} needs a per-channel quantized tensor, this one is quantized per tensor",
                fix=f"Use {instead}",
            )

    # -- conversion ------------------------------------------------------------------------------

    def dequantize(self) -> Array:
        """Return the real values as a float32 array of the same shape."""
        if self._axis is None:
            return numerics.dequantize(self._integers, self._scale, self._zero_point)
        return numerics.dequantize_per_channel(self._integers, self._scale, self._zero_point, self._axis)

    def item(self) -> float:
        """Return the real value of a one-element tensor.

        Raises:
            ArgumentError: the tensor does not have exactly one element.
        """
        if self.numel() != 1:
            raise ArgumentError(
                f"only a one-element tensor is a number, this one has shape {self.shape}",
                fix="Index it first",
            )
        return float(self.dequantize().reshape(()))

    __float__ = item

    def __bool__(self) -> bool:
        return bool(self.item())

    # -- copying ---------------------------------------------------------------------------------

    def clone(self) -> QTensor:
        """Return a copy that shares no memory; strides keep their order."""
        return type(self)(self._integers.copy(order="K"), *self._own_qparams(), self._dtype, self._axis)

    def contiguous(self) -> QTensor:
        """Return itself if its memory is in C order, else a copy that is."""
        return self if self._integers.flags.c_contiguous else self._with(np.ascontiguousarray(self._integers))

    def detach(self) -> QTensor:
        """Return a view; quantized tensors never carry gradients."""
        return self._with(self._integers)

    def __deepcopy__(self, memo: Any) -> QTensor:
        return self.clone()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._integers, self._scale, self._zero_point, self._dtype, self._axis)

    # -- comparison ------------------------------------------------------------------------------

    def equal(self, other: Any) -> bool:
        """Return whether shape, dtype, qscheme, qparams and all integers are the same."""
        return (
            isinstance(other, QTensor)
            and self._same_qparams(other)
            and np.array_equal(self._integers, other._integers)
        )

    def __len__(self) -> int:
        return len(self._integers)

    def __iter__(self) -> Iterator[QTensor]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return format_qtensor(self)


def _checked_integers(integers: Any, dtype: DType | None) -> tuple[Array, DType]:
    integers = np.asarray(integers)
    if dtype is None:
        return integers, dtype_of(integers)
    if integers.dtype != dtype.numpy:
        raise DTypeError(
            f"{dtype!r} stores {dtype.numpy} numbers, not {integers.dtype}",
            fix=f"Convert the array with .astype('{dtype.numpy}')",
        )
    return integers, dtype


def _reorder(qparams: tuple[Array, Array, int], dtype: DType) -> tuple[Array, Array, DType, int]:
    scales, zero_points, axis = qparams
    return scales, zero_points, dtype, axis
