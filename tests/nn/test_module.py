"""Module: attributes, registration, mode and text."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError, DTypeError, QFrameError
from qframe.qtensor import QTensor


class Scale(nn.Module):
    """A parameter, two buffers and a child."""

    def __init__(self, value=2.0):
        super().__init__()
        self.weight = nn.Parameter(np.full(3, value, np.float32))
        self.register_parameter("bias", None)
        self.register_buffer("count", np.zeros((), np.int64))
        self.register_buffer("scratch", np.zeros(2), persistent=False)
        self.child = nn.Identity()

    def forward(self, x, offset=0.0):
        return self.child(x) * self.weight + offset


def quantized():
    return QTensor.per_tensor(np.zeros((1, 3), np.uint8), 0.5, 3)


# -- assignment ------------------------------------------------------------------------------------


def test_parameter_is_the_array_itself():
    array = np.ones(3, np.float32)
    module = Scale()
    module.weight = nn.Parameter(array)
    assert module.weight is array
    assert module._parameters["weight"] is array


def test_parameter_converts_other_floats_to_float32():
    module = Scale()
    module.weight = nn.Parameter(np.ones(2, np.float64))
    assert module.weight.dtype == np.float32


@pytest.mark.parametrize("bad", [np.arange(3), [1.0, 2.0], "weight", quantized()])
def test_parameter_must_be_a_float_array(bad):
    with pytest.raises(DTypeError, match="a parameter must be a float array"):
        nn.Parameter(bad)
    module = Scale()
    old = module.weight
    with pytest.raises(DTypeError, match="a parameter must be a float array"):
        module.weight = bad
    assert module.weight is old


def test_array_replaces_parameter_of_the_same_name():
    module = Scale()
    new = np.zeros(5, np.float32)
    module.weight = new
    assert module.weight is new
    assert dict(module.named_parameters()) == {"weight": new}
    module.weight = None
    assert list(module.parameters()) == []


def test_array_replaces_buffer_and_numpy_scalars_become_arrays():
    module = Scale()
    module.count = module.count + 1
    assert isinstance(module.count, np.ndarray)
    assert module.count.shape == ()
    assert module._buffers["count"] == 1
    with pytest.raises(DTypeError, match="buffer 'count' must be an array"):
        module.count = 7


def test_buffers_may_be_quantized_or_none():
    module = Scale()
    q = quantized()
    module.register_buffer("q", q)
    assert module.q is q
    module.q = None
    assert module.q is None


def test_plain_array_is_a_plain_attribute():
    module = Scale()
    module.note = np.zeros(2)
    assert "note" in module.__dict__
    assert "note" not in dict(module.named_buffers())


def test_module_attribute_moves_between_tables():
    module = Scale()
    module.part = 3
    module.part = nn.ReLU()
    assert module.__dict__["part"] is module._modules["part"]
    assert module._modules["part"] is module.part
    module.part = nn.Parameter(np.zeros(1, np.float32))
    assert "part" not in module._modules
    assert "part" in module._parameters


def test_submodule_name_takes_modules_only():
    module = Scale()
    with pytest.raises(DTypeError, match="submodule 'child' of Scale must be a Module"):
        module.child = 3
    module.child = None
    assert module.child is None
    assert list(module.children()) == []


def test_super_init_comes_first():
    class Hasty(nn.Module):
        def __init__(self):
            self.child = nn.ReLU()

    with pytest.raises(AttributeError, match=r"before it calls super\(\)"):
        Hasty()


def test_a_class_attribute_cannot_hide_a_part():
    module = Scale()
    with pytest.raises(ArgumentError, match=r"Scale\.train is an attribute of the class"):
        module.train = nn.ReLU()


@pytest.mark.parametrize("register", ["register_parameter", "register_buffer", "add_module"])
@pytest.mark.parametrize("name", ["", "a.b", 3])
def test_names_are_checked(register, name):
    with pytest.raises(ArgumentError, match="cannot name a part of Scale"):
        getattr(Scale(), register)(name, None)


@pytest.mark.parametrize(("register", "name"), [("register_buffer", "weight"), ("add_module", "forward")])
def test_taken_names_are_refused(register, name):
    with pytest.raises(ArgumentError, match="has an attribute .* already"):
        getattr(Scale(), register)(name, None)


def test_unknown_attribute_names_the_class():
    with pytest.raises(AttributeError, match="'Scale' object has no attribute 'wieght'"):
        _ = Scale().wieght


def test_delete():
    module = Scale()
    module.plain = 1
    for name in ("weight", "count", "scratch", "child", "plain"):
        delattr(module, name)
        assert not hasattr(module, name)
    with pytest.raises(AttributeError):
        del module.weight


def test_dir_lists_parts_but_no_numbers():
    names = dir(Scale())
    assert {"weight", "count", "child", "training", "forward"} <= set(names)
    assert "0" not in dir(nn.Sequential(nn.ReLU()))


# -- calling ---------------------------------------------------------------------------------------


def test_call_passes_arguments_to_forward():
    assert np.array_equal(Scale()(np.ones(3, np.float32), offset=1.0), [3, 3, 3])


def test_module_without_forward():
    with pytest.raises(NotImplementedError, match=r"Module does not define forward\(\)"):
        nn.Module()(1)


def test_errors_carry_the_path_of_the_innermost_module():
    model = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(3, 2)))
    with pytest.raises(ArgumentError, match=r"in module '1\.0' \(Linear\)") as caught:
        model(np.zeros((1, 4), np.float32))
    assert caught.value.where == "1.0"


def test_other_errors_pass_untouched():
    class Broken(nn.Module):
        def forward(self, x):
            raise KeyError("x")

    with pytest.raises(KeyError) as caught:
        Broken()(1)
    assert not isinstance(caught.value, QFrameError)


# -- mode and apply --------------------------------------------------------------------------------


def test_train_and_eval_reach_the_whole_tree():
    model = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Dropout()))
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert model.train() is model
    assert all(module.training for module in model.modules())
    with pytest.raises(ArgumentError, match="takes True or False, got 1"):
        model.train(1)


def test_a_child_may_override_train():
    class Frozen(nn.Module):
        def train(self, mode=True):
            return super().train(False)

    model = nn.Sequential(Frozen())
    assert model.training
    assert not model.train()[0].training


def test_apply_runs_children_first():
    model = nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU6()))
    seen = []
    assert model.apply(seen.append) is model
    assert seen == [model[0], model[1][0], model[1], model]


# -- text ------------------------------------------------------------------------------------------


def test_repr_of_a_tree():
    model = nn.Sequential(nn.Linear(2, 3), nn.ModuleDict({"a": nn.Sequential(nn.ReLU(inplace=True))}))
    assert repr(model) == (
        "Sequential(\n"
        "  (0): Linear(in_features=2, out_features=3, bias=True)\n"
        "  (1): ModuleDict(\n"
        "    (a): Sequential(\n"
        "      (0): ReLU(inplace=True)\n"
        "    )\n"
        "  )\n"
        ")"
    )


def test_repr_with_extra_lines_and_own_name():
    class Odd(nn.Module):
        def _get_name(self):
            return "Named"

        def extra_repr(self):
            return "scale=1.0, zero_point=0"

    class Two(nn.Module):
        def extra_repr(self):
            return "a\nb"

    module = Odd()
    assert repr(module) == "Named(scale=1.0, zero_point=0)"
    module.child = nn.Identity()
    assert repr(module) == "Named(\n  scale=1.0, zero_point=0\n  (child): Identity()\n)"
    assert repr(Two()) == "Two(\n  a\n  b\n)"


def test_repr_shows_reserved_children():
    module = nn.Sequential(nn.ReLU())
    module.add_module("rest", None)
    assert repr(module) == "Sequential(\n  (0): ReLU()\n  (rest): None\n)"
