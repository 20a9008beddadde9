"""What the packing contracts and the holders refuse."""

import numpy as np
import pytest

from qframe import ops
from qframe.errors import ArgumentError, DTypeError, QSchemeError

from .tensors import activation, floats, per_channel, weight

ONE = {1: (1,), 2: (1, 1), 3: (1, 1, 1)}
NONE = {1: (0,), 2: (0, 0), 3: (0, 0, 0)}
PACKS = {1: ops.conv1d_pack, 2: ops.conv2d_pack, 3: ops.conv3d_pack}


def conv_weight(dims, outputs=4, inputs=2):
    return weight(outputs, inputs, *(3,) * dims)


def pack(dims, w, bias=None, stride=None, padding=None, dilation=None, groups=1):
    numbers = stride or ONE[dims], padding or NONE[dims], dilation or ONE[dims], groups
    return PACKS[dims](w, bias, *numbers)


def hold(dims, w, bias=None, stride=None, padding=None, dilation=None, groups=1):
    return ops.PackedConv(w, bias, stride or ONE[dims], padding or NONE[dims], dilation or ONE[dims], groups)


@pytest.mark.parametrize("make", [ops.linear_pack, ops.PackedLinear])
@pytest.mark.parametrize(
    ("w", "bias", "kind", "text"),
    [
        (floats(2, 3), None, DTypeError, "got a float32 array of shape (2, 3); it needs a quantized tensor"),
        (activation(2, 3), None, DTypeError, "the weight is qframe.quint8; it must be qframe.qint8"),
        (weight(2, 3, 4), None, ArgumentError, "the weight has shape (2, 3, 4); it must have 2 dimensions"),
        (per_channel(2, 3, axis=1), None, QSchemeError, "per channel along axis 1; only axis 0"),
        (weight(2, 3), floats(3), ArgumentError, "the bias has shape (3,), but there are 2 output channels"),
        (weight(2, 3), np.ones(2), DTypeError, "the bias is a float64 array of shape (2,)"),
        (weight(2, 3), activation(2), DTypeError, "the bias is a quint8 tensor of shape (2,)"),
    ],
)
def test_linear_weights(make, w, bias, kind, text):
    with pytest.raises(kind) as error:
        make(w, bias)
    assert text in str(error.value)
    assert error.value.fix


@pytest.mark.parametrize("make", [ops.linear_pack_fp16, ops.PackedLinearFp16])
@pytest.mark.parametrize(
    ("w", "bias", "kind", "text"),
    [
        (weight(2, 3), None, DTypeError, "the weight is a qint8 tensor of shape (2, 3)"),
        (np.ones((2, 3)), None, DTypeError, "the weight is a float64 array of shape (2, 3)"),
        (floats(3), None, ArgumentError, "(3,)"),
        (floats(2, 3), floats(3), ArgumentError, "the bias has shape (3,), but there are 2 output channels"),
    ],
)
def test_half_precision_weights(make, w, bias, kind, text):
    with pytest.raises(kind) as error:
        make(w, bias)
    assert text in str(error.value)


@pytest.mark.parametrize("make", [pack, hold])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_convolution_weights(make, dims):
    for w, kind, text in (
        (floats(4, 2, *(3,) * dims), DTypeError, "it needs a quantized tensor"),
        (activation(4, 2, *(3,) * dims), DTypeError, "it must be qframe.qint8"),
        (weight(4, 2), ArgumentError, f"it must have {dims + 2} dimensions"),
        (per_channel(4, 2, *(3,) * dims, axis=1), QSchemeError, "only axis 0 (output channels) is supported"),
    ):
        with pytest.raises(kind) as error:
            make(dims, w)
        assert text in str(error.value)


@pytest.mark.parametrize("make", [pack, hold])
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"padding": (1,)}, "padding=(1,) must be {dims} whole numbers of at least 0"),
        ({"dilation": (1,)}, "dilation=(1,) must be {dims} whole numbers of at least 1"),
        ({"groups": 3}, "4 output channels cannot be split into 3 groups"),
        ({"groups": 0}, "cannot be split into 0 groups"),
        ({"bias": floats(3)}, "the bias has shape (3,), but there are 4 output channels"),
    ],
)
def test_convolution_numbers(make, dims, changes, text):
    with pytest.raises(ArgumentError) as error:
        make(dims, conv_weight(dims), **changes)
    assert text.format(dims=dims) in str(error.value)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(("name", "bad"), [("stride", 0), ("padding", -1), ("dilation", 0)])
def test_convolution_numbers_below_the_least(dims, name, bad):
    with pytest.raises(ArgumentError, match=f"conv{dims}d.*{name}="):
        pack(dims, conv_weight(dims), **{name: (bad,) * dims})


LINEAR = ops.PackedLinear(weight(2, 3))
HALF = ops.PackedLinearFp16(floats(2, 3))
CONV = hold(2, conv_weight(2))


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: LINEAR(floats(5, 3), 0.1, 0), DTypeError, "linear got a float32 array of shape (5, 3)"),
        (
            lambda: LINEAR(weight(5, 3), 0.1, 0),
            DTypeError,
            "linear takes quint8 activations, got a qint8 tensor",
        ),
        (lambda: LINEAR(activation(5, 4), 0.1, 0), ArgumentError, "takes shape (..., 3)"),
        (lambda: LINEAR(activation(3), 0.1, 0), ArgumentError, "got (3,). Add the batch dimension"),
        (lambda: LINEAR.dynamic(activation(5, 3)), DTypeError, "dynamic linear: input is a quint8 tensor"),
        (lambda: LINEAR.dynamic(np.ones((5, 3))), DTypeError, "input is a float64 array of shape (5, 3)"),
        (lambda: LINEAR.dynamic(floats(5, 4)), ArgumentError, "dynamic linear takes shape (..., 3)"),
        (lambda: HALF(activation(5, 3)), DTypeError, "float16 linear: input is a quint8 tensor"),
        (lambda: HALF(floats(5, 4)), ArgumentError, "float16 linear takes shape (..., 3)"),
        (lambda: CONV(floats(1, 2, 5, 5), 0.1, 0), DTypeError, "conv2d got a float32 array"),
        (lambda: CONV(weight(1, 2, 5, 5), 0.1, 0), DTypeError, "conv2d takes quint8 activations"),
        (
            lambda: CONV(activation(2, 5, 5), 0.1, 0),
            ArgumentError,
            "conv2d takes shape (N, C, H, W), got (2, 5, 5)",
        ),
        (
            lambda: CONV(activation(1, 3, 5, 5), 0.1, 0),
            ArgumentError,
            "conv2d with groups=1 and a weight of shape (4, 2, 3, 3) takes 2 channels, got 3",
        ),
        (
            lambda: CONV(activation(1, 2, 5, 2), 0.1, 0),
            ArgumentError,
            "an input of spatial size (5, 2) is too small for kernel (3, 3)",
        ),
        (lambda: CONV(activation(1, 2, 5, 5), 0.1, 256), ArgumentError, "zero_point 256 is out of range"),
        (lambda: CONV(activation(1, 2, 5, 5), 0.1, 0, clamp=(5, 1)), ArgumentError, "clamp (5, 1)"),
    ],
)
def test_calls(call, kind, text):
    with pytest.raises(kind) as error:
        call()
    assert text in str(error.value)
    assert error.value.fix


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_dynamic_linear_refuses_numbers_that_are_not_finite(bad):
    x = floats(5, 3)
    x[2, 1] = bad
    with pytest.raises(ArgumentError, match="must be finite"):
        LINEAR.dynamic(x)
