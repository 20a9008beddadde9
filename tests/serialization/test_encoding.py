"""A state becomes arrays and a description, and comes back the same."""

from collections import namedtuple

import numpy as np
import pytest

import qframe
from qframe import dtypes
from qframe.dtypes import DType, register_dtype
from qframe.errors import ArgumentError, DTypeError, FileFormatError
from qframe.qtensor import QTensor
from qframe.serialization.encoding import Encoder, decode

from .states import every_value, same

UINT4 = register_dtype(DType("test_uint4", np.dtype(np.uint8), 0, 15))


@pytest.fixture
def round_trip(tmp_path):
    """Save a state and load it again."""

    def through_a_file(state):
        qframe.save(state, tmp_path / "state")
        return qframe.load(tmp_path / "state")

    return through_a_file


@pytest.mark.parametrize("key", every_value())
def test_every_kind_of_value_comes_back(round_trip, key):
    value = every_value()[key]
    assert same(value, round_trip({key: value})[key])


def test_the_order_is_kept(round_trip):
    assert list(round_trip(every_value())) == list(every_value())


def test_scales_are_float64_and_keep_every_bit(round_trip):
    weight = round_trip(every_value())["weight"]
    assert weight.q_per_channel_scales().tolist() == [0.5, 0.1, 2e-38, 3e38]
    assert round_trip({"q": QTensor.per_tensor(np.zeros(1, np.int8), 0.1, 0)})["q"].q_scale() == 0.1


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(24, dtype=np.int16).reshape(2, 3, 4)[:, ::-1, ::2],
        np.broadcast_to(np.float32(3), (2, 2)),
        np.arange(3, dtype=">i4"),
        np.array(1.5, dtype=">f8"),
    ],
    ids=["transposed", "strided", "broadcast", "big-endian", "big-endian number"],
)
def test_arrays_of_any_layout(round_trip, array):
    loaded = round_trip({"array": array, "q": QTensor.per_tensor(np.uint8(array), 1.0, 0)})
    np.testing.assert_array_equal(loaded["array"], array)
    assert loaded["array"].dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(loaded["q"].int_repr(), np.uint8(array))


def test_what_two_entries_share_is_stored_once_and_shared_again(round_trip):
    shared = np.arange(5.0)
    tensor = QTensor.per_tensor(np.zeros(4, np.int8), 1.0, 0)
    encoder = Encoder()
    for path, value in (("a", shared), ("b", shared), ("p", tensor), ("q", (tensor,))):
        encoder.encode(path, value)
    assert [name for name in encoder.arrays if ":" not in name] == ["a", "p"]
    state = round_trip({"a": shared, "b": shared})
    assert state["a"] is state["b"]


def test_no_path_collides_with_the_arrays_of_another(round_trip):
    state = {
        "w": QTensor.per_tensor(np.zeros(4, np.int8), 0.25, 1),
        "w:scale": np.array(3.0),
        "w:zero_point": np.array(3.0),
        "__metadata__": np.array(4.0),
        "__metadata__:": np.array(5.0),
        "": np.array(6.0),
    }
    assert same(state, dict(round_trip(state)))


def test_dtypes_of_plugins_come_back_where_they_are_registered(round_trip):
    q = QTensor.per_tensor(np.arange(16, dtype=np.uint8), 0.5, 15, UINT4)
    assert round_trip({"q": q})["q"].dtype is UINT4


def test_dtypes_that_are_not_registered_are_named(tmp_path, monkeypatch):
    state, path = {"q": QTensor.per_tensor(np.zeros(1, np.uint8), 0.5, 15, UINT4)}, tmp_path / "state"
    qframe.save(state, path)
    monkeypatch.delitem(dtypes._by_name, "test_uint4")  # as in a process without the plugin
    with pytest.raises(
        FileFormatError, match="state' cannot be read.*'test_uint4'.*Install the plugin that has it"
    ):
        qframe.load(path)
    with pytest.raises(DTypeError, match="'test_uint4'"):
        qframe.save(state, path)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (object(), "'key' is object .*which a file cannot hold"),
        (np.array(["text"]), "'key' is a <U4 array"),
        (np.array([None]), "'key' is a object array"),
        (1j, "'key' is complex"),
        ({1: 2}, "'key' is dict"),
        ({1, 2}, "'key' is set"),
        ((1, [lambda: 0]), r"'key\.1\.0' is function"),
        (namedtuple("Pair", "a b")(1, 2), "'key' is Pair"),
    ],
)
def test_other_values_are_refused_by_path(tmp_path, value, text):
    with pytest.raises(DTypeError, match=text):
        qframe.save({"good": np.zeros(1), "key": value}, tmp_path / "state")
    assert list(tmp_path.iterdir()) == []


def test_values_that_contain_themselves_are_refused(tmp_path):
    endless = []
    endless.append(endless)
    with pytest.raises(DTypeError, match="nested more than 32 deep"):
        qframe.save({"key": endless}, tmp_path / "state")


def test_the_deepest_nesting_comes_back(round_trip):
    value = ()
    for _ in range(31):
        value = (value,)
    assert round_trip({"key": value})["key"] == value


def test_foreign_arrays_are_converted(round_trip):
    class Foreign:
        def __array__(self, dtype=None, copy=None):
            return np.array([1.0, 2.0], np.float32)

    assert round_trip({"key": Foreign()})["key"].tolist() == [1, 2]


def test_foreign_arrays_that_fail_are_named(round_trip):
    class Foreign:
        def __array__(self, *args, **kwargs):
            raise RuntimeError("requires grad")

    with pytest.raises(DTypeError, match=r"'key' cannot be made an array \(requires grad\)"):
        round_trip({"key": Foreign()})


def test_qparams_that_could_not_be_loaded_are_not_saved(tmp_path):
    with pytest.raises(ArgumentError, match="scale must be"):
        qframe.save({"q": QTensor(np.zeros(1, np.uint8), -1.0, 0, qframe.quint8)}, tmp_path / "state")


@pytest.mark.parametrize("key", [1, None, "new\nline", "\ud800"])
def test_keys_are_printable_strings(tmp_path, key):
    with pytest.raises(DTypeError, match="is no path of an entry"):
        qframe.save({key: np.zeros(1)}, tmp_path / "state")


@pytest.mark.parametrize("spec", [{}, None, 3, "text", {"other": 1}])
def test_what_describes_no_entry_is_refused(spec):
    with pytest.raises((ArgumentError, TypeError)):
        decode(spec, {})
