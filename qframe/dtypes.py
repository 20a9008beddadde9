"""The number types of quantized data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import ArgumentError, DTypeError


@dataclass(frozen=True, eq=False)
class DType:
    """A storage type for quantized data (mirrors ``torch.dtype`` for the quantized types).

    Attributes:
        name: public name, e.g. ``"quint8"``.
        numpy: the NumPy type of the stored numbers.
        minimum, maximum: inclusive range of the stored numbers.
    """

    name: str
    numpy: np.dtype[Any]
    minimum: int
    maximum: int

    def __repr__(self) -> str:
        return f"qframe.{self.name}"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return get_dtype, (self.name,)

    def __deepcopy__(self, memo: Any) -> DType:
        return self

    @property
    def is_quantized(self) -> bool:
        """Whether tensors of this type carry a scale and a zero point."""
        return self.numpy.kind in "iu"

    @property
    def bits(self) -> int:
        """Bits per number."""
        return 8 * self.numpy.itemsize


_by_name: dict[str, DType] = {}
_loaders: list[Callable[[], object]] = []


def on_unknown_name(load: Callable[[], object]) -> None:
    """Have ``load`` called before a dtype or qscheme is said to be unknown: it may register more."""
    _loaders.append(load)


def load_more() -> None:
    """Call what :func:`on_unknown_name` was given."""
    for load in _loaders:
        load()


def register_dtype(dtype: DType) -> DType:
    """Make ``dtype`` known by name, so that it survives copying and saving.

    Raises:
        ArgumentError: another dtype has that name already.
    """
    if _by_name.setdefault(dtype.name, dtype) is not dtype:
        raise ArgumentError(
            f"a dtype named '{dtype.name}' is registered already",
            fix="Choose another name",
        )
    return dtype


def get_dtype(name: str) -> DType:
    """Return the dtype called ``name``, loading the plugins if one of them may have it.

    Raises:
        DTypeError: no dtype has that name.
    """
    if name not in _by_name:
        load_more()
    try:
        return _by_name[name]
    except KeyError:
        raise DTypeError(
            f"there is no quantized dtype '{name}' (known: {', '.join(_by_name)})",
            fix="Install the plugin that has it, or register it with qframe.register_dtype first",
        ) from None


def dtype_of(integers: np.ndarray[Any, Any]) -> DType:
    """Return the built-in dtype that stores its numbers as ``integers`` does.

    Raises:
        DTypeError: the array is neither uint8, int8 nor int32.
    """
    for dtype in (quint8, qint8, qint32):
        if integers.dtype == dtype.numpy:
            return dtype
    raise DTypeError(
        f"a quantized tensor stores uint8, int8 or int32 numbers, not {integers.dtype}",
        fix="Convert the array, or pass dtype= for a dtype of your own",
    )


def _integer(name: str, numpy_type: Any) -> DType:
    info = np.iinfo(numpy_type)
    return register_dtype(DType(name, np.dtype(numpy_type), int(info.min), int(info.max)))


quint8 = _integer("quint8", np.uint8)
qint8 = _integer("qint8", np.int8)
qint32 = _integer("qint32", np.int32)
#: For weights only: stored as IEEE half, computed in float32, without scale or zero point.
float16 = register_dtype(DType("float16", np.dtype(np.float16), -65504, 65504))
