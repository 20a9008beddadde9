"""Sums, products, concatenation, activations and batch norm give the integers of PyTorch 1.6."""

from __future__ import annotations

from typing import Any

import pytest
from golden.store import Case
from oracle.compare import assert_codes, assert_qparams, golden, per_tensor

import qframe
from qframe import ops
from qframe.nn.quantized import QFunctional, functional
from qframe.qtensor import QTensor


def with_qparams(case: Case) -> QFunctional:
    """A QFunctional that gives out the case's scale and zero point."""
    module = QFunctional()
    module.scale, module.zero_point = case.params["scale"], case.params["zero_point"]
    return module


def relu_clamp(case: Case, x: QTensor) -> tuple[int, int]:
    """A fused relu, as a pair of output codes."""
    return case.params["zero_point"], x.dtype.maximum


def pair(case: Case) -> tuple[QTensor, QTensor]:
    return (
        per_tensor(case["a"], case.params["a_scale"], case.params["a_zero_point"]),
        per_tensor(case["b"], case.params["b_scale"], case.params["b_zero_point"]),
    )


@golden("elementwise", op="binary")
def test_add_and_mul(case: Case) -> None:
    a, b = pair(case)
    scale, zero_point = case.params["scale"], case.params["zero_point"]
    checked = 0
    for name in ("add", "add_relu", "mul"):
        if name in case:
            y = getattr(with_qparams(case), name)(a, b)
            assert_codes(y, case[name])
            assert_qparams(y, scale, zero_point)
            checked += 1
    if "mul_relu" in case:
        assert_codes(ops.mul(a, b, scale, zero_point, clamp=relu_clamp(case, a)), case["mul_relu"])
    assert checked


@golden("elementwise", op="scalar")
def test_scalar_forms(case: Case) -> None:
    x = per_tensor(case["x"], case.params["x_scale"], case.params["x_zero_point"])
    function, scalar = case.params["function"], case.params["scalar"]
    if function.endswith("_relu"):
        y = getattr(ops, function[: -len("_relu")])(x, scalar, relu=True)
    else:
        y = getattr(QFunctional(), function)(x, scalar)
    assert_codes(y, case["y"])
    assert_qparams(y, case.params["scale"], case.params["zero_point"])


@golden("elementwise", op="cat")
def test_cat(case: Case) -> None:
    qparams = zip(case.params["scales"], case.params["zero_points"], strict=True)
    parts = [per_tensor(case[f"x{i}"], *pair) for i, pair in enumerate(qparams)]
    scale, zero_point, axis = case.params["scale"], case.params["zero_point"], case.params["axis"]
    y = with_qparams(case).cat(parts, axis)
    assert_codes(y, case["cat"])
    assert_qparams(y, scale, zero_point)
    assert_codes(ops.cat(parts, axis, scale, zero_point, clamp=relu_clamp(case, y)), case["cat_relu"])


@golden("elementwise", op="clamp")
def test_relu_relu6_hardtanh(case: Case) -> None:
    x = per_tensor(case["x"], case.params["scale"], case.params["zero_point"])
    for y, expected in [
        (functional.relu(x), case["relu"]),
        (qframe.nn.quantized.ReLU()(x), case["relu"]),
        (qframe.nn.quantized.ReLU6()(x), case["relu6"]),
    ]:
        assert_codes(y, expected)
        assert_qparams(y, case.params["scale"], case.params["zero_point"])
    if "hardtanh" in case:
        assert_codes(ops.hardtanh(x, *case.params["hardtanh"]), case["hardtanh"])


@golden("elementwise", op="table", function="sigmoid")
def test_sigmoid(case: Case) -> None:
    check_table(case)


@golden("elementwise", op="table", function="tanh")
def test_tanh(case: Case) -> None:
    check_table(case)


@golden("elementwise", op="table", function="hardsigmoid")
def test_hardsigmoid(case: Case) -> None:
    check_table(case)


@golden("elementwise", op="table", function="leaky_relu")
def test_leaky_relu(case: Case) -> None:
    check_table(case)


@golden("elementwise", op="table", function="threshold")
def test_threshold(case: Case) -> None:
    check_table(case)


@golden("elementwise", op="table", function="elu")
def test_elu(case: Case) -> None:
    check_table(case)


@golden("elementwise", op="table", function="hardswish")
def test_hardswish(case: Case) -> None:
    check_table(case)


def check_table(case: Case) -> None:
    x = per_tensor(case["x"], case.params["x_scale"], case.params["x_zero_point"])
    arguments: dict[str, Any] = case.params["arguments"]
    y = getattr(ops, case.params["function"])(x, **arguments)
    assert_codes(y, case["y"])
    assert_qparams(y, case.params["scale"], case.params["zero_point"])


@pytest.mark.parametrize("relu", [False, True], ids=["plain", "relu"])
@golden("elementwise", op="batch_norm")
def test_batch_norm(case: Case, relu: bool) -> None:
    x = per_tensor(case["x"], case.params["x_scale"], case.params["x_zero_point"])
    statistics = [case[name] for name in ("weight", "bias", "mean", "var")]
    scale, zero_point = case.params["scale"], case.params["zero_point"]
    clamp = relu_clamp(case, x) if relu else None
    y = ops.batch_norm(x, *statistics, case.params["eps"], scale, zero_point, clamp=clamp)
    assert_codes(y, case["y_relu" if relu else "y"])
    assert_qparams(y, scale, zero_point)
