"""Activations, softmax, dropout, flatten and pad."""

import math

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe.errors import ArgumentError, DTypeError
from qframe.nn import functional
from qframe.random import manual_seed

X = np.concatenate([np.linspace(-8, 8, 65), [-200, 200, 0.0]]).astype(np.float32)

DEFINITIONS = {
    "relu": lambda v: max(v, 0.0),
    "relu6": lambda v: min(max(v, 0.0), 6.0),
    "hardtanh": lambda v: min(max(v, -1.0), 1.0),
    "leaky_relu": lambda v: v if v > 0 else 0.01 * v,
    "elu": lambda v: v if v > 0 else math.expm1(v),
    "hardswish": lambda v: v * min(max(v + 3.0, 0.0), 6.0) / 6.0,
    "hardsigmoid": lambda v: min(max(v + 3.0, 0.0), 6.0) / 6.0,
    "sigmoid": lambda v: 1 / (1 + math.exp(-v)),
    "tanh": math.tanh,
}
IN_PLACE = ["relu", "relu6", "hardtanh", "leaky_relu", "elu", "hardswish", "hardsigmoid"]
QUANTIZED = ["relu", "relu6", "hardtanh", "leaky_relu", "sigmoid", "tanh", "hardsigmoid"]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_activation_is_its_definition(name):
    kept = X.copy()
    out = getattr(functional, name)(X)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, [DEFINITIONS[name](float(v)) for v in X], rtol=1e-5, atol=1e-7)
    assert np.array_equal(X, kept)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_nan_passes(name):
    assert np.isnan(getattr(functional, name)(np.array([np.nan], np.float32))).all()


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name):
    x = X.copy()
    out = getattr(functional, name)(x, inplace=True)
    assert out is x
    assert np.array_equal(x, getattr(functional, name)(X))


def test_parameters_of_activations():
    assert functional.hardtanh(X, -2.0, 3.0).tolist() == np.clip(X, -2, 3).tolist()
    np.testing.assert_allclose(functional.leaky_relu(X, 0.5)[0], -4.0)
    np.testing.assert_allclose(functional.elu(X, 2.0)[0], 2 * math.expm1(-8), rtol=1e-6)
    with pytest.raises(ArgumentError, match="min_val 1 exceeds max_val 0"):
        functional.hardtanh(X, 1, 0)


def test_threshold():
    x = np.array([-1.0, 0.5, 0.50001, 2.0, np.nan], np.float32)
    out = functional.threshold(x, 0.5, 7.0)
    np.testing.assert_array_equal(out, np.float32([7, 7, 0.50001, 2, np.nan]))
    assert functional.threshold(x, 0.5, 7.0, inplace=True) is x
    np.testing.assert_array_equal(x, out)
    q = qframe.quantize_per_tensor(X.clip(-6, 6), 0.05, 128, qframe.quint8)
    expected = functional.threshold(q.dequantize(), 0.5, -1.0)
    np.testing.assert_allclose(functional.threshold(q, 0.5, -1.0).dequantize(), expected, atol=0.026)
    assert functional.threshold(q, 0.5, -1.0, inplace=True) is q


def test_hardsigmoid_of_a_quantized_tensor_cannot_be_stored_in_it():
    q = qframe.quantize_per_tensor(X.clip(-6, 6), 0.05, 128, qframe.quint8)
    with pytest.raises(ArgumentError, match="qparams of its own"):
        functional.hardsigmoid(q, inplace=True)


@pytest.mark.parametrize("name", QUANTIZED)
def test_activations_of_quantized_tensors(name):
    q = qframe.quantize_per_tensor(X.clip(-6, 6), 0.05, 128, qframe.quint8)
    function = getattr(functional, name)
    out = function(q)
    highest = out.q_scale() * (255 - out.q_zero_point())
    expected = np.minimum(function(q.dequantize()), highest)
    np.testing.assert_allclose(out.dequantize(), expected, atol=out.q_scale() / 2 + 1e-6)


