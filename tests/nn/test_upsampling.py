"""Interpolation of float arrays and quantized tensors."""

import math

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe.engines import registry
from qframe.errors import ArgumentError, DTypeError
from qframe.nn import functional


@pytest.fixture(autouse=True)
def _on_reference():
    with registry.use_engine("reference"):
        yield


def data(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def linear(line, output, align, step=None):
    """One line, position by position."""
    length, out = len(line), []
    for i in range(output):
        if align:
            position = i * (length - 1) / max(output - 1, 1)
        else:
            position = max((i + 0.5) * (length / output if step is None else step) - 0.5, 0)
        first = min(int(position), length - 1)
        weight = position - first
        out.append(line[first] * (1 - weight) + line[min(first + 1, length - 1)] * weight)
    return np.array(out)


@pytest.mark.parametrize("output", [1, 3, 5, 12])
@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("mode", ["linear", "bilinear", "trilinear"])
def test_linear_modes(output, align, mode):
    dims = ["linear", "bilinear", "trilinear"].index(mode) + 1
    x = data(2, 3, *(5, 4, 3)[:dims])
    out = functional.interpolate(x, output, mode=mode, align_corners=align)
    expected = x.astype(np.float64)
    for axis in range(2, 2 + dims):
        expected = np.apply_along_axis(linear, axis, expected, output, align)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [(7,), (2, 9), (3, 4, 5)])
def test_nearest_takes_the_element_before(size):
    x = data(2, 3, *(5, 4, 3)[: len(size)])
    out = functional.interpolate(x, size)
    for at in np.ndindex(*size):
        source = tuple(math.floor(i * n / o) for i, n, o in zip(at, x.shape[2:], size, strict=True))
        assert np.array_equal(out[(..., *at)], x[(..., *source)])


def test_factors_decide_positions_unless_they_are_recomputed():
    x = data(1, 1, 10)
    given = functional.interpolate(x, scale_factor=2.55, mode="linear", align_corners=False)
    assert given.shape == (1, 1, 25)
    np.testing.assert_allclose(given[0, 0], linear(x[0, 0], 25, False, 1 / 2.55), atol=1e-5)
    again = functional.interpolate(x, None, 2.55, "linear", False, recompute_scale_factor=True)
    np.testing.assert_allclose(again[0, 0], linear(x[0, 0], 25, False), atol=1e-5)
    assert np.abs(given - again).max() > 1e-3
    assert functional.interpolate(x, scale_factor=(0.5,)).shape == (1, 1, 5)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_factors_that_change_no_size_copy(mode):
    x = data(1, 2, 6, 9)
    assert np.array_equal(functional.interpolate(x, scale_factor=1.1, mode=mode), x)
    q = qframe.quantize_per_tensor(x, 0.05, 100, qframe.quint8)
    assert functional.interpolate(q, scale_factor=1.1, mode=mode).equal(q)
    assert not np.array_equal(functional.interpolate(x, scale_factor=(1.1, 1.2), mode=mode)[..., :9], x)


def test_nearest_keeps_or_doubles_a_length_by_the_sizes_as_pytorch_1_6_does():
    x = data(1, 1, 5, 6)
    out = functional.interpolate(x, scale_factor=(2.125, 1.15))
    assert np.array_equal(out, x.repeat(2, axis=2))
    q = qframe.quantize_per_tensor(x, 0.05, 100, qframe.quint8)
    by_factor = [min(int(np.float32(i) * np.float32(1 / 2.125)), 4) for i in range(10)]
    codes = functional.interpolate(q, scale_factor=(2.125, 1.15)).int_repr()
    assert np.array_equal(codes[..., 0], q.int_repr()[:, :, by_factor, 0])


def test_linear_modes_keep_a_length_by_the_sizes_as_pytorch_does():
    x = data(1, 1, 6, 4)
    out = functional.interpolate(x, scale_factor=(1.15, 2), mode="bilinear")
    assert np.array_equal(out, functional.interpolate(x, (6, 8), mode="bilinear"))


def test_older_names():
    x = data(1, 2, 3, 4)
    assert np.array_equal(functional.upsample_nearest(x, 6), functional.interpolate(x, 6))
    aligned = functional.interpolate(x, (6, 5), None, "bilinear", True)
    assert np.array_equal(functional.upsample_bilinear(x, (6, 5)), aligned)
    assert np.array_equal(functional.upsample(x, (6, 5), mode="bilinear", align_corners=True), aligned)


