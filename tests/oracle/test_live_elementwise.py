"""Sums, products, concatenation, pools, means, activations and batch norm against a living PyTorch 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.compare import assert_codes, assert_one_step_at_ties, assert_qparams
from oracle.live import TIE, codes_of, fbgemm, random_q, tensor, torch, twin

from qframe import ops
from qframe.nn.quantized import QFunctional, functional
from qframe.qtensor import QTensor

pytestmark = pytest.mark.filterwarnings("ignore")
SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=20, deadline=None, derandomize=True)
BYTES = pytest.mark.parametrize("dtype", ["quint8", "qint8"])


def steps(x: QTensor) -> Any:
    """Codes counted from the zero point, as float64."""
    return x.int_repr().astype(np.float64) - x.q_zero_point()


def functional_with(scale: float, zero_point: int) -> QFunctional:
    module = QFunctional()
    module.scale, module.zero_point = scale, zero_point
    return module


@BYTES
@EXAMPLES
@given(seed=SEEDS)
def test_add_and_mul(dtype: str, seed: int) -> None:
    fbgemm()
    rng = np.random.default_rng(seed)
    a, b = random_q(rng, (3, 4, 7), dtype), random_q(rng, (4, 1), dtype)
    scale, zero_point = float(np.float32(rng.uniform(0.05, 0.3))), int(rng.integers(0, 100))
    module = functional_with(scale, zero_point)
    total = steps(a) * a.q_scale() / scale + steps(b) * b.q_scale() / scale
    product = steps(a) * steps(b) * (a.q_scale() * b.q_scale() / scale)
    for name, exact in (("add", total), ("add_relu", np.maximum(total, 0)), ("mul", product)):
        expected = codes_of(getattr(torch.ops.quantized, name)(twin(a), twin(b), scale, zero_point))
        assert_one_step_at_ties(getattr(module, name)(a, b), expected, exact, TIE)


@BYTES
@pytest.mark.parametrize("scalar", [0.0, 0.3, 2.0, -1.5, 40.0, -60.0])
@pytest.mark.parametrize("name", ["add_scalar", "mul_scalar"])
def test_scalar_forms(dtype: str, scalar: float, name: str) -> None:
    fbgemm()
    x = random_q(np.random.default_rng(11), (5, 40), dtype)
    expected = getattr(torch.ops.quantized, name)(twin(x), scalar)
    y = getattr(QFunctional(), name)(x, scalar)
    assert_qparams(y, expected.q_scale(), expected.q_zero_point())
    exact = steps(x) * x.q_scale()
    exact = (exact + scalar if name == "add_scalar" else exact * scalar) / y.q_scale()
    assert_one_step_at_ties(y, codes_of(expected), exact, TIE if name == "add_scalar" else 0)


@BYTES
@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_cat(dtype: str, axis: int) -> None:
    fbgemm()
    rng = np.random.default_rng(axis)
    parts = [random_q(rng, tuple(i + 1 if d == axis else 3 for d in range(4)), dtype) for i in range(3)]
    scale, zero_point = 0.0713, 11
    expected = codes_of(torch.ops.quantized.cat([twin(p) for p in parts], axis, scale, zero_point))
    exact = np.concatenate([steps(p) * p.q_scale() / scale for p in parts], axis)
    assert_one_step_at_ties(functional_with(scale, zero_point).cat(parts, axis), expected, exact, TIE)


@BYTES
@EXAMPLES
@given(seed=SEEDS)
def test_pools(dtype: str, seed: int) -> None:
    fbgemm()
    rng = np.random.default_rng(seed)
    x = random_q(rng, (2, int(rng.integers(1, 40)), 7, 9), dtype)
    kernel, stride = (tuple(map(int, rng.integers(1, 4, 2))) for _ in range(2))
    padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
    ceil_mode, count_pad = (bool(rng.random() < 0.5) for _ in range(2))
    reference = torch.nn.functional
    y = functional.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil_mode)
    assert_codes(y, codes_of(reference.max_pool2d(twin(x), kernel, stride, padding, ceil_mode=ceil_mode)))
    arguments = (kernel, stride, padding, ceil_mode, count_pad)
    exact = reference.avg_pool2d(tensor(steps(x)), *arguments).numpy()
    expected = codes_of(torch.ao.nn.quantized.functional.avg_pool2d(twin(x), *arguments))
    assert_one_step_at_ties(functional.avg_pool2d(x, *arguments), expected, exact, TIE)


@BYTES
@pytest.mark.parametrize("size", [1, (3, 2), 5])
def test_adaptive_avg_pool2d(dtype: str, size: Any) -> None:
    x = random_q(np.random.default_rng(2), (2, 9, 8, 7), dtype)
    exact = torch.nn.functional.adaptive_avg_pool2d(tensor(steps(x)), size).numpy()
    expected = codes_of(torch.nn.functional.adaptive_avg_pool2d(twin(x), size))
    assert_one_step_at_ties(functional.adaptive_avg_pool2d(x, size), expected, exact, TIE)


@BYTES
@pytest.mark.parametrize("dim", [(0,), (1,), (2, 3), (-1,), (1, 2, 3)])
@pytest.mark.parametrize("keepdim", [False, True])
def test_mean(dtype: str, dim: tuple[int, ...], keepdim: bool) -> None:
    fbgemm()
    x = random_q(np.random.default_rng(4), (2, 5, 6, 3), dtype)
    expected = codes_of(twin(x).mean(dim, keepdim))
    assert_one_step_at_ties(x.mean(dim, keepdim), expected, steps(x).mean(dim, keepdims=keepdim), TIE)


def float_of(name: str, x: Any) -> Any:
    """The function itself, in float64."""
    with np.errstate(over="ignore"):
        return {
            "sigmoid": lambda: 1 / (1 + np.exp(-x)),
            "tanh": lambda: np.tanh(x),
            "leaky_relu": lambda: np.where(x > 0, x, x * 0.137),
            "elu": lambda: np.where(x > 0, x, np.expm1(np.minimum(x, 0)) * 1.3),
            "hardswish": lambda: x * np.clip(x + 3, 0, 6) / 6,
        }[name]()


@BYTES
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "leaky_relu", "elu", "hardswish"])
def test_activations(dtype: str, name: str) -> None:
    fbgemm()
    low, high = (0, 255) if dtype == "quint8" else (-128, 127)
    codes = np.arange(low, high + 1).astype(np.uint8 if dtype == "quint8" else np.int8)
    x, scale, zero_point = QTensor.per_tensor(codes, 0.0437, 61), 0.0231, 33
    quantized = torch.ao.nn.quantized.functional
    forms = {
        "sigmoid": (lambda: ops.sigmoid(x), lambda: torch.sigmoid(twin(x))),
        "tanh": (lambda: ops.tanh(x), lambda: torch.tanh(twin(x))),
        "leaky_relu": (lambda: ops.leaky_relu(x, 0.137), lambda: quantized.leaky_relu(twin(x), 0.137)),
        "elu": (
            lambda: ops.elu(x, scale, zero_point, 1.3),
            lambda: quantized.elu(twin(x), scale, zero_point, 1.3),
        ),
        "hardswish": (
            lambda: ops.hardswish(x, scale, zero_point),
            lambda: quantized.hardswish(twin(x), scale, zero_point),
        ),
    }
    ours, theirs = (form() for form in forms[name])
    assert_qparams(ours, theirs.q_scale(), theirs.q_zero_point())
    exact = float_of(name, steps(x) * float(np.float32(0.0437))) / np.float32(ours.q_scale())
    assert_one_step_at_ties(ours, codes_of(theirs), exact, TIE)


@BYTES
@pytest.mark.parametrize("relu", [False, True], ids=["plain", "relu"])
@pytest.mark.parametrize("rank", [2, 3])
def test_batch_norm(dtype: str, relu: bool, rank: int) -> None:
    fbgemm()
    rng = np.random.default_rng(rank)
    x = random_q(rng, (2, 6, 5, 4, 3)[: rank + 2], dtype)
    weight, bias, mean = (np.float32(rng.normal(size=6)) for _ in range(3))
    var, scale, zero_point = np.float32(rng.uniform(0.1, 2, 6)), 0.0713, 57
    op = getattr(torch.ops.quantized, f"batch_norm{rank}d" + ("_relu" if relu else ""))
    expected = codes_of(op(twin(x), *map(tensor, (weight, bias, mean, var)), 1e-5, scale, zero_point))
    clamp = (zero_point, x.dtype.maximum) if relu else None
    y = ops.batch_norm(x, weight, bias, mean, var, 1e-5, scale, zero_point, clamp=clamp)
    spots = (-1,) + (1,) * rank
    wide = [v.astype(np.float64).reshape(spots) for v in (weight, bias, mean, var)]
    exact = ((steps(x) * x.q_scale() - wide[2]) / np.sqrt(wide[3] + 1e-5) * wide[0] + wide[1]) / scale
    assert_one_step_at_ties(y, expected, np.maximum(exact, 0) if relu else exact, TIE)
