"""safetensors files: arrays lie in the mapped file, and other programs read and write them too."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save, save_file

import qframe
from qframe import nn
from qframe.errors import FileFormatError

from .states import same, with_header


@pytest.fixture
def plain(tmp_path):
    """Write a safetensors file as other programs do, and return its path."""

    def write(arrays, metadata=None):
        save_file(arrays, tmp_path / "plain.safetensors", metadata)
        return tmp_path / "plain.safetensors"

    return write


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"])
def test_plain_files_of_every_numpy_type(plain, dtype):
    arrays = {
        "b": np.arange(6).reshape(2, 3).astype(dtype),
        "a": np.zeros((), dtype),
        "c": np.zeros(0, dtype),
    }
    assert same(
        {key: arrays[key] for key in sorted(arrays)}, dict(sorted(qframe.load(plain(arrays)).items()))
    )


def test_metadata_of_other_programs_does_not_matter(plain):
    state = qframe.load(plain({"a": np.ones(2)}, {"format": "pt", "version": "9"}))
    assert state["a"].tolist() == [1, 1]
    assert state._metadata == {}


def test_bfloat16_is_read_as_float32(tmp_path):
    halves = np.array([0x3F80, 0xC040, 0x7F80, 0x0001, 0x7FC0], np.uint16)
    content = with_header(save({"a": halves}), lambda text: text.replace("U16", "BF16"))
    (tmp_path / "bf16").write_bytes(content)
    loaded = qframe.load(tmp_path / "bf16")["a"]
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, np.array([1, -3, np.inf, 2.0**-133, np.nan], np.float32))


def test_types_that_numpy_lacks_are_named(tmp_path):
    content = with_header(
        save({"a.weight": np.zeros(4, np.int8)}), lambda text: text.replace("I8", "F8_E5M2")
    )
    (tmp_path / "f8").write_bytes(content)
    with pytest.raises(FileFormatError, match="'a.weight' is of type F8_E5M2.*Convert it to float32"):
        qframe.load(tmp_path / "f8")


def test_arrays_at_odd_places_are_copied_to_even_ones(tmp_path):
    content = save({"b": np.array([1.5, 2.5], np.float32)})
    place = '"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'
    content = with_header(content, lambda text: text.rstrip().replace("[0,8]", "[1,9]")[:-1] + f",{place}}}")
    (tmp_path / "odd").write_bytes(content[:-8] + b"\7" + content[-8:])
    state = qframe.load(tmp_path / "odd")
    assert state["b"].tolist() == [1.5, 2.5]
    assert state["b"].flags.aligned


def test_the_arrays_of_our_files_are_aligned(tmp_path):
    qframe.save({"odd": np.zeros(3, np.int8), "b": np.ones(3), "a": np.ones(1, np.float32)}, tmp_path / "x")
    assert all(array.flags.aligned for array in qframe.load(tmp_path / "x").values())


@pytest.mark.parametrize("verify", [True, False])
def test_loaded_arrays_may_be_changed_without_changing_the_file(tmp_path, verify):
    path = tmp_path / "state"
    tensor = qframe.QTensor.per_tensor(np.arange(3, dtype=np.uint8), 1.0, 0)
    qframe.save({"a": np.ones(3), "q": tensor}, path)
    before = path.read_bytes()
    state = qframe.load(path, verify=verify)
    state["a"] += 1
    state["q"][0] = 9.0
    assert state["a"].tolist() == [2, 2, 2]
    assert path.read_bytes() == before
    assert qframe.load(path)["q"].equal(tensor)


def test_loading_copies_nothing(tmp_path):
    qframe.save({"a": np.ones(3), "b": np.ones(3)}, tmp_path / "state")
    one, other = qframe.load(tmp_path / "state").values()
    assert not one.flags.owndata
    assert one.base is other.base  # the mapping


def test_a_module_owns_what_it_loads(tmp_path):
    module = nn.Linear(2, 2)
    qframe.save(module, tmp_path / "state")
    state = qframe.load(tmp_path / "state")
    module.load_state_dict(state)
    assert not np.shares_memory(module.weight, state["weight"])


def test_other_programs_read_the_arrays_under_their_paths(tmp_path):
    layer = nn.quantized.Linear(3, 2)
    qframe.save(layer, tmp_path / "state")
    arrays = load_file(tmp_path / "state")
    np.testing.assert_array_equal(arrays["weight"], layer.weight().int_repr())
    assert arrays["weight:scale"] == layer.weight().q_scale()
