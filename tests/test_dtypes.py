"""Dtypes and qschemes are singletons known by name, and others can be added."""

import copy
import pickle

import numpy as np
import pytest

from qframe import dtypes, qschemes
from qframe.errors import ArgumentError, DTypeError

BUILTIN = [dtypes.quint8, dtypes.qint8, dtypes.qint32, dtypes.float16]
SCHEMES = [
    qschemes.per_tensor_affine,
    qschemes.per_channel_affine,
    qschemes.per_tensor_symmetric,
    qschemes.per_channel_symmetric,
]


@pytest.mark.parametrize("thing", BUILTIN + SCHEMES, ids=repr)
def test_they_stay_themselves(thing):
    assert pickle.loads(pickle.dumps(thing)) is thing
    assert copy.deepcopy(thing) is thing
    assert repr(thing) == f"qframe.{thing.name}"


def test_only_integer_types_carry_qparams():
    assert [d.is_quantized for d in BUILTIN] == [True, True, True, False]


def test_the_dtype_of_an_array():
    assert dtypes.dtype_of(np.zeros(1, np.int8)) is dtypes.qint8


def test_names_are_unique_and_must_exist():
    with pytest.raises(ArgumentError, match="'quint8' is registered already"):
        dtypes.register_dtype(dtypes.DType("quint8", np.dtype(np.uint8), 0, 15))
    with pytest.raises(ArgumentError, match="'per_tensor_affine' is registered already"):
        qschemes.register_qscheme(qschemes.QScheme("per_tensor_affine", True, True))
    with pytest.raises(DTypeError, match="no quantized dtype 'quint5'.*known: quint8"):
        dtypes.get_dtype("quint5")
    with pytest.raises(ArgumentError, match="no qscheme 'per_row'.*known: per_tensor_affine"):
        qschemes.get_qscheme("per_row")


@pytest.mark.parametrize("kind", [dtypes, qschemes], ids=["dtype", "qscheme"])
def test_a_name_is_unknown_only_after_plugins_had_a_chance(monkeypatch, kind):
    given = {
        dtypes: dtypes.DType("quint6", np.dtype(np.uint8), 0, 63),
        qschemes: qschemes.QScheme("per_row", True, False),
    }[kind]
    monkeypatch.setattr(kind, "_by_name", dict(kind._by_name))
    load = [lambda: kind._by_name.setdefault(given.name, given)]
    monkeypatch.setattr(dtypes, "_loaders", load)
    assert (dtypes.get_dtype if kind is dtypes else qschemes.get_qscheme)(given.name) is given


def test_schemes_say_what_they_are():
    assert [(s.per_channel, s.symmetric) for s in SCHEMES] == [
        (False, False),
        (True, False),
        (False, True),
        (True, True),
    ]
