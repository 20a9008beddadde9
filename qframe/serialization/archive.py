"""NumPy's archives of arrays, ``numpy.savez(path, **state)``: read without pickle."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FileFormatError

if TYPE_CHECKING:
    from mmap import mmap

Array = np.ndarray[Any, Any]

_REMEDY = "Copy it again from where it was saved, or save it again with numpy.savez"


def read_archive(path: Path, content: mmap) -> dict[str, Array]:
    """Return the arrays of the .npz file at ``path``, whose mapped content is ``content``.

    Each is checked against the archive's own checksum.

    Raises:
        FileFormatError: the file is damaged, is no archive of arrays (PyTorch's files are archives of
            pickles), or holds arrays of Python objects.
    """
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(name.endswith(".pkl") for name in names):
                raise _pytorch(path)
            _check_names(names, content)
            return {_key(name): _array(archive.read(name)) for name in names}
    except FileFormatError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        ValueError,
        EOFError,
        KeyError,
        RuntimeError,
        OverflowError,
        MemoryError,
    ) as error:
        raise FileFormatError(
            f"'{path}' is damaged or no archive of arrays ({error})", fix=_REMEDY
        ) from error


def _pytorch(path: Path) -> FileFormatError:
    return FileFormatError(
        f"'{path}' was written by torch.save: it holds a pickle, which qframe never loads",
        fix="In PyTorch, save with safetensors.torch.save_file(model.state_dict(), path), "
        "or with numpy.savez(path, **{k: v.numpy() for k, v in model.state_dict().items()})",
    )


def _check_names(names: list[str], content: mmap) -> None:
    """Raise ValueError unless these are all members; a damaged directory may hide some from ``zipfile``."""
    end = content[-22:]  # the record that closes an archive; NumPy's have no comment behind it
    counted = end[:4] == b"PK\5\6" and int.from_bytes(end[10:12], "little") in (len(names), 0xFFFF)
    if not names or len(set(names)) != len(names) or not counted:
        raise ValueError("its directory is damaged")


def _key(name: str) -> str:
    if not name.endswith(".npy"):
        raise ValueError(f"'{name}' is no array")
    return name.removesuffix(".npy")


def _array(content: bytes) -> Array:
    stream = io.BytesIO(content)
    array: Array = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError("an array is followed by other data")
    return array
