"""Pooling against its definition, of float arrays and quantized tensors."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import qframe
from qframe import nn
from qframe.engines import registry
from qframe.errors import ArgumentError
from qframe.nn import functional

from .definitions import pool2d


def data(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@st.composite
def pools(draw, dilated):
    def pair(low, high):
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    kernel, stride, size = pair(1, 4), pair(1, 4), pair(1, 8)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    dilation = pair(1, 2) if dilated else (1, 1)
    assume(all(n + 2 * p > d * (k - 1) for n, p, d, k in zip(size, padding, dilation, kernel, strict=True)))
    return size, kernel, stride, padding, dilation, draw(st.booleans())


@settings(max_examples=80, deadline=None)
@given(case=pools(dilated=True))
def test_max_pool2d(case):
    size, kernel, stride, padding, dilation, ceil_mode = case
    x = data(2, 2, *size)
    expected = pool2d(
        x, kernel, stride, padding, dilation, ceil_mode, lambda v, rows, columns: max(v, default=-np.inf)
    )
    out = functional.max_pool2d(x, kernel, stride, padding, dilation, ceil_mode)
    assert out.dtype == np.float32
    assert np.array_equal(out, expected)


@settings(max_examples=80, deadline=None)
@given(case=pools(dilated=False), include=st.booleans(), divisor=st.sampled_from([None, None, 3, -2]))
def test_avg_pool2d(case, include, divisor):
    size, kernel, stride, padding, dilation, ceil_mode = case

    def average(values, rows, columns):
        padded = len([r for r in rows if r < size[0] + padding[0]])
        padded *= len([c for c in columns if c < size[1] + padding[1]])
        return sum(values) / (divisor or (padded if include else len(values)))

    x = data(2, 2, *size)
    expected = pool2d(x, kernel, stride, padding, dilation, ceil_mode, average)
    out = functional.avg_pool2d(x, kernel, stride, padding, ceil_mode, include, divisor)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("include", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, None, 0), ((3, 2, 1), (2, 1, 2), (1, 1, 0))])
def test_avg_pool3d_is_the_average_of_planes(kernel, stride, padding, include, ceil_mode):
    """Sums over a volume are sums, over its planes, of sums; counts multiply."""
    x = data(2, 2, 6, 5, 7)
    depth, *plane = kernel if isinstance(kernel, tuple) else (kernel,) * 3
    steps = stride or kernel
    first, *rest = steps if isinstance(steps, tuple) else (steps,) * 3
    before, *around = padding if isinstance(padding, tuple) else (padding,) * 3
    out = functional.avg_pool3d(x, kernel, stride, padding, ceil_mode, include)
    planes = functional.avg_pool2d(x.reshape(2, 12, 5, 7), plane, rest, around, ceil_mode, include)
    columns = planes.reshape(4, 6, -1)
    expected = functional.avg_pool2d(columns, (depth, 1), (first, 1), (before, 0), ceil_mode, include)
    np.testing.assert_allclose(out, expected.reshape(out.shape), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [1, 3, (2, 5), (None, 2), (7, None), (9, 8)])
def test_adaptive_avg_pool2d(size):
    x = data(2, 3, 7, 5)
    height, width = size if isinstance(size, tuple) else (size, size)
    height, width = height or 7, width or 5
    out = nn.AdaptiveAvgPool2d(size)(x)
    assert out.shape == (2, 3, height, width)
    for i, j in np.ndindex(height, width):
        rows = slice(i * 7 // height, -(-(i + 1) * 7 // height))
        columns = slice(j * 5 // width, -(-(j + 1) * 5 // width))
        expected = x[:, :, rows, columns].astype(np.float64).mean(axis=(2, 3))
        np.testing.assert_allclose(out[:, :, i, j], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", [nn.MaxPool2d(2), nn.AvgPool2d(3, 1), nn.AdaptiveAvgPool2d(2)])
def test_images_without_batch_and_any_strides(layer):
    x = data(5, 6, 4).transpose(2, 0, 1)
    kept = x.copy()
    assert np.array_equal(layer(x), layer(kept[None])[0])
    assert np.array_equal(x, kept)


def test_stride_defaults_to_the_kernel():
    x = data(1, 1, 6, 6)
    assert np.array_equal(nn.MaxPool2d((2, 3))(x), nn.MaxPool2d((2, 3), (2, 3))(x))
    assert nn.AvgPool2d(2).stride == 2


@pytest.mark.parametrize(
    "layer",
    [
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.AvgPool2d(2, count_include_pad=False),
        nn.AdaptiveAvgPool2d((2, None)),
    ],
)
def test_quantized_tensors_stay_quantized(layer):
    q = qframe.quantize_per_tensor(data(2, 3, 6, 5), 0.05, 100, qframe.quint8)
    out = layer(q)
    assert (out.dtype, out.q_scale(), out.q_zero_point()) == (qframe.quint8, 0.05, 100)
    np.testing.assert_allclose(out.dequantize(), layer(q.dequantize()), atol=0.026)


def test_quantized_volumes_stay_quantized():
    q = qframe.quantize_per_tensor(data(2, 3, 4, 6, 5), 0.05, 100, qframe.quint8)
    layer = nn.AvgPool3d(2, count_include_pad=False, padding=1)
    with registry.use_engine("reference"):
        out = layer(q)
    assert (out.dtype, out.q_scale(), out.q_zero_point()) == (qframe.quint8, 0.05, 100)
    np.testing.assert_allclose(out.dequantize(), layer(q.dequantize()), atol=0.026)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            nn.MaxPool2d(3, 2, 1),
            "MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)",
        ),
        (nn.AvgPool2d((2, 1)), "AvgPool2d(kernel_size=(2, 1), stride=(2, 1), padding=0)"),
        (nn.AvgPool3d(2, 1, 1), "AvgPool3d(kernel_size=2, stride=1, padding=1)"),
        (nn.AdaptiveAvgPool2d((None, 2)), "AdaptiveAvgPool2d(output_size=(None, 2))"),
    ],
)
def test_repr(layer, text):
    assert repr(layer) == text


@pytest.mark.parametrize("kind", [nn.MaxPool2d, nn.AvgPool2d])
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"kernel_size": 0}, "kernel_size=0"),
        ({"kernel_size": 2, "stride": 0}, "stride=0"),
        ({"kernel_size": 2, "padding": 2}, "padding=2 is more than half of kernel_size=2"),
        ({"kernel_size": (2, 2, 2)}, "kernel_size"),
    ],
)
def test_bad_windows(kind, arguments, text):
    with pytest.raises(ArgumentError, match=text):
        kind(**arguments)


def test_bad_arguments():
    with pytest.raises(NotImplementedError, match="return_indices"):
        nn.MaxPool2d(2, return_indices=True)
    with pytest.raises(NotImplementedError, match="return_indices"):
        functional.max_pool2d(data(1, 1, 2, 2), 2, return_indices=True)
    with pytest.raises(ArgumentError, match="divisor_override must not be zero"):
        nn.AvgPool2d(2, divisor_override=0)
    with pytest.raises(ArgumentError, match="avg_pool3d: divisor_override must not be zero"):
        functional.avg_pool3d(data(1, 1, 2, 2, 2), 2, divisor_override=0)
    with pytest.raises(ArgumentError, match=r"avg_pool3d takes shape \(N, C, D, H, W\)"):
        nn.AvgPool3d(2)(data(2, 2, 2))
    with pytest.raises(ArgumentError, match="output_size"):
        nn.AdaptiveAvgPool2d((1, 2, 3))
    with pytest.raises(ArgumentError, match="dilation=0"):
        nn.MaxPool2d(2, dilation=0)


@pytest.mark.parametrize("layer", [nn.MaxPool2d(3), nn.AvgPool2d(3)])
def test_inputs_that_do_not_fit(layer):
    with pytest.raises(ArgumentError, match=r"spatial size \(2, 5\) is too small"):
        layer(data(1, 1, 2, 5))
    with pytest.raises(ArgumentError, match=r"takes shape \(N, C, H, W\) or \(C, H, W\), got \(4, 5\)"):
        layer(data(4, 5))
