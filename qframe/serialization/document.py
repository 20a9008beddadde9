"""The description that a file carries in its metadata: format version, entries, checksums.

It is one string, ``qframe.state``: the format version, the CRC-32 of the rest, and a JSON object with
``entries`` (pairs of path and spec, see encoding.py), ``arrays`` (type, shape and CRC-32 of each),
``structure`` (kind of module by path, or null), ``metadata`` (the state's own), ``writer`` and
``format``, which let a file whose ``qframe.state`` was damaged not pass for one of another program.
(More strings than one would be written in random order by the library.)
"""

from __future__ import annotations

import json
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, DTypeError, FileFormatError, QFrameError
from ..version import __version__
from .container import TYPE_NAMES, Container
from .encoding import Encoder, decode_entries
from .structure import Structure

Array = np.ndarray[Any, Any]
State = OrderedDict[str, Any]

#: Raised by one whenever older qframes would misread what newer ones write.
FORMAT_VERSION = 1

_MARK, _WRITER = "qframe.state", '"writer": "qframe'
_REMEDY = "Copy it again from where it was saved, or save it again"


class Document(NamedTuple):
    """A state, and the structure of the module that it was saved from (None: saved from a mapping)."""

    state: State
    structure: Structure | None


def write_document(state: Mapping[str, Any], structure: Structure | None) -> Container:
    """Return what a file holds of ``state``.

    Raises:
        DTypeError: an entry, a path or the ``_metadata`` that no file can hold.
        ArgumentError: a quantized tensor whose qparams are out of range.
    """
    encoder = Encoder()
    text = _dump(
        {
            "entries": [[_path(path), encoder.encode(path, value)] for path, value in state.items()],
            "arrays": {name: _fingerprint(array) for name, array in encoder.arrays.items()},
            "structure": structure,
            "metadata": getattr(state, "_metadata", {}),
            "writer": f"qframe {__version__}",
            "format": _MARK,
        }
    )
    return Container(encoder.arrays, {_MARK: f"{FORMAT_VERSION} {_checksum(text.encode())} {text}"})


def _path(path: Any) -> str:
    if isinstance(path, str) and path.isprintable():
        return path
    raise DTypeError(f"{path!r:.60} is no path of an entry", fix="Use printable strings for keys")


def _dump(document: dict[str, Any]) -> str:
    try:
        return json.dumps(document)
    except (TypeError, ValueError, RecursionError) as error:
        raise DTypeError(
            f"the state's _metadata cannot be saved ({error})",
            fix="Use dicts, lists, strings and numbers in it",
        ) from error


def _checksum(content: Any) -> str:
    return f"{zlib.crc32(content):08x}"


def _fingerprint(array: Array, *, content: bool = True) -> list[Any]:
    fingerprint = [TYPE_NAMES[array.dtype], list(array.shape)]
    return [*fingerprint, _checksum(array.reshape(-1).view(np.uint8))] if content else fingerprint


def is_ours(container: Container) -> bool:
    """Return whether :func:`qframe.save` wrote the file: by three marks, of which damage may take two."""
    return any(_MARK in name or _MARK in text or _WRITER in text for name, text in container.metadata.items())


def read_document(path: Path, container: Container, verify: bool) -> Document:
    """Return the state in a file of ours.

    Args:
        verify: compare the content of the arrays with their checksums.

    Raises:
        FileFormatError: the file is damaged, or of a newer format.
    """
    version, _, rest = container.metadata.get(_MARK, "").partition(" ")
    checksum, _, text = rest.partition(" ")
    _check_version(path, version)
    if _checksum(text.encode()) != checksum:
        raise FileFormatError(f"'{path}' is damaged: its description does not match", fix=_REMEDY)
    try:
        return _decoded(path, json.loads(text), container.arrays, verify)
    except FileFormatError:
        raise
    except QFrameError as error:  # a dtype that is not registered here, a scale below zero
        raise FileFormatError(f"'{path}' cannot be read: {error.what}", fix=error.fix or _REMEDY) from error
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise FileFormatError(f"'{path}' has a malformed description ({error})", fix=_REMEDY) from error


def _check_version(path: Path, version: str) -> None:
    if not (version.isascii() and version.isdigit() and len(version) < 10 and int(version)):
        raise FileFormatError(f"'{path}' is damaged: its format version is '{version:.20}'", fix=_REMEDY)
    if int(version) > FORMAT_VERSION:
        raise FileFormatError(
            f"'{path}' has format {version}, qframe {__version__} reads up to format {FORMAT_VERSION}",
            fix="Install a newer qframe, or save the state there with this version",
        )


def _decoded(path: Path, document: Any, arrays: dict[str, Array], verify: bool) -> Document:
    _check_arrays(path, document["arrays"], arrays, verify)
    state = decode_entries(document["entries"], arrays)
    if len(state) != len(document["entries"]):
        raise ArgumentError("a path occurs twice")
    state._metadata = OrderedDict(document["metadata"])  # type: ignore[attr-defined]
    return Document(state, _structure(document["structure"]))


def _structure(entry: Any) -> Structure | None:
    if entry is None or all(type(kind) is str for kind in entry.values()):
        return entry
    raise ArgumentError("its structure does not name kinds of modules")


def _check_arrays(path: Path, expected: Any, arrays: dict[str, Array], verify: bool) -> None:
    if expected.keys() != arrays.keys():
        odd = sorted(expected.keys() ^ arrays.keys())
        raise FileFormatError(f"'{path}' is damaged: arrays and description differ in {odd}", fix=_REMEDY)
    for name, array in arrays.items():
        if _fingerprint(array, content=False) != expected[name][:2]:
            raise FileFormatError(
                f"'{path}' is damaged: '{name}' is {array.dtype} of shape {array.shape}, not what was saved",
                fix=_REMEDY,
            )
        if verify and _fingerprint(array) != expected[name]:
            raise FileFormatError(
                f"'{path}' is damaged: the data of '{name}' are not what was saved", fix=_REMEDY
            )