def test_modules():
    x = data(1, 2, 3, 4)
    assert np.array_equal(nn.Upsample(scale_factor=2)(x), functional.interpolate(x, scale_factor=2))
    bilinear = functional.interpolate(x, (5, 6), mode="bilinear", align_corners=True)
    assert np.array_equal(nn.UpsamplingBilinear2d((5, 6))(x), bilinear)
    assert np.array_equal(nn.UpsamplingNearest2d(7)(x), functional.interpolate(x, 7))
    assert repr(nn.Upsample((2, 3), mode="bilinear")) == "Upsample(size=(2, 3), mode='bilinear')"
    assert repr(nn.UpsamplingNearest2d(scale_factor=2)) == (
        "UpsamplingNearest2d(scale_factor=2.0, mode='nearest')"
    )


@pytest.mark.parametrize(
    "layer",
    [nn.Upsample(scale_factor=1.7), nn.UpsamplingBilinear2d((5, 7)), nn.Upsample((2, 9), mode="bilinear")],
)
def test_quantized_tensors_stay_quantized(layer):
    q = qframe.quantize_per_tensor(data(2, 3, 4, 5), 0.05, 100, qframe.quint8)
    out = layer(q)
    assert (out.dtype, out.q_scale(), out.q_zero_point()) == (qframe.quint8, 0.05, 100)
    np.testing.assert_allclose(out.dequantize(), layer(q.dequantize()), atol=0.026)
    volume = qframe.quantize_per_tensor(data(1, 2, 2, 3, 2), 0.05, 100, qframe.quint8)
    assert nn.Upsample(scale_factor=2)(volume).shape == (1, 2, 4, 6, 4)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda x: functional.interpolate(x), ArgumentError, "size or a scale_factor, got size=None"),
        (lambda x: functional.interpolate(x, 3, 2.0), ArgumentError, "size=3 and scale_factor=2.0"),
        (lambda x: functional.interpolate(x, (3,) * 3), ArgumentError, "size="),
        (lambda x: functional.interpolate(x, 0), ArgumentError, "size=0"),
        (lambda x: functional.interpolate(x, scale_factor=-1), ArgumentError, "scale_factor=-1"),
        (lambda x: functional.interpolate(x, scale_factor=math.inf), ArgumentError, "scale_factor=inf"),
        (lambda x: functional.interpolate(x, scale_factor=(2,)), ArgumentError, "or 2 of them"),
        (lambda x: functional.interpolate(x, scale_factor=0.1), ArgumentError, r"makes \(0, 0\)"),
        (lambda x: functional.interpolate(x, 3, align_corners=True), ArgumentError, "align_corners"),
        (lambda x: functional.interpolate(x, 3, recompute_scale_factor=True), ArgumentError, "recompute"),
        (lambda x: functional.interpolate(x, 3, mode="cubic"), ArgumentError, "mode='cubic' is unknown"),
        (lambda x: functional.interpolate(x, 3, mode="bicubic"), NotImplementedError, "mode='bicubic'"),
        (lambda x: functional.interpolate(x, 3, mode="linear"), ArgumentError, r"takes shape \(N, C, L\)"),
        (lambda x: functional.interpolate(x[0, 0], 3), ArgumentError, "takes shape"),
        (lambda x: functional.interpolate(x.astype(int), 3), DTypeError, "int64"),
        (lambda x: functional.interpolate(x[:, :, :0], 3), ArgumentError, "empty"),
        (lambda x: nn.Upsample(), ArgumentError, "Upsample takes a size or a scale_factor"),
        (lambda x: nn.Upsample(2, mode="area"), NotImplementedError, "mode='area'"),
    ],
)
def test_bad_arguments(call, kind, text):
    with pytest.raises(kind, match=text):
        call(data(1, 2, 3, 4))


def test_quantized_tensors_take_fewer_modes():
    q = qframe.quantize_per_tensor(data(1, 2, 4), 0.05, 100, qframe.quint8)
    for mode in ("nearest", "linear"):
        with pytest.raises(NotImplementedError, match=f"mode='{mode}' of a quantized tensor"):
            functional.interpolate(q, 3, mode=mode)
