"""A state goes into the layers that it came from, not into others whose entries look alike."""

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe.errors import StateDictError
from qframe.nn import intrinsic as nni
from qframe.nn import quantized as nnq
from qframe.serialization.structure import structure_of

from .states import same, snapshot


class Net(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.conv = layer
        self.drop = nn.Dropout()


@pytest.fixture
def saved(tmp_path):
    """Save a module; return the path."""

    def write(module):
        qframe.save(module, tmp_path / "model")
        return tmp_path / "model"

    return write


def test_modules_are_named_as_they_print_and_foreign_ones_by_import_path():
    assert structure_of(Net(nnq.Conv2d(1, 1, 1))) == {
        "": f"{Net.__module__}.Net",
        "conv": "QuantizedConv2d",
        "drop": "Dropout",
    }


def test_a_module_at_two_places_is_named_at_both():
    layer = nn.ReLU()
    assert list(structure_of(nn.Sequential(layer, layer))) == ["", "0", "1"]


def test_layers_of_another_kind_are_refused_although_all_entries_fit(saved):
    path, other = saved(Net(nni.quantized.ConvReLU2d(2, 3, 3))), Net(nnq.Conv2d(2, 3, 3))
    before = snapshot(other)
    with pytest.raises(
        StateDictError,
        match=r"saved from another model than this Net \(nothing was loaded\):\n"
        r"  'conv' was a QuantizedConvReLU2d, here it is a QuantizedConv2d. Fuse, prepare and convert",
    ):
        qframe.load_into(other, path)
    assert same(snapshot(other), before)


def test_strict_false_looks_at_entries_only(saved):
    path, other = saved(Net(nni.quantized.ConvReLU2d(2, 3, 3))), Net(nnq.Conv2d(2, 3, 3))
    assert qframe.load_into(other, path, strict=False) == ([], [])


def test_a_long_list_is_cut(saved):
    path = saved(nn.Sequential(*(nnq.Linear(1, 1) for _ in range(20))))
    with pytest.raises(
        StateDictError, match=r"'7' was a QuantizedLinear, here it is a Linear\n  and 12 more\."
    ):
        qframe.load_into(nn.Sequential(*(nn.Linear(1, 1) for _ in range(20))), path)


def test_layers_without_entries_may_differ(saved):
    path = saved(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    qframe.load_into(nn.Sequential(nn.Linear(2, 2), nn.Identity()), path)


def test_classes_of_other_packages_may_differ(saved):
    class Renamed(nn.Linear):
        pass

    class Before(nn.Linear):
        pass

    qframe.load_into(nn.Sequential(Renamed(2, 2)), saved(nn.Sequential(Before(2, 2))))
    qframe.load_into(nn.Sequential(nn.Linear(2, 2)), saved(nn.Sequential(Before(2, 2))))


def test_a_saved_mapping_has_no_structure(saved):
    source, other = nni.quantized.LinearReLU(3, 2), nnq.Linear(3, 2)
    path = saved(source.state_dict())
    qframe.load_into(other, path)
    np.testing.assert_array_equal(other.weight().int_repr(), source.weight().int_repr())
