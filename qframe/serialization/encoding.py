"""A state as plain arrays and a description in JSON's terms, and back.

A description (*spec*) is a dict with one of these keys: ``array`` (the name of an array), ``qtensor``
(the name of the integers, beside ``dtype``, ``axis`` and the names of ``scale`` and ``zero_point``),
``value`` (None, a bool, number or string), ``dtype``, ``qscheme``, ``tuple``, ``list``, ``dict``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..dtypes import DType, get_dtype
from ..errors import ArgumentError, DTypeError
from ..ops.checks import describe
from ..qschemes import QScheme, get_qscheme
from ..qtensor import QTensor
from .container import TYPE_NAMES

Array = np.ndarray[Any, Any]
Spec = dict[str, Any]

#: How many tuples, lists and dicts may enclose one another.
_DEEPEST = 32
_PLAIN = (type(None), bool, int, float, str)


class Encoder:
    """Collects the arrays of a state, each once, however many entries hold it.

    Attributes:
        arrays: C-contiguous, by a name that is the entry's path where that is possible.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        self._names: dict[int, str] = {}
        self._originals: list[Any] = []  # an id stays unique only while its object lives

    def encode(self, path: str, value: Any, depth: int = 0) -> Spec:
        """Return the spec of ``value``, the entry at ``path``, which ``depth`` others enclose.

        Raises:
            DTypeError: a file cannot hold it.
            ArgumentError: a quantized tensor whose qparams are out of range.
        """
        if type(value) in _PLAIN:
            return {"value": value}
        if isinstance(value, DType):
            return {"dtype": value.name}
        if isinstance(value, QScheme):
            return {"qscheme": value.name}
        if isinstance(value, QTensor):
            return self._encode_qtensor(path, value)
        if type(value) in (tuple, list):
            return {type(value).__name__: [part for _, part in self._parts(path, enumerate(value), depth)]}
        if isinstance(value, dict) and all(type(key) is str for key in value):
            return {"dict": self._parts(path, value.items(), depth)}
        return {"array": self._store(path, value)}

    def _parts(self, path: str, parts: Iterable[Any], depth: int) -> list[list[Any]]:
        if depth == _DEEPEST:
            raise DTypeError(
                f"the entry '{path:.60}...' is nested more than {_DEEPEST} deep", fix="Save flatter values"
            )
        return [[key, self.encode(f"{path}.{key}", part, depth + 1)] for key, part in parts]

    def _encode_qtensor(self, path: str, value: QTensor) -> Spec:
        spec: Spec = {"qtensor": self._store(path, value.int_repr()), "dtype": value.dtype.name}
        if value.qscheme().per_channel:
            scale: Any = value.q_per_channel_scales()
            zero_point: Any = value.q_per_channel_zero_points()
            spec["axis"] = value.q_per_channel_axis()
        else:
            scale, zero_point = np.array(value.q_scale()), np.array(value.q_zero_point(), dtype=np.int64)
        _quantized(spec, value.int_repr(), scale, zero_point)
        spec["scale"] = self._store(f"{path}:scale", scale)
        spec["zero_point"] = self._store(f"{path}:zero_point", zero_point)
        return spec

    def _store(self, path: str, value: Any) -> str:
        if id(value) not in self._names:
            name = path if path != "__metadata__" else path + ":"  # safetensors' own
            while name in self.arrays:
                name += ":"
            self.arrays[name] = _storable(path, value)
            self._names[id(value)] = name
            self._originals.append(value)
        return self._names[id(value)]


def _storable(path: str, value: Any) -> Array:
    """Return ``value`` as a C-contiguous little-endian array."""
    array = value
    if not isinstance(value, np.ndarray) and hasattr(value, "__array__"):
        try:
            array = np.asarray(value)
        except Exception as error:  # __array__ of a foreign type
            raise DTypeError(
                f"the entry '{path}' cannot be made an array ({error})", fix="Convert it before saving"
            ) from error
    if not isinstance(array, np.ndarray) or array.dtype.newbyteorder("<") not in TYPE_NAMES:
        raise DTypeError(
            f"the entry '{path}' is {describe(value)}, which a file cannot hold",
            fix="Save arrays of floats, integers or bools, quantized tensors, numbers, strings, None, dtypes "
            "and tuples, lists and dicts of them",
        )
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def decode(spec: Spec, arrays: Mapping[str, Array]) -> Any:
    """Return what ``spec`` describes.

    Raises:
        ArgumentError, DTypeError, LookupError, TypeError, ValueError: the spec is none, or does not fit
            the arrays.
    """
    for kind, read in _DECODERS.items():
        if kind in spec:
            return read(spec, arrays)
    raise ArgumentError(f"{spec!r:.60} describes no entry")


def decode_entries(entries: list[Any], arrays: Mapping[str, Array]) -> OrderedDict[str, Any]:
    """Return a state from pairs of path and spec.

    Raises:
        Those of :func:`decode`.
    """
    return OrderedDict((_text(path), decode(spec, arrays)) for path, spec in entries)


def _decode_qtensor(spec: Spec, arrays: Mapping[str, Array]) -> QTensor:
    return _quantized(spec, arrays[spec["qtensor"]], arrays[spec["scale"]], arrays[spec["zero_point"]])


def _quantized(spec: Spec, integers: Array, scale: Array, zero_point: Array) -> QTensor:
    dtype = get_dtype(spec["dtype"])
    if "axis" in spec:
        return QTensor.per_channel(integers, scale, zero_point, spec["axis"], dtype)
    return QTensor.per_tensor(integers, scale.item(), zero_point.item(), dtype)


def _decode_plain(spec: Spec, arrays: Mapping[str, Array]) -> Any:
    value = spec["value"]
    if type(value) not in _PLAIN:
        raise ArgumentError(f"{value!r:.60} is no plain value")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ArgumentError(f"{value!r:.60} is no path")
    return value


#: How each kind of spec is read; the order decides, since a qtensor has a dtype too.
_DECODERS: dict[str, Callable[[Spec, Mapping[str, Array]], Any]] = {
    "array": lambda spec, arrays: arrays[spec["array"]],
    "qtensor": _decode_qtensor,
    "value": _decode_plain,
    "dtype": lambda spec, arrays: get_dtype(spec["dtype"]),
    "qscheme": lambda spec, arrays: get_qscheme(spec["qscheme"]),
    "tuple": lambda spec, arrays: tuple(decode(part, arrays) for part in spec["tuple"]),
    "list": lambda spec, arrays: [decode(part, arrays) for part in spec["list"]],
    "dict": lambda spec, arrays: dict(decode_entries(spec["dict"], arrays)),
}
