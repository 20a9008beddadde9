"""Fusion: what is known, what it computes, where hooks and qconfigs go, and what is refused."""

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as q
from qframe.nn import intrinsic as nni

from .models import assert_unchanged, set_statistics, snapshot

SHAPES = {1: (2, 4, 7), 2: (2, 4, 6, 5), 3: (2, 4, 4, 5, 3)}
CONVS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
RELUS = [nn.ReLU, nn.ReLU6]


def data(shape):
    return np.float32(np.random.default_rng(1).normal(size=shape) * 4)


def fused(*modules, training=False):
    model = set_statistics(nn.Sequential(*modules)).train(training)
    return model, q.fuse_modules(model, [str(i) for i in range(len(modules))])


def conv(rank, bias=True):
    return CONVS[rank](4, 6, 3, groups=2, bias=bias)


def assert_first_is(result, kind, parts=()):
    assert type(result[0]) is kind
    assert [type(m) for m in result] == [kind] + [nn.Identity] * (len(result) - 1)
    assert tuple(type(m) for m in result[0].children()) == parts
    assert len({m.training for m in result}) == 1


# -- evaluation mode -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_conv_bn_folds_into_a_conv_with_bias(rank, bias):
    model, result = fused(conv(rank, bias), NORMS[rank](6))
    assert_first_is(result, CONVS[rank])
    assert result[0].bias is not None
    assert result[0].groups == 2
    np.testing.assert_allclose(result(data(SHAPES[rank])), model(data(SHAPES[rank])), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("relu", RELUS)
def test_conv_bn_relu_becomes_conv_relu(rank, relu):
    model, result = fused(conv(rank), NORMS[rank](6), relu())
    assert_first_is(result, getattr(nni, f"ConvReLU{rank}d"), (CONVS[rank], relu))
    np.testing.assert_allclose(result(data(SHAPES[rank])), model(data(SHAPES[rank])), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("relu", RELUS)
@pytest.mark.parametrize("training", [False, True])
def test_conv_relu(rank, relu, training):
    model, result = fused(conv(rank), relu(), training=training)
    assert_first_is(result, getattr(nni, f"ConvReLU{rank}d"), (CONVS[rank], relu))
    np.testing.assert_array_equal(result(data(SHAPES[rank])), model(data(SHAPES[rank])))


@pytest.mark.parametrize("relu", RELUS)
@pytest.mark.parametrize("training", [False, True])
def test_linear_relu(relu, training):
    model, result = fused(nn.Linear(4, 3), relu(), training=training)
    assert_first_is(result, nni.LinearReLU, (nn.Linear, relu))
    np.testing.assert_array_equal(result(data((5, 4))), model(data((5, 4))))


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("relu", RELUS)
@pytest.mark.parametrize("training", [False, True])
def test_bn_relu(rank, relu, training):
    _, result = fused(NORMS[rank](4), relu(), training=training)
    assert_first_is(result, getattr(nni, f"BNReLU{rank}d"), (NORMS[rank], relu))


@pytest.mark.parametrize("bias", [True, False])
def test_linear_bn_folds(bias):
    model, result = fused(nn.Linear(4, 3, bias=bias), nn.BatchNorm1d(3))
    assert_first_is(result, nn.Linear)
    np.testing.assert_allclose(result(data((5, 4))), model(data((5, 4))), rtol=1e-4, atol=1e-5)


def test_linear_bn_relu_folds():
    model, result = fused(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
    assert_first_is(result, nni.LinearReLU, (nn.Linear, nn.ReLU))
    np.testing.assert_allclose(result(data((5, 4))), model(data((5, 4))), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_the_fold_formula_to_the_bit(bias, affine):
    model, result = fused(conv(2, bias), nn.BatchNorm2d(6, eps=1e-3, affine=affine))
    layer, norm = model
    gamma = norm.weight if affine else np.ones(6, np.float32)
    beta = norm.bias if affine else np.zeros(6, np.float32)
    reciprocal = np.float32(1) / np.sqrt(norm.running_var + np.float32(1e-3))
    np.testing.assert_array_equal(result[0].weight, layer.weight * (gamma * reciprocal)[:, None, None, None])
    start = layer.bias if bias else np.zeros(6, np.float32)
    np.testing.assert_array_equal(result[0].bias, (start - norm.running_mean) * reciprocal * gamma + beta)
    assert result[0].weight.dtype == result[0].bias.dtype == np.float32


# -- training mode -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_bn_is_kept_apart_while_training(rank):
    _, result = fused(conv(rank), NORMS[rank](6), training=True)
    assert_first_is(result, getattr(nni, f"ConvBn{rank}d"), (CONVS[rank], NORMS[rank]))
    assert result[0].training


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("relu", RELUS)
def test_conv_bn_relu_is_kept_apart_while_training(rank, relu):
    _, result = fused(conv(rank), NORMS[rank](6), relu(), training=True)
    assert_first_is(result, getattr(nni, f"ConvBnReLU{rank}d"), (CONVS[rank], NORMS[rank], relu))


def test_linear_bn_is_kept_apart_while_training():
    _, result = fused(nn.Linear(4, 3), nn.BatchNorm1d(3), training=True)
    assert_first_is(result, nni.LinearBn1d, (nn.Linear, nn.BatchNorm1d))


# -- what is unknown -----------------------------------------------------------------------------------


class MyConv(nn.Conv2d):
    pass


UNKNOWN = [
    (nn.BatchNorm1d(4), nn.ReLU()),
    (nn.ReLU(), nn.Conv2d(4, 4, 1)),
    (nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)),
    (nn.Conv2d(4, 4, 1), nn.BatchNorm1d(4)),
    (nn.Linear(4, 4), nn.BatchNorm2d(4)),
    (MyConv(4, 4, 1), nn.ReLU()),
    (nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.ReLU()),
    (nn.Conv2d(4, 4, 1),),
    (nn.ReLU(),),
]


@pytest.mark.parametrize("modules", UNKNOWN, ids=lambda ms: "-".join(type(m).__name__ for m in ms))
def test_unknown_sequences_stay_with_a_warning_that_says_what_is_known(modules):
    model = nn.Sequential(*modules).eval()
    before = snapshot(model)
    paths = [str(i) for i in range(len(modules))]
    with pytest.warns(qframe.errors.FusionWarning) as caught:
        result = q.fuse_modules(model, paths, inplace=True)
    assert result is model
    assert_unchanged(model, before)
    text = str(caught[0].message)
    assert all(f"{path} ({type(m).__name__})" in text for path, m in zip(paths, modules, strict=True))
    assert "Linear + ReLU" in text


def test_linear_bn_relu_is_unknown_while_training():
    modules = [nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU()]
    with pytest.warns(qframe.errors.FusionWarning, match="in evaluation mode"):
        assert q.fuse_known_modules(modules) == modules


def test_known_groups_are_fused_beside_unknown_ones():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.ReLU(), nn.Linear(2, 2))
    with pytest.warns(qframe.errors.FusionWarning, match=r"2 \(ReLU\), 3 \(Linear\)"):
        result = q.fuse_modules(model, [["0", "1"], ["2", "3"]])
    assert [type(m) for m in result] == [nni.LinearReLU, nn.Identity, nn.ReLU, nn.Linear]


# -- where -----------------------------------------------------------------------------------------------


def test_a_copy_is_fused_unless_inplace():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    before = snapshot(model)
    result = q.fuse_modules(model, ["0", "1"])
    assert result is not model
    assert_unchanged(model, before)
    assert q.fuse_modules(model, ["0", "1"], inplace=True) is model
    assert type(model[0]) is nni.LinearReLU


def test_nested_paths_and_several_groups():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Linear(2, 2), nn.ReLU6())
    result = q.fuse_modules(model, [["0.0", "0.1"], ["1", "2"]])
    assert [type(result[0][0]), type(result[1])] == [nni.LinearReLU] * 2


@pytest.mark.parametrize("groups", [[], [[]], ()])
def test_no_groups_change_nothing(groups):
    model = nn.Sequential(nn.Linear(2, 2))
    before = snapshot(model)
    assert_unchanged(q.fuse_modules(model, groups), before)


def test_folding_leaves_the_layer_alone_where_it_is_used_elsewhere():
    shared = nn.Linear(4, 4)
    model = set_statistics(nn.Sequential(shared, nn.BatchNorm1d(4), shared)).eval()
    weight = shared.weight.copy()
    q.fuse_modules(model, ["0", "1"], inplace=True)
    np.testing.assert_array_equal(model[2].weight, weight)
    assert model[0] is not shared


# -- hooks and qconfig -----------------------------------------------------------------------------------


class Trace:
    """Counts the calls of its hooks."""

    def __init__(self):
        self.seen = []

    def __deepcopy__(self, memo):
        return self

    def hook(self, name):
        return lambda module, *rest: self.seen.append(name)


@pytest.mark.parametrize("training", [False, True])
def test_hooks_of_both_ends_move_to_the_fused_module(training):
    trace = Trace()
    model = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), nn.ReLU()).train(training)
    model[0].register_forward_pre_hook(trace.hook("before"))
    model[2].register_forward_hook(trace.hook("after 1"))
    model[2].register_forward_hook(trace.hook("after 2"))
    result = q.fuse_modules(model, ["0", "1", "2"])
    result(data(SHAPES[2]))
    assert trace.seen == ["before", "after 1", "after 2"]
    model(data(SHAPES[2]))
    assert trace.seen == ["before", "after 1", "after 2"] * 2


