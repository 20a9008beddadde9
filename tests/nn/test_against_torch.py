"""The float layers against PyTorch, where it is installed: numbers to float32 1e-5 relative, texts equal."""

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qframe import nn
from qframe.nn import functional

torch = pytest.importorskip("torch")

SEEDS = st.integers(0, 10_000)
KINDS = {1: "Conv1d", 2: "Conv2d", 3: "Conv3d"}


def tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array))


def numpy_state(module):
    return {key: value.numpy() for key, value in module.state_dict().items()}


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def close(actual, expected, atol=1e-5):
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected.detach().numpy(), rtol=1e-5, atol=atol)


def text(module):
    """PyTorch's repr, without the ``bias`` that newer versions print for norms."""
    return re.sub(r"(affine=\w+), bias=\w+", r"\1", repr(module))


def pair(name, *args, **kwargs):
    """The same layer of both, PyTorch's weights in both."""
    theirs = getattr(torch.nn, name)(*args, **kwargs)
    ours = getattr(nn, name)(*args, **kwargs)
    result = ours.load_state_dict(theirs.state_dict())
    assert result == ([], [])
    assert repr(ours) == text(theirs)
    return ours, theirs


@st.composite
def convolutions(draw):
    dims = draw(st.sampled_from([1, 2, 2, 2, 3]))
    groups = draw(st.sampled_from([1, 1, 2, 4]))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    mode = draw(st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]))
    kernel, stride, padding, dilation = each(1, 4), each(1, 3), each(0, 2), each(1, 3)
    size = tuple(max(3, d * (k - 1) + 1) + e for d, k, e in zip(dilation, kernel, each(0, 6), strict=True))
    channels = groups * draw(st.integers(1, 5)), groups * draw(st.integers(1, 5))
    arguments = (*channels, kernel, stride, padding, dilation, groups, draw(st.booleans()), mode)
    return size, arguments


@settings(max_examples=80, deadline=None)
@given(case=convolutions(), batch=st.integers(1, 3), seed=SEEDS)
def test_convolutions(case, batch, seed):
    size, arguments = case
    ours, theirs = pair(KINDS[len(size)], *arguments)
    x = normal(seed, batch, arguments[0], *size)
    close(ours(x), theirs(tensor(x)), atol=2e-5)


@pytest.mark.parametrize(
    "shape",
    [((2, 64, 30, 28), (48, 64, 3, 3), 1), ((1, 96, 40, 40), (96, 1, 3, 3), 96)],
    ids=["full", "depthwise"],
)
def test_convolutions_of_real_size(shape):
    x, weight = normal(0, *shape[0]), normal(1, *shape[1])
    expected = torch.nn.functional.conv2d(tensor(x), tensor(weight), padding=1, groups=shape[2])
    close(functional.conv2d(x, weight, padding=1, groups=shape[2]), expected, atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
def test_linear(bias):
    ours, theirs = pair("Linear", 37, 11, bias)
    x = normal(0, 4, 5, 37)
    close(ours(x), theirs(tensor(x)))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("BatchNorm1d", (8, 5)),
        ("BatchNorm1d", (3, 5, 7)),
        ("BatchNorm2d", (3, 5, 4, 6)),
        ("BatchNorm3d", (2, 5, 3, 4, 2)),
    ],
)
@pytest.mark.parametrize("momentum", [0.1, 0.7, None])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("track", [True, False])
def test_batch_norms(name, shape, momentum, affine, track):
    ours, theirs = pair(name, 5, 1e-4, momentum, affine, track)
    for seed in range(3):
        x = normal(seed, *shape) * 3 + 1
        close(ours(x), theirs(tensor(x)))
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key], value.numpy(), rtol=1e-5, atol=1e-6)
    close(ours.eval()(x), theirs.eval()(tensor(x)))


@st.composite
def pools(draw, dilated):
    def two(low, high):
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    kernel = two(1, 4)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    dilation = two(1, 2) if dilated else (1, 1)
    least = (max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation, strict=True))
    size = tuple(low + draw(st.integers(0, 8)) for low in least)
    return size, kernel, two(1, 4), padding, dilation, draw(st.booleans())


