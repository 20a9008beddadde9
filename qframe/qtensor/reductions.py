"""Reductions and order of per-tensor QTensors: all work on the integers and keep the qparams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import numerics
from ..errors import ArgumentError
from .views import ViewMethods

if TYPE_CHECKING:
    from .tensor import QTensor

Array = np.ndarray[Any, Any]


class ReductionMethods(ViewMethods):
    """The reducing and sorting methods of :class:`~qframe.qtensor.QTensor`, named as in PyTorch.

    All raise :class:`~qframe.errors.QSchemeError` for tensors quantized per channel.
    """

    __slots__ = ()

    def max(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """Return the largest element, or (values, indices) along ``dim``; qparams stay."""
        return self._extremum(np.argmax, "max", dim, keepdim)

    def min(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """Return the smallest element, or (values, indices) along ``dim``; qparams stay."""
        return self._extremum(np.argmin, "min", dim, keepdim)

    def _extremum(self, arg: Any, name: str, dim: int | None, keepdim: bool) -> Any:
        self._require_per_tensor(f"{name}()")
        if self._integers.size == 0:
            raise ArgumentError(
                f"{name}() of an empty tensor of shape {self._integers.shape}", fix="Give it elements"
            )
        if dim is None:
            return self._with(self._integers.reshape(-1)[arg(self._integers)].reshape(()))
        indices = arg(self._integers, axis=dim, keepdims=True)
        values = np.take_along_axis(self._integers, indices, axis=dim)
        if not keepdim:
            values, indices = values.squeeze(dim), indices.squeeze(dim)
        return self._with(values), indices

    def mean(
        self,
        dim: int | tuple[int, ...] | None = None,
        keepdim: bool = False,
        out: QTensor | None = None,
    ) -> QTensor:
        """Return the mean over ``dim`` (default: all), with this tensor's qparams or into ``out``."""
        self._require_per_tensor("mean()")
        codes = mean_codes(self._with(self._integers), dim, keepdim)
        if out is None:
            return self._with(codes)
        return out.copy_(self._with(codes))

    def sort(self, dim: int = -1, descending: bool = False) -> tuple[QTensor, Array]:
        """Return (values, indices) sorted along ``dim``; equal elements keep their order."""
        self._require_per_tensor("sort()")
        keys = self._integers.astype(np.int64)
        indices = np.argsort(-keys if descending else keys, axis=dim, kind="stable")
        return self._with(np.take_along_axis(self._integers, indices, axis=dim)), indices

    def argsort(self, dim: int = -1, descending: bool = False) -> Array:
        """Return the indices that sort along ``dim``."""
        return self.sort(dim, descending)[1]

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> tuple[QTensor, Array]:
        """Return the ``k`` largest (or smallest) elements along ``dim`` and their indices.

        Always sorted, whatever ``sorted`` asks; of equal elements the first come first.

        Raises:
            ArgumentError: ``k`` exceeds the length of ``dim``.
        """
        if not 0 <= k <= self._integers.shape[dim]:
            raise ArgumentError(
                f"topk of {k} elements along a dimension of {self._integers.shape[dim]}",
                fix=f"Give k between 0 and {self._integers.shape[dim]}",
            )
        values, indices = self.sort(dim, descending=largest)
        first = [slice(None)] * self._integers.ndim
        first[dim] = slice(k)
        return values[tuple(first)], indices[tuple(first)]


def mean_codes(x: QTensor, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Array:
    """Return the codes of the mean of a per-tensor ``x`` over ``dim`` (None: all dimensions)."""
    zero_point = x.q_zero_point()
    integers = x.int_repr()
    total = integers.sum(axis=dim, dtype=np.int64, keepdims=keepdim)
    count = integers.size // total.size if total.size else 1  # an empty result needs no count
    if total.size and not count:
        raise ArgumentError(
            f"the mean over dimension {dim} of an empty tensor {x.shape}", fix="Give it elements"
        )
    return numerics.average(np.asarray(total - count * zero_point), count, zero_point, x.dtype)