def test_hooks_in_between_are_reported():
    trace = Trace()
    model = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), nn.ReLU()).eval()
    model[0].register_forward_hook(trace.hook("conv"))
    model[1].register_forward_pre_hook(trace.hook("bn"))
    with pytest.warns(qframe.errors.FusionWarning, match="hooks in the middle .* 0, 1"):
        result = q.fuse_modules(model, ["0", "1", "2"])
    result(data(SHAPES[2]))
    assert trace.seen == []


@pytest.mark.parametrize("qconfig", [None, q.default_qconfig])
def test_the_first_module_s_own_qconfig_goes_with_it(qconfig):
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model[0].qconfig = qconfig
    assert q.fuse_modules(model, ["0", "1"])[0].qconfig == qconfig
    assert "qconfig" not in vars(q.fuse_modules(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), ["0", "1"])[0])


# -- refusals --------------------------------------------------------------------------------------------


def test_a_wrong_path_names_similar_ones():
    model = nn.Sequential({"linear": nn.Linear(2, 2), "relu": nn.ReLU()})
    with pytest.raises(qframe.errors.ArgumentError, match="'linaer'.*'linear'"):
        q.fuse_modules(model, ["linaer", "relu"])


BAD_NORMS = [
    ((nn.Conv2d(4, 6, 1), nn.BatchNorm2d(5)), False, "5 features.*6 channels"),
    ((nn.Linear(4, 6), nn.BatchNorm1d(5), nn.ReLU()), False, "5 features.*6 channels"),
    ((nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6, track_running_stats=False)), False, "track_running_stats"),
    ((nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6, track_running_stats=False)), True, "track_running_stats"),
    ((nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6, affine=False)), True, "affine=True"),
]