@settings(max_examples=80, deadline=None)
@given(case=pools(dilated=True), seed=SEEDS)
def test_max_pool2d(case, seed):
    size, kernel, stride, padding, dilation, ceil_mode = case
    ours, theirs = pair("MaxPool2d", kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    x = normal(seed, 2, 3, *size)
    assert np.array_equal(ours(x), theirs(tensor(x)).numpy())


@settings(max_examples=80, deadline=None)
@given(case=pools(dilated=False), seed=SEEDS, include=st.booleans(), divisor=st.sampled_from([None, 5]))
def test_avg_pool2d(case, seed, include, divisor):
    size, kernel, stride, padding, _, ceil_mode = case
    ours, theirs = pair("AvgPool2d", kernel, stride, padding, ceil_mode, include, divisor)
    x = normal(seed, 2, 3, *size)
    close(ours(x), theirs(tensor(x)))


@pytest.mark.parametrize("include", [False, True])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("window", [(2,), (3, 2, 1), ((2, 3, 1), (1, 2, 3), (1, 0, 0))])
def test_avg_pool3d(window, ceil_mode, include):
    ours, theirs = pair("AvgPool3d", *window, ceil_mode=ceil_mode, count_include_pad=include)
    x = normal(0, 2, 3, 5, 6, 7)
    close(ours(x), theirs(tensor(x)))


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("LayerNorm", (7,), (3, 5, 7)),
        ("LayerNorm", ((5, 7), 1e-3), (3, 5, 7)),
        ("LayerNorm", (7, 1e-5, False), (4, 7)),
        ("GroupNorm", (3, 6), (2, 6)),
        ("GroupNorm", (2, 6, 1e-3), (2, 6, 4, 3)),
        ("GroupNorm", (1, 6, 1e-5, False), (2, 6, 4, 3, 2)),
    ],
)
def test_layer_and_group_norms(name, arguments, shape):
    ours, theirs = pair(name, *arguments)
    for seed, (key, value) in enumerate(theirs.named_parameters()):
        value.data = tensor(normal(seed, *value.shape))
        setattr(ours, key, normal(seed, *value.shape))
    x = normal(7, *shape) * 3 + 1
    close(ours(x), theirs(tensor(x)))


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("track", [True, False])
def test_instance_norms(dims, affine, track):
    ours, theirs = pair(f"InstanceNorm{dims}d", 5, 1e-4, 0.3, affine, track)
    for seed in range(3):
        x = normal(seed, 3, 5, *(4, 6, 2)[:dims]) * 3 + 1
        close(ours(x), theirs(tensor(x)))
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key], value.numpy(), rtol=1e-5, atol=1e-6)
    close(ours.eval()(x), theirs.eval()(tensor(x)))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ELU", (1.5,)),
        ("Hardswish", ()),
        ("LeakyReLU", (0.2,)),
        ("Sigmoid", ()),
        ("Tanh", ()),
        ("Hardtanh", (-0.5, 2)),
        ("Hardsigmoid", ()),
        ("Threshold", (0.3, 2.0)),
        ("Softmax", (1,)),
        ("LogSoftmax", (0,)),
    ],
)
def test_activation_modules(name, arguments):
    ours, theirs = pair(name, *arguments)
    x = normal(0, 20, 30) * 4
    close(ours(x), theirs(tensor(x)))


@settings(max_examples=100, deadline=None)
@given(
    dims=st.integers(1, 3),
    linear=st.booleans(),
    align=st.booleans(),
    recompute=st.booleans(),
    factors=st.none() | st.lists(st.floats(0.4, 3.5), min_size=3, max_size=3),
    size=st.lists(st.integers(1, 9), min_size=3, max_size=3),
    seed=SEEDS,
)
def test_interpolate(dims, linear, align, recompute, factors, size, seed):
    x = normal(seed, 2, 3, *(4, 5, 3)[:dims])
    mode = ["linear", "bilinear", "trilinear"][dims - 1] if linear else "nearest"
    arguments = {"mode": mode, "align_corners": align if linear else None}
    if factors is None:
        arguments["size"] = tuple(size[:dims])
    else:
        arguments |= {"scale_factor": tuple(factors[:dims]), "recompute_scale_factor": recompute}
        # Lengths that are kept or doubled go by the sizes in PyTorch 1.6, in later versions of images only.
        special = any(int(n * f) in (n, 2 * n) for n, f in zip(x.shape[2:], factors, strict=False))
        assume(linear or dims == 2 or recompute or not special)
    theirs = torch.nn.functional.interpolate(tensor(x), **arguments)
    close(functional.interpolate(x, **arguments), theirs)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Upsample", {"scale_factor": 2}),
        ("Upsample", {"size": (7, 3), "mode": "bilinear", "align_corners": True}),
        ("UpsamplingNearest2d", {"size": 7}),
        ("UpsamplingBilinear2d", {"scale_factor": (1.5, 2)}),
    ],
)
def test_upsampling_modules(name, arguments):
    ours, theirs = pair(name, **arguments)
    x = normal(0, 2, 3, 4, 5)
    close(ours(x), theirs(tensor(x)))


