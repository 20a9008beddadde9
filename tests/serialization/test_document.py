"""Damaged and newer files raise a qframe error and change nothing; what loads is exactly what was saved."""

import json
import zlib
from collections import OrderedDict
from contextlib import suppress

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe.errors import FileFormatError, QFrameError
from qframe.serialization.container import read_container, write_container
from qframe.serialization.files import map_file

from .states import every_value, same, snapshot, with_header


@pytest.fixture
def path(tmp_path):
    qframe.save(every_value(), tmp_path / "state")
    return tmp_path / "state"


@pytest.fixture
def rewritten(path):
    """Write the file anew with another document or format version; the checksum is right."""

    def write(edit=lambda document: None, version="1"):
        container = read_container(path, map_file(path))
        document = json.loads(container.metadata["qframe.state"].split(" ", 2)[2])
        edit(document)
        text = json.dumps(document)
        described = f"{version} {zlib.crc32(text.encode()):08x} {text}"
        write_container(path, container.arrays, {"qframe.state": described})
        return path

    return write


# -- random corruption -------------------------------------------------------------------------------


def flip_bits(rng, content, header):
    for _ in range(rng.integers(1, 4)):
        position = rng.integers(8 * len(content))
        content[position // 8] ^= 1 << (position % 8)


def flip_a_bit_of_the_data(rng, content, header):
    position = rng.integers(8 * header, 8 * len(content))
    content[position // 8] ^= 1 << (position % 8)


def truncate(rng, content, header):
    del content[rng.integers(len(content)) :]


def insert(rng, content, header):
    place = rng.integers(len(content) + 1)
    content[place:place] = rng.bytes(rng.integers(1, 20))


def remove(rng, content, header):
    start = rng.integers(len(content))
    del content[start : start + rng.integers(1, 20)]


def edit_header(rng, content, header):
    content[rng.integers(8, header)] = rng.choice(list(b'0123456789abcdef{}[]",:. '))


def swap_in_header(rng, content, header):
    one, other = rng.integers(8, header - 8, 2)
    content[one : one + 8], content[other : other + 8] = content[other : other + 8], content[one : one + 8]


def overwrite(rng, content, header):
    start = rng.integers(len(content))
    content[start : start + rng.integers(1, 30)] = rng.bytes(rng.integers(1, 30))


CORRUPTIONS = [
    flip_bits,
    flip_a_bit_of_the_data,
    truncate,
    insert,
    remove,
    edit_header,
    swap_in_header,
    overwrite,
]


def model():
    return nn.Sequential(
        nn.quantized.Linear(6, 4), nn.quantized.Conv2d(1, 2, 3), nn.quantized.BatchNorm2d(2), nn.Linear(3, 2)
    )


@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_a_thousand_corruptions_are_noticed(corrupt, tmp_path):
    """125 of each of 8 kinds; the fixed seed makes every run the same."""
    rng, saved, target = np.random.default_rng(CORRUPTIONS.index(corrupt)), model(), model()
    saved[3].weight[...] = 7
    path, good = tmp_path / "model", snapshot(saved)
    qframe.save(saved, path)
    content, before = path.read_bytes(), snapshot(target)
    noticed = 0
    for _ in range(125):
        damaged = bytearray(content)
        corrupt(rng, damaged, 8 + int.from_bytes(content[:8], "little"))
        path.write_bytes(damaged)
        try:
            qframe.load_into(target, path)
        except QFrameError:
            noticed += 1
            expected = before
        else:
            expected = good
            assert same(dict(qframe.load(path)), good)
        assert same(snapshot(target), expected)
        target.load_state_dict(before)
    assert noticed > 100  # the others wrote what was there already, or a space for a space


def spots(value):
    """Every place inside nested dicts and lists."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(part, (dict, list)):
            yield from spots(part)


JUNK = [None, 1, -1, 10**30, 2.5, float("nan"), True, "x", "weight", "qint8", [], {}, [1], {"array": "no"}]


@pytest.mark.parametrize("seed", range(200))
def test_a_wrong_description_with_a_right_checksum_never_crashes(seed, rewritten):
    rng = np.random.default_rng(seed)

    def edit(document):
        for _ in range(rng.integers(1, 4)):
            places = list(spots(document))
            (owner, key), (other, there) = (places[i] for i in rng.integers(len(places), size=2))
            owner[key] = (
                JUNK[rng.integers(len(JUNK))] if rng.integers(2) else json.loads(json.dumps(other[there]))
            )

    path, target = rewritten(edit), nn.Linear(6, 4)
    before = snapshot(target)
    for action in (lambda: qframe.load(path), lambda: qframe.load_into(target, path)):
        with suppress(QFrameError):
            action()
    assert same(snapshot(target), before)  # it fits no float layer, whatever became of it


# -- what is wrong is said ---------------------------------------------------------------------------


def test_damaged_data_are_named_by_their_path(path):
    content = bytearray(path.read_bytes())
    bias = every_value()["bias"].tobytes()
    content[content.index(bias) + 5] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="state' is damaged: the data of 'bias' are not what was saved"):
        qframe.load(path)


def test_without_verify_data_are_not_compared_but_the_rest_is(path):
    content = bytearray(path.read_bytes())
    content[content.index(every_value()["bias"].tobytes())] ^= 1
    path.write_bytes(content)
    assert not same(every_value()["bias"], qframe.load(path, verify=False)["bias"])
    target = nn.Linear(1, 1)
    with pytest.raises(QFrameError):
        qframe.load_into(target, path, verify=False)
    path.write_bytes(with_header(bytes(content), lambda text: text.replace('"bias"', '"bais"')))
    with pytest.raises(FileFormatError):
        qframe.load(path, verify=False)


def test_a_truncated_file(path):
    content = path.read_bytes()
    path.write_bytes(content[:100])
    with pytest.raises(FileFormatError, match="ends after 100 bytes, inside its header. Copy it again"):
        qframe.load(path)
    path.write_bytes(content[:-1])
    with pytest.raises(FileFormatError, match="is damaged or no safetensors file"):
        qframe.load(path)


@pytest.mark.parametrize("content", [b"x", b"plain text, nothing else", b"\0" * 64, b"{}" * 40])
def test_files_of_no_known_kind(path, content):
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="state'.*Copy it again"):
        qframe.load(path)


@pytest.mark.parametrize("pickled", [b"\x80\x04\x95\x06\x00\x00\x00", b"\x80\x02}q\x00."])
def test_pickles_are_refused(path, pickled):
    path.write_bytes(pickled + b"\1" * 20)
    with pytest.raises(FileFormatError, match="looks like a pickle, which qframe never loads.*numpy.savez"):
        qframe.load(path)


def test_a_newer_format(rewritten):
    path = rewritten(version="2")
    with pytest.raises(
        FileFormatError, match="has format 2, .* reads up to format 1. Install a newer qframe"
    ):
        qframe.load(path)


@pytest.mark.parametrize("version", ["0", "-1", "", "1.0", "9" * 5000, "²", "one"])
def test_a_version_that_makes_no_sense(rewritten, version):
    with pytest.raises(FileFormatError, match="its format version is"):
        qframe.load(rewritten(version=version))


def test_a_file_of_ours_never_passes_for_a_plain_one(path):
    arrays, metadata = read_container(path, map_file(path))
    write_container(path, arrays, {"qframe.stale": metadata["qframe.state"]})
    with pytest.raises(FileFormatError, match="is damaged"):
        qframe.load(path)
    write_container(path, arrays, {"qframe.state": "1"})
    with pytest.raises(FileFormatError, match="is damaged"):
        qframe.load(path)


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (lambda d: d["entries"].append(d["entries"][0]), "a path occurs twice"),
        (lambda d: d["entries"].append(["x", {"array": "none"}]), "malformed description"),
        (lambda d: d["entries"].append(["x", {}]), "describes no entry"),
        (lambda d: d["entries"].append([1, {"value": 1}]), "is no path"),
        (lambda d: d["entries"].append(["x", {"value": [1]}]), "is no plain value"),
        (lambda d: d["entries"][1][1].update(dtype="qint9"), "no quantized dtype 'qint9'"),
        (lambda d: d["entries"][0][1].update(axis=2), "axis 2 is out of range"),
        (lambda d: d["entries"][0][1].update(axis=1), "has 6 channels"),
        (lambda d: d["entries"][0][1].update(zero_point="bias"), "zero_points must be integers"),
        (lambda d: d["arrays"].pop("bias"), r"differ in \['bias'\]"),
        (lambda d: d["arrays"]["bias"].__setitem__(1, [2, 2]), "'bias' is float32 of shape"),
        (lambda d: d.pop("metadata"), "malformed description"),
        (lambda d: d.update(structure={"": 1}), "does not name kinds"),
        (lambda d: d.update(structure=3), "malformed description"),
    ],
)
def test_descriptions_that_contradict_the_arrays(rewritten, edit, text):
    with pytest.raises(FileFormatError, match=text):
        qframe.load(rewritten(edit))


def test_metadata_of_the_state_is_kept(tmp_path):
    state = OrderedDict(a=np.zeros(1))
    state._metadata = OrderedDict({"": {"version": 3}, "fc": {"version": 1}})
    qframe.save(state, tmp_path / "state")
    assert qframe.load(tmp_path / "state")._metadata == state._metadata
    state._metadata = {"": object()}
    with pytest.raises(qframe.errors.DTypeError, match="_metadata cannot be saved"):
        qframe.save(state, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_the_same_state_gives_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        qframe.save(every_value(), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_container_of_nothing(tmp_path):
    qframe.save({}, tmp_path / "state")
    assert dict(qframe.load(tmp_path / "state")) == {}
