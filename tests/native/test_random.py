"""Random shapes, strides and qparams: the same integers as the reference engine, on every instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qframe.engines import registry
from qframe.native import NativeLibrary, conv, linear
from qframe.plugin import Clamp, QTensor

from .draws import random_weight, seeds

QUICK = settings(max_examples=60, deadline=None)
zero_points = st.sampled_from([0, 1, 100, 128, 254, 255])
weight_zero_points = st.sampled_from([0, 0, 7, -128, 127])


def _reference(op: str, *arguments: Any) -> Any:
    kernel = registry.kernel("reference", op)
    assert kernel is not None
    return kernel(*arguments)


@QUICK
@given(
    shape=st.tuples(st.integers(0, 20), st.integers(1, 300), st.integers(1, 70)),
    per_channel=st.booleans(),
    with_bias=st.booleans(),
    input_zero_point=zero_points,
    zero_point=zero_points,
    weight_zero_point=weight_zero_points,
    low=st.integers(0, 255),
    seed=seeds,
)
def test_linear(
    native: NativeLibrary,
    shape: tuple[int, int, int],
    per_channel: bool,
    with_bias: bool,
    input_zero_point: int,
    zero_point: int,
    weight_zero_point: int,
    low: int,
    seed: int,
) -> None:
    rows, inputs, outputs = shape
    rng = np.random.default_rng(seed)
    weight = random_weight(rng, (outputs, inputs), per_channel, weight_zero_point)
    bias = rng.normal(0, 3, outputs).astype(np.float32) if with_bias else None
    x = QTensor.per_tensor(rng.integers(0, 256, (rows, inputs), dtype=np.uint8), 0.021, input_zero_point)
    arguments = x, 0.02 * inputs**0.5, zero_point
    clamp = Clamp(low, 255)
    result = linear.linear_pack(native, weight, bias)(*arguments, clamp=clamp)
    assert result.equal(_reference("linear_pack", weight, bias)(*arguments, clamp=clamp))


@QUICK
@given(
    image=st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12)),
    channels=st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 1, 1, 2, 5, 16, 17])),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    per_channel=st.booleans(),
    channels_last=st.booleans(),
    input_zero_point=zero_points,
    weight_zero_point=weight_zero_points,
    seed=seeds,
)
def test_conv(
    native: NativeLibrary,
    image: tuple[int, int, int],
    channels: tuple[int, int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    per_channel: bool,
    channels_last: bool,
    input_zero_point: int,
    weight_zero_point: int,
    seed: int,
) -> None:
    batch, *size = image
    inputs, outputs, groups = channels
    size = [
        max(length, d * (k - 1) + 1 - 2 * p)
        for length, k, p, d in zip(size, kernel, padding, dilation, strict=True)
    ]
    rng = np.random.default_rng(seed)
    weight = random_weight(rng, (outputs * groups, inputs, *kernel), per_channel, weight_zero_point)
    bias = rng.normal(0, 3, outputs * groups).astype(np.float32)
    codes = rng.integers(0, 256, (batch, inputs * groups, *size), dtype=np.uint8)
    if channels_last:
        codes = np.ascontiguousarray(codes.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    arguments = QTensor.per_tensor(codes, 0.02, input_zero_point), 0.3, 77
    numbers = bias, stride, padding, dilation, groups
    result = conv.conv_pack(native, weight, *numbers)(*arguments)
    assert result.equal(_reference("conv2d_pack", weight, *numbers)(*arguments))


@QUICK
@given(
    multiplier=st.integers(1, 3),
    channels=st.integers(2, 40),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 3),
    input_zero_point=zero_points,
    weight_zero_point=weight_zero_points,
    seed=seeds,
)
def test_depthwise_conv(
    native: NativeLibrary,
    multiplier: int,
    channels: int,
    kernel: int,
    stride: int,
    input_zero_point: int,
    weight_zero_point: int,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    weight = random_weight(rng, (channels * multiplier, 1, kernel, kernel), True, weight_zero_point)
    codes = rng.integers(0, 256, (2, channels, 8, 7), dtype=np.uint8)
    numbers = None, (stride, stride), (kernel // 2,) * 2, (1, 1), channels
    arguments = QTensor.per_tensor(codes, 0.02, input_zero_point), 0.3, 77
    result = conv.conv_pack(native, weight, *numbers)(*arguments)
    assert result.equal(_reference("conv2d_pack", weight, *numbers)(*arguments))
