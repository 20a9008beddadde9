"""NumPy's archives load as a state; other archives, pickles and damaged ones are refused."""

import pickle
import zipfile

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe.errors import FileFormatError, QFrameError

from .states import same, snapshot


@pytest.fixture(params=[np.savez, np.savez_compressed], ids=["plain", "compressed"])
def archive(request, tmp_path):
    """Write arrays with NumPy, and return the path."""

    def write(**arrays):
        with (tmp_path / "state").open("wb") as file:  # the name decides nothing
            request.param(file, **arrays)
        return tmp_path / "state"

    return write


def test_a_state_saved_by_numpy_loads_into_a_float_module(archive):
    saved, other = (
        nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)),
        nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)),
    )
    saved[1].running_mean[...] = 5
    path = archive(**saved.state_dict())
    assert same(snapshot(saved), dict(qframe.load(path)))
    qframe.load_into(other, path)
    assert same(snapshot(saved), snapshot(other))
    assert qframe.load(path)._metadata == {}


def test_other_float_types_are_converted_by_the_module(archive):
    other = nn.Linear(3, 2, bias=False)
    for dtype in (np.float16, np.float64):
        qframe.load_into(other, archive(weight=np.full((2, 3), 1.5, dtype)))
        assert other.weight.dtype == np.float32
        assert (other.weight == 1.5).all()


def test_arrays_of_objects_are_pickles(tmp_path):
    np.savez(tmp_path / "state.npz", a=np.array([{}], dtype=object))
    with pytest.raises(FileFormatError, match="no archive of arrays .*Object arrays"):
        qframe.load(tmp_path / "state.npz")


def test_files_of_torch_save_are_refused_with_a_way_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as file:
        file.writestr("model/data.pkl", pickle.dumps({}))
        file.writestr("model/data/0", b"\0" * 8)
    with pytest.raises(FileFormatError, match=r"written by torch\.save.*never loads.*safetensors\.torch"):
        qframe.load(tmp_path / "model.pt")


def test_other_archives_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "any.zip", "w") as file:
        file.writestr("readme.txt", "text")
    with pytest.raises(FileFormatError, match=r"'readme\.txt' is no array"):
        qframe.load(tmp_path / "any.zip")


def test_an_array_with_something_behind_it(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    with zipfile.ZipFile(tmp_path / "state", "w") as file:
        file.writestr("a.npy", (tmp_path / "a.npy").read_bytes() + b"more")
    with pytest.raises(FileFormatError, match="followed by other data"):
        qframe.load(tmp_path / "state")


def test_random_damage_is_noticed(archive):
    rng = np.random.default_rng(1)
    path = archive(weight=rng.normal(size=(2, 3)).astype(np.float32), bias=np.ones(2, np.float32))
    content, good, noticed = path.read_bytes(), dict(qframe.load(path)), 0
    for _ in range(300):
        damaged = bytearray(content)
        start = rng.integers(len(content))
        if rng.integers(3):
            damaged[start] ^= 1 << rng.integers(8)
        else:
            del damaged[start : start + rng.integers(1, 9)]
        path.write_bytes(damaged)
        try:
            loaded = dict(qframe.load(path))
        except QFrameError:
            noticed += 1
        else:
            assert same(loaded, good)  # dates and the like
    assert noticed > 150
