"""Linear and convolutions against their definitions, and their arguments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe import nn
from qframe.errors import ArgumentError
from qframe.nn import functional, functional_conv

from .definitions import convolution

CONVS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
FUNCTIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}


def normal(rng, *shape):
    return rng.standard_normal(shape, dtype=np.float32)


def close(actual, expected):
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


# -- linear ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [(), (4,), (2, 3), (0,), (2, 0)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear(lead, bias):
    rng = np.random.default_rng(0)
    layer = nn.Linear(5, 3, bias)
    x = normal(rng, *lead, 5)
    expected = np.zeros((*lead, 3))
    for at in np.ndindex(*lead, 3):
        row = layer.weight[at[-1]].astype(np.float64)
        expected[at] = x[at[:-1]] @ row + (layer.bias[at[-1]] if bias else 0.0)
    close(layer(x), expected)


def test_linear_without_inputs_gives_the_bias():
    layer = nn.Linear(0, 2)
    close(layer(np.zeros((3, 0), np.float32)), [layer.bias] * 3)


def test_linear_leaves_its_input_alone_and_takes_any_strides():
    rng = np.random.default_rng(1)
    layer, x = nn.Linear(4, 2), normal(rng, 8, 6)
    view = x[::2, 4::-1][:, :4]
    kept = x.copy()
    close(layer(view), layer(view.copy()))
    assert np.array_equal(x, kept)


def test_linear_converts_float64():
    layer = nn.Linear(2, 2)
    x = np.ones((1, 2))
    assert np.array_equal(layer(x), layer(x.astype(np.float32)))


# -- convolution -----------------------------------------------------------------------------------


@st.composite
def cases(draw):
    dims = draw(st.sampled_from([1, 1, 2, 2, 2, 3]))
    groups = draw(st.sampled_from([1, 1, 2, 3]))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    kernel, stride, padding, dilation = each(1, 3), each(1, 3), each(0, 2), each(1, 2)
    size = tuple(d * (k - 1) + 1 + extra for d, k, extra in zip(dilation, kernel, each(0, 3), strict=True))
    channels = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    return draw(st.integers(0, 3)), channels, size, kernel, stride, padding, dilation, groups


@settings(max_examples=60, deadline=None)
@given(case=cases(), bias=st.booleans(), seed=st.integers(0, 100))
def test_convolution_is_its_definition(case, bias, seed):
    batch, (c_in, c_out), size, kernel, stride, padding, dilation, groups = case
    rng = np.random.default_rng(seed)
    layer = CONVS[len(size)](c_in, c_out, kernel, stride, padding, dilation, groups, bias)
    x = normal(rng, batch, c_in, *size)
    expected = convolution(x, layer.weight, layer.bias, stride, padding, dilation, groups)
    close(layer(x), expected)


@pytest.mark.parametrize("block", [1, 40, 300, 1 << 19])
def test_the_size_of_the_blocks_does_not_matter(monkeypatch, block):
    rng = np.random.default_rng(2)
    x, weight = normal(rng, 3, 4, 6, 5), normal(rng, 6, 2, 3, 2)
    monkeypatch.setattr(functional_conv, "_BLOCK", block)
    expected = convolution(x, weight, None, (1, 1), (1, 1), (1, 1), 2)
    close(functional.conv2d(x, weight, padding=1, groups=2), expected)


def test_convolution_takes_any_strides_and_leaves_its_input_alone():
    rng = np.random.default_rng(3)
    layer = nn.Conv2d(3, 4, 3, padding=1)
    x = normal(rng, 2, 5, 5, 3).transpose(0, 3, 1, 2)
    kept = x.copy()
    close(layer(x), layer(kept))
    close(layer(kept[:, :, ::-1, ::2]), layer(kept[:, :, ::-1, ::2].copy()))
    assert np.array_equal(x, kept)


def test_pointwise_convolution_is_a_linear_layer_over_channels():
    rng = np.random.default_rng(4)
    x, weight = normal(rng, 2, 3, 4, 4), normal(rng, 5, 3, 1, 1)
    close(functional.conv2d(x, weight), np.einsum("nchw,oc->nohw", x, weight[:, :, 0, 0]))


@pytest.mark.parametrize(
    ("mode", "numpy_mode"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")]
)
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_padding_modes(mode, numpy_mode, dims):
    rng = np.random.default_rng(5)
    padding = (1, 2, 1)[:dims]
    layer = CONVS[dims](2, 2, 3, padding=padding, padding_mode=mode)
    x = normal(rng, 1, 2, *(4, 5, 3)[:dims])
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], mode=numpy_mode)
    close(layer(x), FUNCTIONS[dims](padded, layer.weight, layer.bias))


def test_attributes():
    layer = nn.Conv2d(4, 6, 3, stride=(2, 1), padding=1, dilation=2, groups=2, bias=False)
    assert (layer.in_channels, layer.out_channels, layer.groups) == (4, 6, 2)
    assert (layer.kernel_size, layer.stride, layer.padding, layer.dilation) == (
        (3, 3),
        (2, 1),
        (1, 1),
        (2, 2),
    )
    assert (layer.padding_mode, layer.transposed, layer.output_padding) == ("zeros", False, (0, 0))
    assert layer.weight.shape == (6, 2, 3, 3)
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Conv1d(1, 2, 3), "Conv1d(1, 2, kernel_size=(3,), stride=(1,))"),
        (
            nn.Conv2d(2, 4, 3, bias=False, padding_mode="circular"),
            "Conv2d(2, 4, kernel_size=(3, 3), stride=(1, 1), bias=False, padding_mode=circular)",
        ),
        (
            nn.Conv2d(2, 4, 3, 2, (0, 1), 2, 2),
            "Conv2d(2, 4, kernel_size=(3, 3), stride=(2, 2), padding=(0, 1), dilation=(2, 2), groups=2)",
        ),
        (nn.Linear(2, 3, bias=False), "Linear(in_features=2, out_features=3, bias=False)"),
    ],
)
def test_repr(layer, text):
    assert repr(layer) == text


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"groups": 2}, "in_channels=3 and out_channels=4 must be divisible by groups=2"),
        ({"groups": 0}, "groups=0"),
        ({"out_channels": 0}, "out_channels=0"),
        ({"in_channels": "3"}, "in_channels='3' must be a whole number"),
        ({"kernel_size": 0}, "kernel_size=0 must be a whole number of at least 1"),
        ({"kernel_size": (3, 3, 3)}, r"kernel_size=\(3, 3, 3\)"),
        ({"stride": 0}, "stride=0"),
        ({"stride": 1.5}, "stride=1.5"),
        ({"padding": -1}, "padding=-1"),
        ({"padding": "same"}, "padding='same'"),
        ({"dilation": 0}, "dilation=0"),
        ({"padding_mode": "mirror"}, "padding_mode='mirror' is unknown. Choose one of zeros, reflect"),
    ],
)
def test_bad_constructor_arguments(arguments, text):
    with pytest.raises(ArgumentError, match=text):
        nn.Conv2d(**{"in_channels": 3, "out_channels": 4, "kernel_size": 3, **arguments})


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((1, 4, 8, 8), "has 4 channels along axis 1, but 3 are needed"),
        ((3, 8, 8), r"takes shape \(N, C, H, W\), got \(3, 8, 8\). Add the batch dimension"),
        ((1, 1, 3, 8, 8), r"takes shape \(N, C, H, W\)"),
        ((1, 3, 4, 2), r"spatial size \(4, 2\) is too small for kernel_size=\(5, 5\)"),
    ],
)
@pytest.mark.parametrize("mode", ["zeros", "circular"])
def test_inputs_that_do_not_fit_a_convolution(shape, text, mode):
    layer = nn.Conv2d(3, 4, 5, padding=0, padding_mode=mode)
    with pytest.raises(ArgumentError, match=rf"in the outermost module \(Conv2d\): .*{text}"):
        layer(np.zeros(shape, np.float32))


def test_reflection_needs_enough_input():
    layer = nn.Conv1d(1, 1, 3, padding=4, padding_mode="reflect")
    with pytest.raises(ArgumentError, match="mode 'reflect' cannot take 4 from dimension 2"):
        layer(np.zeros((1, 1, 4), np.float32))


@pytest.mark.parametrize(("weight", "groups"), [((4, 3, 3), 1), ((4, 1, 3, 3), 3), ((0, 3, 3, 3), 1)])
def test_weights_that_do_not_fit(weight, groups):
    with pytest.raises(ArgumentError, match="does not fit groups"):
        functional.conv2d(np.zeros((1, 3, 8, 8), np.float32), np.zeros(weight, np.float32), groups=groups)


@pytest.mark.parametrize("groups", [0, 1.0, "1"])
def test_groups_must_be_a_count(groups):
    x = np.zeros((1, 1, 3), np.float32)
    with pytest.raises(ArgumentError, match="groups=.* must be a whole number of at least 1"):
        functional.conv1d(x, x, groups=groups)


def test_bias_of_the_wrong_length():
    x, weight = np.zeros((1, 1, 3), np.float32), np.zeros((2, 1, 1), np.float32)
    with pytest.raises(ArgumentError, match=r"the bias has shape \(3,\), but there are 2 channels"):
        functional.conv1d(x, weight, np.zeros(3, np.float32))


def test_input_that_does_not_fit_linear():
    with pytest.raises(
        ArgumentError, match=r"input of shape \(2, 3, 4\) does not fit the weight of shape \(2, 12\)"
    ):
        nn.Linear(12, 2)(np.zeros((2, 3, 4), np.float32))
    with pytest.raises(ArgumentError, match="in_features=-1 must be a whole number of at least 0"):
        nn.Linear(-1, 2)
