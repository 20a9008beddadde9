"""A file is replaced as a whole or not at all, and what the operating system refuses is told clearly."""

import errno
import os
import stat

import numpy as np
import pytest

import qframe
from qframe.errors import FileAccessError, FileFormatError, MissingFileError
from qframe.serialization import container
from qframe.serialization.files import replacing

OLD, NEW = {"a": np.zeros(3)}, {"a": np.ones(3)}

unprivileged = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user"
)


@pytest.fixture
def path(tmp_path):
    qframe.save(OLD, tmp_path / "state")
    return tmp_path / "state"


def value(path):
    return float(qframe.load(path)["a"][0])


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_paths_are_strings_or_path_objects(path, kind):
    qframe.save(NEW, kind(path))
    assert value(kind(path)) == 1


def test_saving_leaves_nothing_but_the_file(path):
    qframe.save(NEW, path)
    assert [entry.name for entry in path.parent.iterdir()] == ["state"]


def test_a_failure_leaves_the_old_file(path, monkeypatch):
    def half_a_file(arrays, target, metadata):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", half_a_file)
    with pytest.raises(FileAccessError, match="cannot write '.*state': no space left on device") as raised:
        qframe.save(NEW, path)
    assert raised.value.errno == errno.ENOSPC
    assert value(path) == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["state"]


def test_a_block_that_fails_leaves_the_old_file(path):
    def write_half():
        with replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert value(path) == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["state"]


def test_readers_of_the_old_file_keep_it(path):
    before = qframe.load(path)
    qframe.save(NEW, path)
    assert before["a"].tolist() == [0, 0, 0]
    assert value(path) == 1


def test_new_files_follow_the_umask_and_old_ones_keep_their_permissions(path):
    def mode():
        return stat.S_IMODE(path.stat().st_mode)

    path.unlink()
    before = os.umask(0o027)
    try:
        qframe.save(NEW, path)
    finally:
        os.umask(before)
    assert mode() == 0o640
    path.chmod(0o600)
    qframe.save(NEW, path)
    assert mode() == 0o600


def test_a_symbolic_link_stays_one(path):
    link = path.with_name("link")
    link.symlink_to(path)
    qframe.save(NEW, link)
    assert link.is_symlink()
    assert value(path) == 1


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(MissingFileError, match=r"cannot read '.*none'.*Check the path") as raised:
        qframe.load(tmp_path / "none")
    assert isinstance(raised.value, FileNotFoundError)
    with pytest.raises(MissingFileError, match=r"cannot write '.*none/state'.*no folder '.*none'"):
        qframe.save(NEW, tmp_path / "none" / "state")


@pytest.mark.parametrize("action", [qframe.load, lambda path: qframe.save(NEW, path)])
def test_a_folder_is_no_file(tmp_path, action):
    with pytest.raises(FileAccessError, match="is a folder. Add a file name"):
        action(tmp_path)


def test_devices_are_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FileAccessError, match="is no regular file"):
        qframe.save(NEW, pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@unprivileged
def test_permissions_are_respected(path):
    path.chmod(0)
    with pytest.raises(FileAccessError, match="cannot read '.*state': permission denied.*see to permissions"):
        qframe.load(path)
    path.parent.chmod(0o500)
    try:
        with pytest.raises(FileAccessError, match="cannot write '.*state': permission denied"):
            qframe.save(NEW, path)
    finally:
        path.parent.chmod(0o700)


def test_an_empty_file(path):
    path.write_bytes(b"")
    with pytest.raises(FileFormatError, match="is empty"):
        qframe.load(path)


def test_a_file_that_changes_while_it_is_read(path, monkeypatch):
    index = container._index

    def replaced_meanwhile(target, content):
        qframe.save({"a": np.ones(3), "more": np.ones(30)}, target)
        return index(target, content)

    monkeypatch.setattr(container, "_index", replaced_meanwhile)
    with pytest.raises(FileFormatError, match="was changed while it was read. Load it again"):
        qframe.load(path)
