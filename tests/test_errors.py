"""Errors say what, where and how to mend it, and survive pickling."""

import copy
import pickle

import pytest

from qframe import errors


class Tree:
    """Stands for a module: names its descendants."""

    def __init__(self, **children):
        self.children = children

    def named_modules(self):
        yield "", self
        for name, child in self.children.items():
            for path, module in child.named_modules():
                yield f"{name}.{path}".strip("."), module


def test_what_and_fix_make_one_text():
    assert str(errors.ArgumentError("the cup is full", fix="Drink")) == "the cup is full. Drink"
    assert str(errors.ArgumentError("the cup is full")) == "the cup is full"


def test_the_path_of_the_innermost_module_is_found_on_the_way_out():
    leaf = Tree()
    block = Tree(conv=leaf)
    root = Tree(layer1=block)
    error = errors.DTypeError("float data", fix="Quantize")
    for module in (leaf, block, root):
        error.enter(module)
    assert error.where == "layer1.conv"
    assert str(error) == "in module 'layer1.conv' (Tree): float data. Quantize"


def test_the_place_survives_pickling():
    leaf = Tree()
    error = errors.DTypeError("float data", fix="Quantize")
    for module in (leaf, Tree(conv=leaf)):
        error.enter(module)
    other = pickle.loads(pickle.dumps(error))
    assert (str(other), other.where) == (str(error), "conv")


def test_an_error_in_the_root_itself():
    root = Tree()
    error = errors.DTypeError("float data")
    error.enter(root)
    assert str(error) == "in the outermost module (Tree): float data"


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.ArgumentError, ValueError),
        (errors.DTypeError, TypeError),
        (errors.QSchemeError, TypeError),
        (errors.EngineError, RuntimeError),
        (errors.UnsupportedOp, NotImplementedError),
        (errors.CalibrationError, RuntimeError),
        (errors.ConfigurationError, ValueError),
        (errors.StateDictError, RuntimeError),
        (errors.FileFormatError, ValueError),
        (errors.FileAccessError, OSError),
        (errors.MissingFileError, FileNotFoundError),
    ],
)
def test_each_error_is_also_the_builtin_that_callers_expect(kind, builtin):
    assert issubclass(kind, builtin)
    error = kind("what", fix="fix")
    for other in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(other) is kind
        assert str(other) == str(error)