def test_in_place_of_a_quantized_tensor():
    q = qframe.quantize_per_tensor(X.clip(-6, 6), 0.05, 128, qframe.quint8)
    expected = functional.relu(q)
    assert functional.relu(q, inplace=True) is q
    assert q.equal(expected)


@pytest.mark.parametrize("name", ["elu", "hardswish"])
def test_activations_that_need_output_qparams(name):
    q = qframe.quantize_per_tensor(X, 0.05, 128, qframe.quint8)
    with pytest.raises(DTypeError, match=f"quint8 tensor.*qframe.ops.{name} with an output scale"):
        getattr(functional, name)(q)


MODULES = {
    "ReLU()": (nn.ReLU(), functional.relu),
    "ReLU6()": (nn.ReLU6(), functional.relu6),
    "ELU(alpha=1.5)": (nn.ELU(1.5), lambda x: functional.elu(x, 1.5)),
    "Hardswish()": (nn.Hardswish(), functional.hardswish),
    "LeakyReLU(negative_slope=0.2)": (nn.LeakyReLU(0.2), lambda x: functional.leaky_relu(x, 0.2)),
    "Sigmoid()": (nn.Sigmoid(), functional.sigmoid),
    "Tanh()": (nn.Tanh(), functional.tanh),
    "Hardtanh(min_val=-2.0, max_val=3)": (nn.Hardtanh(-2.0, 3), lambda x: functional.hardtanh(x, -2, 3)),
    "Hardsigmoid()": (nn.Hardsigmoid(), functional.hardsigmoid),
    "Threshold(threshold=0.1, value=2)": (nn.Threshold(0.1, 2), lambda x: functional.threshold(x, 0.1, 2)),
    "Softmax(dim=0)": (nn.Softmax(0), lambda x: functional.softmax(x, 0)),
    "LogSoftmax(dim=-1)": (nn.LogSoftmax(-1), lambda x: functional.log_softmax(x, -1)),
}


@pytest.mark.parametrize("text", MODULES)
def test_activation_modules(text):
    module, function = MODULES[text]
    kept = X.copy()
    assert np.array_equal(module(X), function(X))
    assert np.array_equal(X, kept)
    assert repr(module) == text
    assert module.state_dict() == {}


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (nn.ReLU(inplace=True), "ReLU(inplace=True)"),
        (nn.ReLU6(inplace=True), "ReLU6(inplace=True)"),
        (nn.ELU(inplace=True), "ELU(alpha=1.0, inplace=True)"),
        (nn.Hardswish(inplace=True), "Hardswish()"),
        (nn.LeakyReLU(inplace=True), "LeakyReLU(negative_slope=0.01, inplace=True)"),
        (nn.Hardtanh(inplace=True), "Hardtanh(min_val=-1.0, max_val=1.0, inplace=True)"),
        (nn.Hardsigmoid(inplace=True), "Hardsigmoid()"),
        (nn.Threshold(0.1, 2.0, True), "Threshold(threshold=0.1, value=2.0, inplace=True)"),
    ],
)
def test_modules_in_place(module, text):
    x = X.copy()
    assert module(x) is x
    assert not np.array_equal(x, X)
    assert repr(module) == text


def test_hardtanh_needs_a_range():
    with pytest.raises(ArgumentError, match="min_val=1 is not below max_val=1"):
        nn.Hardtanh(1, 1)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_softmax(dim):
    x = np.random.default_rng(0).normal(0, 50, (3, 4, 5)).astype(np.float32)
    wide = np.exp(x.astype(np.float64) - x.max(axis=dim, keepdims=True))
    expected = wide / wide.sum(axis=dim, keepdims=True)
    out = functional.softmax(x, dim)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-30)
    np.testing.assert_allclose(functional.log_softmax(x, dim), np.log(expected), rtol=1e-5, atol=1e-5)
    with pytest.raises(ArgumentError, match="dim=3 for an input of shape"):
        functional.softmax(x, 3)


# -- dropout ---------------------------------------------------------------------------------------


