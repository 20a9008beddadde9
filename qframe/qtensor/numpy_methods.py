"""A QTensor among NumPy arrays: it reads as real numbers, compares with them and refuses to compute."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ..errors import ArgumentError, DTypeError

Array = np.ndarray[Any, Any]

_COMPARISONS = {np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal}
#: Functions that look at the shape, and functions that compare real values.
_SHAPES = {np.shape, np.ndim, np.size}
_LOOKS = {np.array_equal, np.array_equiv, np.allclose, np.isclose}

_REMEDIES = {
    "concatenate": "qframe.cat",
    "stack": "qframe.stack",
    "save": "qframe.save",
    "savez": "qframe.save",
    "savez_compressed": "qframe.save",
}


class NumPyMethods:
    """What NumPy asks of :class:`~qframe.qtensor.QTensor`, and the operators.

    ``np.asarray(q)`` gives real numbers, comparisons compare them.  All other NumPy functions raise
    DTypeError: they would compute in float, or on integers whose qparams are lost.
    """

    __slots__ = ()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Return the real values, always a new array.

        Raises:
            ArgumentError: ``copy`` is False.
            DTypeError: ``dtype`` is no float type: real values would be cut to integers, which are not the
                stored ones.
        """
        if copy is False:
            raise ArgumentError(
                "a quantized tensor has no float array that could be viewed without copying",
                fix="Use int_repr() for the integers",
            )
        if dtype is not None and np.dtype(dtype).kind not in "fc":
            raise DTypeError(
                f"a quantized tensor's real values do not fit into an array of {np.dtype(dtype)}",
                fix="Use int_repr() for the stored integers, or dequantize() and round",
            )
        real: Array = _real(self)
        return real if dtype is None else real.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc in _COMPARISONS and method == "__call__" and "out" not in kwargs:
            return ufunc(*map(_real, inputs), **kwargs)
        raise _refusal(f"numpy.{ufunc.__name__}")

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _SHAPES:
            return func(*(a.int_repr() if isinstance(a, NumPyMethods) else a for a in args), **kwargs)  # type: ignore[attr-defined]
        if func in _LOOKS:
            return func(*map(_real, args), **kwargs)
        raise _refusal(f"numpy.{func.__name__}", _REMEDIES.get(func.__name__))

    def __eq__(self, other: Any) -> Any:
        """Compare the real values elementwise with another tensor, array or number."""
        return _real(self) == _real(other)

    def __ne__(self, other: Any) -> Any:
        return _real(self) != _real(other)

    def __lt__(self, other: Any) -> Any:
        return _real(self) < _real(other)

    def __le__(self, other: Any) -> Any:
        return _real(self) <= _real(other)

    def __gt__(self, other: Any) -> Any:
        return _real(self) > _real(other)

    def __ge__(self, other: Any) -> Any:
        return _real(self) >= _real(other)

    __hash__ = object.__hash__

    def _no_arithmetic(self, *operands: Any) -> NoReturn:
        raise _refusal("arithmetic with operators")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _no_arithmetic
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _no_arithmetic
    __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __neg__ = __abs__ = _no_arithmetic


def _real(value: Any) -> Any:
    return value.dequantize() if isinstance(value, NumPyMethods) else value  # type: ignore[attr-defined]


def _refusal(what: str, instead: str | None = None) -> DTypeError:
    return DTypeError(
        f"{what} takes no quantized tensors, since the result needs a scale and zero point of its own",
        fix=f"Use {instead}"
        if instead
        else "Call add, mul, cat ... of a nn.quantized.FloatFunctional in the model (QFunctional after "
        "convert), or dequantize() first",
    )