@pytest.mark.parametrize("size", [1, 4, (3, 7), (None, 2), (15, 1)])
def test_adaptive_avg_pool2d(size):
    ours, theirs = pair("AdaptiveAvgPool2d", size)
    x = normal(0, 2, 3, 10, 7)
    close(ours(x), theirs(tensor(x)))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_lstm(bidirectional, bias, batch_first):
    ours, theirs = pair("LSTM", 7, 5, 2, bias, batch_first, 0.0, bidirectional)
    x = normal(0, 4, 4, 7)
    states = 4 if bidirectional else 2
    hx = normal(1, states, 4, 5), normal(2, states, 4, 5)
    out, (h_n, c_n) = ours(x, hx)
    expected, (h_expected, c_expected) = theirs(tensor(x), tuple(map(tensor, hx)))
    close(out, expected)
    close(h_n, h_expected)
    close(c_n, c_expected)
    close(ours(x)[0], theirs(tensor(x))[0])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_gru(bidirectional, bias, batch_first):
    ours, theirs = pair("GRU", 7, 5, 2, bias, batch_first, 0.0, bidirectional)
    x, h = normal(0, 4, 4, 7), normal(1, 4 if bidirectional else 2, 4, 5)
    for hx in (h, None):
        expected, last = theirs(tensor(x), None if hx is None else tensor(hx))
        out, h_n = ours(x, hx)
        close(out, expected)
        close(h_n, last)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
@pytest.mark.parametrize("lengths", [[5, 3, 3, 1], [2, 5, 1, 3]])
@pytest.mark.parametrize("batch_first", [False, True])
def test_packed_sequences(name, lengths, batch_first):
    ours, theirs = pair(name, 7, 5, 2, bidirectional=True)
    x = normal(0, 4, 5, 7) if batch_first else normal(0, 5, 4, 7)
    sort = lengths == sorted(lengths, reverse=True)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first, sort)
    packed_theirs = torch.nn.utils.rnn.pack_padded_sequence(tensor(x), lengths, batch_first, sort)
    for mine, their in zip(packed, packed_theirs, strict=True):
        assert (mine is None) == (their is None)
        assert mine is None or np.array_equal(mine, their.numpy())
    h = normal(1, 4, 4, 5)
    hx = (h, h) if name == "LSTM" else h
    out, last = ours(packed, hx)
    expected, last_theirs = theirs(packed_theirs, tuple(map(tensor, hx)) if name == "LSTM" else tensor(hx))
    close(out.data, expected.data)
    close(np.stack(last), torch.stack(last_theirs) if name == "LSTM" else last_theirs)
    padded, counts = nn.utils.rnn.pad_packed_sequence(out, batch_first, 0.5, 6)
    padded_theirs, counts_theirs = torch.nn.utils.rnn.pad_packed_sequence(expected, batch_first, 0.5, 6)
    close(padded, padded_theirs)
    assert counts.tolist() == counts_theirs.tolist()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("LSTMCell", (7, 5)),
        ("GRUCell", (7, 5)),
        ("RNNCell", (7, 5)),
        ("RNNCell", (7, 5, False, "relu")),
        ("GRUCell", (7, 5, False)),
    ],
)
def test_cells(name, arguments):
    ours, theirs = pair(name, *arguments)
    x, h = normal(0, 3, 7), normal(1, 3, 5)
    hx = (h, normal(2, 3, 5)) if name == "LSTMCell" else h
    expected = theirs(tensor(x), tuple(map(tensor, hx)) if name == "LSTMCell" else tensor(hx))
    new = ours(x, hx)
    close(np.stack(new), torch.stack(expected) if name == "LSTMCell" else expected)