@pytest.mark.parametrize(("modules", "training", "text"), BAD_NORMS)
def test_batch_norms_that_do_not_fit_are_refused_and_nothing_changes(modules, training, text):
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), *modules).train(training)
    before = snapshot(model)
    groups = [["0", "1"], [str(i + 2) for i in range(len(modules))]]
    with pytest.raises(qframe.errors.ConfigurationError, match=f"cannot fuse 2, 3.*{text}"):
        q.fuse_modules(model, groups, inplace=True)
    assert_unchanged(model, before)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_modes_must_agree(position):
    model = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), nn.ReLU()).eval()
    model[position].train()
    with pytest.raises(qframe.errors.ConfigurationError, match="same mode"):
        q.fuse_modules(model, ["0", "1", "2"])


@pytest.mark.parametrize("groups", ["conv", [1, 2], [["0", 1]], [["0", ""]], ["0", ["1"]]])
def test_groups_hold_paths(groups):
    with pytest.raises(qframe.errors.ConfigurationError, match="modules_to_fuse"):
        q.fuse_modules(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), groups)


@pytest.mark.parametrize("groups", [["0", "0"], [["0", "1"], ["1", "2"]]])
def test_a_module_is_in_one_group(groups):
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.ReLU())
    with pytest.raises(qframe.errors.ConfigurationError, match="more than once"):
        q.fuse_modules(model, groups)


@pytest.mark.parametrize("function", [q.fuse_conv_bn, lambda a, b: q.fuse_conv_bn_relu(a, b, nn.ReLU())])
@pytest.mark.parametrize("pair", [(nn.ReLU(), nn.BatchNorm2d(4)), (nn.Conv2d(4, 4, 1), nn.BatchNorm3d(4))])
def test_single_functions_check_types(function, pair):
    with pytest.raises(qframe.errors.ConfigurationError, match="no layer with its batch norm"):
        function(*pair)


def test_linear_bn_relu_while_training_is_refused_by_the_single_function():
    with pytest.raises(qframe.errors.ConfigurationError, match="training mode"):
        q.fuse_conv_bn_relu(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())


# -- a fuser of one's own --------------------------------------------------------------------------------


def test_a_fuser_of_ones_own_gets_lists_of_modules():
    groups = []

    def fuser(modules):
        groups.append([type(m) for m in modules])
        return [nn.Sequential(*modules), nn.Identity()]

    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))
    result = q.fuse_modules(model, ["0", "1"], fuser_func=fuser)
    assert groups == [[nn.ReLU, nn.Linear]]
    assert type(result[0]) is nn.Sequential


def test_a_fuser_must_return_as_many_modules():
    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))
    with pytest.raises(qframe.errors.ConfigurationError, match="made 1 modules of 0, 1"):
        q.fuse_modules(model, ["0", "1"], fuser_func=lambda modules: modules[:1])
