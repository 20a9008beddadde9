"""save, load and load_into: the state of a model in a file."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import DTypeError, StateDictError
from ..nn.module import Module
from ..nn.state import LoadResult
from ..ops.checks import describe
from .archive import read_archive
from .container import read_container, write_container
from .document import Document, State, is_ours, read_document, write_document
from .files import map_file
from .structure import check_structure, structure_of

PathLike = str | os.PathLike[str]

_ZIP = b"PK\x03\x04"


def save(module_or_state: Module | Mapping[str, Any], path: PathLike) -> None:
    """Save a module's state, or any mapping from paths to values, to a safetensors file.

    Values may be arrays of floats, integers and bools, quantized tensors of any scheme and dtype,
    numbers, strings, None, dtypes, qschemes, and tuples, lists and dicts of them.  Packed forms of
    weights are never saved, so that every engine can load the file.  The file replaces an older one in
    one step, or not at all.

    Raises:
        DTypeError: the first argument is neither module nor mapping, or an entry cannot be saved.
        ArgumentError: a quantized tensor whose qparams are out of range.
        MissingFileError, FileAccessError: the folder does not exist or cannot be written to.
    """
    structure = None
    state: Any = module_or_state
    if isinstance(module_or_state, Module):
        state, structure = module_or_state.state_dict(), structure_of(module_or_state)
    if not isinstance(state, Mapping):
        raise DTypeError(
            f"save got {describe(module_or_state)}; it needs a module or a mapping from paths to values",
            fix="Give the model first, then the path",
        )
    write_container(Path(path), *write_document(state, structure))


def load(path: PathLike, *, verify: bool = True) -> State:
    """Return the state in a file: what :func:`save` wrote, plain safetensors, or NumPy's .npz.

    Arrays of safetensors files lie in the mapped file, copy-on-write: they may be changed without
    changing the file.  bfloat16, which NumPy lacks, comes as float32 with the same values.

    Args:
        verify: compare all data with the checksums that :func:`save` has stored.  Without it, data are
            read only when they are used, and damage in them goes unnoticed.

    Returns:
        What ``module.load_state_dict`` takes, in the order in which it was saved.

    Raises:
        MissingFileError, FileAccessError: the file cannot be read.
        FileFormatError: it is damaged, of a newer format, or no such file; pickles are never loaded.
    """
    return _read(Path(path), verify).state


def load_into(module: Module, path: PathLike, *, strict: bool = True, verify: bool = True) -> LoadResult:
    """Load the state in a file into ``module``, after everything about it was checked.

    Args:
        module: built, fused and converted as the one that was saved.
        strict: missing and unexpected entries are errors, and so are layers of another kind than those
            that were saved (a Conv2d where a ConvReLU2d was).
        verify: as for :func:`load`.

    Returns:
        (missing_keys, unexpected_keys).

    Raises:
        MissingFileError, FileAccessError, FileFormatError: as for :func:`load`.
        StateDictError: the state does not fit.  Nothing was changed, as with all other errors.
        DTypeError: ``module`` is none.
    """
    if not isinstance(module, Module):
        raise DTypeError(f"load_into got {describe(module)}; it needs a module", fix="Give the model first")
    state, structure = _read(Path(path), verify)
    if strict and structure is not None:
        check_structure(path, structure, module, state)
    try:
        return module.load_state_dict(state, strict)
    except StateDictError as error:
        raise StateDictError(f"in '{path}', {error.what}", fix=error.fix) from error


def _read(path: Path, verify: bool) -> Document:
    content = map_file(path)
    if content[: len(_ZIP)] == _ZIP:
        return _plain(read_archive(path, content))
    container = read_container(path, content)
    if is_ours(container):
        return read_document(path, container, verify)
    return _plain(container.arrays)


def _plain(arrays: dict[str, Any]) -> Document:
    state = OrderedDict(arrays)
    state._metadata = OrderedDict()  # type: ignore[attr-defined]
    return Document(state, None)