def test_dropout_zeroes_a_share_and_scales_the_rest():
    manual_seed(0)
    x = np.full(10000, 2.0, np.float32)
    out = nn.Dropout(0.25)(x)
    assert out.dtype == np.float32
    assert set(np.unique(out)) == {np.float32(0), np.float32(2 / 0.75)}
    assert 0.23 < (out == 0).mean() < 0.27


def test_dropout_repeats_after_a_seed():
    outs = []
    for _ in range(2):
        manual_seed(7)
        outs.append(functional.dropout(X))
    assert np.array_equal(*outs)
    assert not np.array_equal(outs[0], functional.dropout(X))


def test_dropout_passes_in_evaluation():
    layer = nn.Dropout().eval()
    q = qframe.quantize_per_tensor(X, 0.05, 128, qframe.quint8)
    assert layer(X) is X
    assert layer(q) is q
    with pytest.raises(DTypeError, match="in training mode"):
        layer.train()(q)


def test_dropout_extremes():
    assert not functional.dropout(X, 1.0).any()
    assert np.array_equal(functional.dropout(X, 0.0), X)
    x = X.copy()
    assert functional.dropout(x, 0.5, inplace=True) is x
    for p in (-0.1, 1.1, float("nan"), "a"):
        with pytest.raises(ArgumentError, match="is no probability"):
            nn.Dropout(p)
    assert repr(nn.Dropout(0.2)) == "Dropout(p=0.2, inplace=False)"


# -- flatten and pad -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dims", "shape"),
    [
        ((), (120,)),
        ((1,), (2, 60)),
        ((1, 2), (2, 12, 5)),
        ((-2,), (2, 3, 20)),
        ((0, -2), (24, 5)),
        ((2, 2), (2, 3, 4, 5)),
    ],
)
def test_flatten(dims, shape):
    x = np.arange(120).reshape(2, 3, 4, 5)
    assert functional.flatten(x, *dims).shape == shape
    assert np.array_equal(functional.flatten(x, *dims).ravel(), x.ravel())
    q = qframe.QTensor.per_tensor(x.astype(np.uint8), 1.0, 0)
    assert functional.flatten(q, *dims).shape == shape


def test_flatten_module_and_edges():
    assert nn.Flatten()(np.zeros((2, 3, 4))).shape == (2, 12)
    assert nn.Flatten()(np.zeros((0, 3, 4))).shape == (0, 12)
    assert functional.flatten(np.float32(3)).shape == (1,)
    assert repr(nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"
    for dims in ((2, 1), (3,), (0, 3), (-4,)):
        with pytest.raises(ArgumentError, match="flatten from dimension"):
            functional.flatten(np.zeros((2, 3, 4)), *dims)


def test_pad_counts_from_the_last_dimension():
    x = np.ones((1, 2, 3), np.float32)
    out = functional.pad(x, (1, 2, 0, 3), value=-1.0)
    assert out.shape == (1, 5, 6)
    assert out[0, 1].tolist() == [-1, 1, 1, 1, -1, -1]
    assert (out[0, 2:] == -1).all()


@pytest.mark.parametrize(
    ("mode", "row"),
    [("reflect", [2, 1, 0, 1, 2, 1]), ("replicate", [0, 0, 0, 1, 2, 2]), ("circular", [1, 2, 0, 1, 2, 0])],
)
def test_pad_modes(mode, row):
    assert functional.pad(np.arange(3, dtype=np.float32), (2, 1), mode).tolist() == row


@pytest.mark.parametrize(
    ("pad", "mode"),
    [
        ((1,), "constant"),
        ((-1, 0), "constant"),
        ((1, 1) * 3, "constant"),
        ((3, 0), "reflect"),
        ((4, 0), "circular"),
    ],
)
def test_bad_pads(pad, mode):
    with pytest.raises(ArgumentError, match="pad"):
        functional.pad(np.zeros((2, 3), np.float32), pad, mode)
    with pytest.raises(ArgumentError, match="mode='mirror' is unknown"):
        functional.pad(X, (1, 1), "mirror")
