"""linear and convolutions against a living PyTorch 2: fbgemm, activations up to 127, where it is exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.compare import assert_codes, assert_two_roundings
from oracle.live import codes_of, fbgemm, random_q, random_weight, tensor, torch, twin

from qframe.nn.quantized import functional
from qframe.ops import PackedConv, PackedLinear, PackedLinearFp16

pytestmark = pytest.mark.filterwarnings("ignore")
SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=30, deadline=None, derandomize=True)


def bias_of(rng: Any, size: int) -> Any:
    return np.float32(rng.normal(size=size)) if rng.random() < 0.7 else None


@pytest.mark.parametrize("per_channel", [False, True], ids=["per_tensor", "per_channel"])
@EXAMPLES
@given(seed=SEEDS)
def test_linear(per_channel: bool, seed: int) -> None:
    fbgemm()
    rng = np.random.default_rng(seed)
    m, k, n = (int(rng.integers(1, most)) for most in (9, 150, 40))
    x, weight = random_q(rng, (m, k), most=127), random_weight(rng, (n, k), per_channel)
    bias = bias_of(rng, n)
    scale, zero_point = float(rng.uniform(0.05, 1)), int(rng.integers(0, 200))
    packed = torch.ops.quantized.linear_prepack(twin(weight), None if bias is None else tensor(bias))
    expected = codes_of(torch.ops.quantized.linear(twin(x), packed, scale, zero_point))
    assert_codes(functional.linear(x, weight, bias, scale, zero_point), expected)
    expected = codes_of(torch.ops.quantized.linear_relu(twin(x), packed, scale, zero_point))
    assert_codes(PackedLinear(weight, bias)(x, scale, zero_point, clamp=(zero_point, 255)), expected)


@pytest.mark.parametrize("rank", [1, 2, 3], ids=["conv1d", "conv2d", "conv3d"])
@pytest.mark.parametrize("per_channel", [False, True], ids=["per_tensor", "per_channel"])
@EXAMPLES
@given(seed=SEEDS)
def test_conv(rank: int, per_channel: bool, seed: int) -> None:
    fbgemm()
    rng = np.random.default_rng(seed)
    groups = int(rng.choice([1, 1, 2, 4, 8]))
    channels, out = groups * int(rng.integers(1, 5)), groups * int(rng.integers(1, 4))
    kernel, stride, dilation = (tuple(map(int, rng.integers(1, most, rank))) for most in (4, 3, 3))
    padding = tuple(int(rng.integers(0, k)) for k in kernel)
    size = tuple(int(d * (k - 1) + rng.integers(1, 6)) for k, d in zip(kernel, dilation, strict=True))
    x = random_q(rng, (int(rng.integers(1, 3)), channels, *size), most=127)
    weight, bias = random_weight(rng, (out, channels // groups, *kernel), per_channel), bias_of(rng, out)
    scale, zero_point = float(rng.uniform(0.05, 1)), int(rng.integers(0, 200))
    geometry = (stride, padding, dilation, groups)
    expected, relu = oracle_conv(rank, x, weight, bias, geometry, scale, zero_point)
    convolve = getattr(functional, f"conv{rank}d")
    y = convolve(x, weight, bias, *geometry, scale=scale, zero_point=zero_point)
    assert_codes(y, expected)
    assert_codes(PackedConv(weight, bias, *geometry)(x, scale, zero_point, clamp=(zero_point, 255)), relu)


def oracle_conv(
    rank: int, x: Any, weight: Any, bias: Any, geometry: Any, scale: float, zero_point: int
) -> Any:
    """PyTorch's codes without and with relu."""
    ops = torch.ops.quantized
    stride, padding, dilation, groups = geometry
    prepack = getattr(ops, f"conv{rank}d_prepack")
    packed = prepack(twin(weight), None if bias is None else tensor(bias), stride, padding, dilation, groups)
    forms = (getattr(ops, f"conv{rank}d"), getattr(ops, f"conv{rank}d_relu"))
    return [codes_of(form(twin(x), packed, scale, zero_point)) for form in forms]


@pytest.mark.parametrize("per_channel", [False, True], ids=["per_tensor", "per_channel"])
@pytest.mark.parametrize("reduce_range", [False, True], ids=["full", "reduced"])
@pytest.mark.parametrize("seed", range(6))
def test_dynamic_linear(per_channel: bool, reduce_range: bool, seed: int) -> None:
    """Weights up to 64, so that no activation saturates; random floats meet no quantization tie."""
    fbgemm()
    rng = np.random.default_rng(seed)
    m, k, n = (int(rng.integers(1, most)) for most in (9, 150, 40))
    x, weight = np.float32(rng.normal(size=(m, k)) + rng.normal()), random_weight(rng, (n, k), per_channel)
    weight.int_repr()[...] = np.clip(weight.int_repr(), -64, 63)
    bias = bias_of(rng, n)
    packed = torch.ops.quantized.linear_prepack(twin(weight), None if bias is None else tensor(bias))
    expected = torch.ops.quantized.linear_dynamic(tensor(x), packed, reduce_range).numpy()
    y = PackedLinear(weight, bias).dynamic(x, reduce_range=reduce_range)
    assert_two_roundings(y, expected, bias)


def test_dynamic_linear_float16() -> None:
    fbgemm()
    rng = np.random.default_rng(1)
    x, w, b = (np.float32(rng.normal(size=size)) for size in ((5, 60), (20, 60), 20))
    packed = torch.ops.quantized.linear_prepack_fp16(tensor(w), tensor(b))
    expected = torch.ops.quantized.linear_dynamic_fp16(tensor(x), packed).numpy()
    bound = 2 * 61 * 2.0**-24 * (np.abs(x) @ np.abs(w).T + np.abs(b))
    assert np.all(np.abs(PackedLinearFp16(w, b)(x) - expected) <= bound)
