"""The container: a safetensors file, read into arrays that lie in the mapped file, and written as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import FileFormatError
from .files import replacing

if TYPE_CHECKING:
    from mmap import mmap

Array = np.ndarray[Any, Any]

#: safetensors' names of the NumPy types that arrays may have in a file.
TYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
#: The same, the other way round.
TYPE_NAMES = {stored: name for name, stored in TYPES.items()}
_BFLOAT16 = "BF16"
_LENGTH_BYTES = 8


class Container(NamedTuple):
    """What a safetensors file holds: arrays by name, and its metadata, strings by string."""

    arrays: dict[str, Array]
    metadata: dict[str, str]


class _Place(NamedTuple):
    name: str
    type_name: str
    shape: tuple[int, ...]

    @property
    def stored(self) -> np.dtype[Any]:
        return TYPES["U16" if self.type_name == _BFLOAT16 else self.type_name]

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=object)) * self.stored.itemsize


def read_container(path: Path, content: mmap) -> Container:
    """Return what the safetensors file at ``path`` holds, whose mapped content is ``content``.

    The arrays lie in the mapping: they are read when they are used.  bfloat16 comes as float32, which
    holds the same numbers.

    Raises:
        FileFormatError: it is no safetensors file, damaged, or holds types that NumPy lacks.
    """
    places, metadata = _index(path, content)
    start = len(content) - sum(place.size for place in places)
    if start - _LENGTH_BYTES != int.from_bytes(content[:_LENGTH_BYTES], "little"):
        raise FileFormatError(f"'{path}' was changed while it was read", fix="Load it again")
    return Container(dict(_arrays(content, places, start)), metadata)


def _index(path: Path, content: mmap) -> tuple[list[_Place], dict[str, str]]:
    """Let the library check the header; return the tensors in the order of their bytes, and the metadata."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            slices = [(name, file.get_slice(name)) for name in file.offset_keys()]
            places = [_Place(name, part.get_dtype(), tuple(part.get_shape())) for name, part in slices]
            metadata = dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError) as error:
        raise _malformed(path, content, error) from error
    for place in places:
        if place.type_name not in TYPES and place.type_name != _BFLOAT16:
            raise FileFormatError(
                f"'{path}': '{place.name}' is of type {place.type_name}, which NumPy lacks",
                fix="Convert it to float32, float16, an integer type or bool before saving",
            )
    return places, metadata


def _malformed(path: Path, content: mmap, error: Exception) -> FileFormatError:
    what = f"'{path}' is damaged or no safetensors file ({error})"
    header = int.from_bytes(content[:_LENGTH_BYTES], "little")
    if len(content) < _LENGTH_BYTES or len(content) - _LENGTH_BYTES < header < 2**27:
        what = f"'{path}' ends after {len(content)} bytes, inside its header"
    elif content[0] == 0x80 and content[1] <= 5:
        return FileFormatError(
            f"'{path}' looks like a pickle, which qframe never loads",
            fix="Save the state_dict with numpy.savez or safetensors where the pickle comes from",
        )
    return FileFormatError(what, fix="Copy it again from where it was saved, or save it again")


def _arrays(content: mmap, places: list[_Place], start: int) -> Iterator[tuple[str, Array]]:
    for place in places:
        array: Array = np.ndarray(place.shape, place.stored, content, start)
        start += place.size
        if place.type_name == _BFLOAT16:
            array = (array.astype("<u4") << 16).view("<f4")
        yield place.name, array if array.flags.aligned else array.copy()


def write_container(path: Path, arrays: Mapping[str, Array], metadata: dict[str, str]) -> None:
    """Write C-contiguous ``arrays`` of the :data:`TYPES` into a safetensors file, in one step.

    Raises:
        MissingFileError, FileAccessError: the file cannot be written; what was there before is unchanged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    with replacing(path) as temporary:
        try:
            save_file(dict(arrays), temporary, metadata)
        except SafetensorError as error:  # the library's name for what the operating system says
            raise OSError(str(error)) from error