@pytest.mark.parametrize("padding_idx", [None, 2, -1])
def test_embedding(padding_idx):
    ours, theirs = pair("Embedding", 6, 4, padding_idx)
    indices = np.array([[0, 5, 2], [1, 1, 4]])
    assert np.array_equal(ours(indices), theirs(tensor(indices)).detach().numpy())
    assert np.array_equal(
        ~nn.Embedding(6, 4, padding_idx).weight.any(axis=1), ~theirs.weight.detach().numpy().any(axis=1)
    )


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("relu", {}),
        ("relu6", {}),
        ("hardtanh", {"min_val": -0.5, "max_val": 2.0}),
        ("leaky_relu", {"negative_slope": 0.2}),
        ("elu", {"alpha": 1.5}),
        ("hardswish", {}),
        ("hardsigmoid", {}),
        ("threshold", {"threshold": 0.3, "value": -1.0}),
        ("sigmoid", {}),
        ("tanh", {}),
        ("softmax", {"dim": 1}),
        ("log_softmax", {"dim": 0}),
    ],
)
def test_elementwise_functions(name, arguments):
    x = normal(0, 20, 30) * 4
    theirs = getattr(torch, name, None) or getattr(torch.nn.functional, name)
    theirs = getattr(torch.nn.functional, name) if arguments else theirs
    close(getattr(functional, name)(x, **arguments), theirs(tensor(x), **arguments))


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_pad(mode):
    x = normal(0, 2, 3, 4, 5)
    theirs = torch.nn.functional.pad(tensor(x), (2, 1, 0, 3), mode)
    assert np.array_equal(functional.pad(x, (2, 1, 0, 3), mode), theirs.numpy())


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("extra", [(), (3, 2)])
def test_cross_entropy(reduction, smoothing, weighted, extra):
    x = normal(0, 6, 4, *extra)
    target = np.random.default_rng(1).integers(0, 4, (6, *extra))
    target.flat[0] = -100
    weight = np.array([0.5, 1, 2, 0], np.float32) if weighted else None
    ours = nn.CrossEntropyLoss(weight, reduction=reduction, label_smoothing=smoothing)
    theirs = torch.nn.CrossEntropyLoss(
        None if weight is None else tensor(weight), reduction=reduction, label_smoothing=smoothing
    )
    close(ours(x, target), theirs(tensor(x), tensor(target)))
    assert repr(ours) == text(theirs)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_other_losses(reduction):
    x, y, target = normal(0, 6, 4), normal(1, 6, 4), np.array([0, 1, 2, 3, -100, 1])
    for name, aim in (("MSELoss", y), ("L1Loss", y), ("NLLLoss", target)):
        ours, theirs = pair(name, reduction=reduction)
        close(ours(x, aim), theirs(tensor(x), tensor(aim)))


def network(library):
    """The same network in either library."""
    block = library.Sequential(
        library.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), library.BatchNorm2d(8), library.ReLU6(True)
    )
    return library.Sequential(
        library.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
        library.BatchNorm2d(8),
        library.ReLU(inplace=True),
        library.MaxPool2d(2, ceil_mode=True),
        block,
        library.AdaptiveAvgPool2d((2, 3)),
        library.Flatten(),
        library.Dropout(0.3),
        library.Linear(48, 10),
        library.Identity(),
    )


def test_whole_network():
    theirs, ours = network(torch.nn), network(nn)
    x = normal(0, 4, 3, 17, 21)
    for _ in range(3):
        theirs(tensor(x))
    assert ours.load_state_dict(numpy_state(theirs)) == ([], [])
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == text(theirs)
    close(ours.eval()(x), theirs.eval()(tensor(x)))
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]
    assert [name for name, _ in ours.named_buffers()] == [name for name, _ in theirs.named_buffers()]
    theirs.load_state_dict({key: torch.from_numpy(np.array(v)) for key, v in ours.state_dict().items()})


@pytest.mark.parametrize(
    "build",
    [
        lambda library: library.Sequential(),
        lambda library: library.ModuleDict(
            {"a": library.Linear(1, 2), "b": library.Sequential(library.ReLU())}
        ),
        lambda library: library.ModuleList([library.Identity(), library.Dropout(0.1)]),
        lambda library: library.AvgPool2d((2, 3), padding=1),
        lambda library: library.Conv1d(2, 2, 3, padding=1, padding_mode="reflect"),
    ],
)
def test_repr(build):
    assert repr(build(nn)) == repr(build(torch.nn))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Linear", (300, 200)),
        ("Conv2d", (30, 50, 3)),
        ("LSTM", (30, 40)),
        ("GRUCell", (30, 40)),
    ],
)
def test_initial_weights_have_the_same_distribution(name, arguments):
    ours, theirs = getattr(nn, name)(*arguments), getattr(torch.nn, name)(*arguments)
    for key, value in theirs.state_dict().items():
        if value.ndim > 1:
            mine = ours.state_dict()[key]
            assert mine.std() == pytest.approx(value.numpy().std(), rel=0.03)
            assert np.abs(mine).max() == pytest.approx(np.abs(value.numpy()).max(), rel=0.01)


def test_gains():
    for name in ("linear", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
