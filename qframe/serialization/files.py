"""Files as the operating system sees them: mapping one, and replacing one as a whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import FileAccessError, FileFormatError, MissingFileError

if TYPE_CHECKING:
    from mmap import mmap

PathLike = str | os.PathLike[str]


def map_file(path: Path) -> mmap:
    """Return the content of a file, mapped copy-on-write: writing to it never reaches the file.

    Raises:
        MissingFileError, FileAccessError: it cannot be opened.
        FileFormatError: it is empty.
    """
    from mmap import ACCESS_COPY, mmap  # lazily, as everything here that only files need

    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise FileFormatError(f"'{path}' is empty", fix="Save it again, or copy it again")
            return mmap(file.fileno(), 0, access=ACCESS_COPY)
    except OSError as error:
        raise _unusable("read", path, error) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the path of a new file in the same folder, which takes the place of ``path`` at the end.

    That is one step: whoever opens ``path`` sees the old content or the new one, never a part.  If the
    block fails, ``path`` is as it was.  A symbolic link stays, what it points to is replaced; the permissions
    are those of the old file.

    Raises:
        MissingFileError, FileAccessError: the folder does not exist, cannot be written to or is full.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name[:200]}.{os.urandom(6).hex()}")
    try:
        mode = _create(temporary, target)
        try:
            yield temporary
            os.chmod(temporary, mode)
            _flush(temporary)
            os.replace(temporary, target)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as error:
        raise _unusable("write", path, error) from error


def _create(temporary: Path, target: Path) -> int:
    """Create an empty file that nobody may read who may not read ``target``; return its permissions."""
    permissions = 0o666
    if target.exists():
        if not target.is_file():  # replacing a device would take it away from the whole machine
            raise OSError(errno.EINVAL, "Is no regular file")
        permissions = target.stat().st_mode & 0o777
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, permissions)
    try:
        return os.fstat(descriptor).st_mode & 0o777
    finally:
        os.close(descriptor)


def _flush(path: Path) -> None:
    """Have the content of ``path`` written to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _unusable(action: str, path: Path, error: OSError) -> FileAccessError:
    reason = (error.strerror or str(error)).lower()
    kind, fix = FileAccessError, "Choose another place, or see to permissions and free space"
    if path.is_dir():
        reason, fix = "is a folder", "Add a file name to the path"
    elif isinstance(error, FileNotFoundError):
        kind = MissingFileError
        fix = "Check the path" if path.parent.exists() else f"Check the path: no folder '{path.parent}'"
    unusable = kind(f"cannot {action} '{path}': {reason}", fix=fix)
    unusable.errno = error.errno
    return unusable
