"""linear and conv1d/2d/3d give the integers of PyTorch 1.6's fbgemm (where that does not saturate)."""

from __future__ import annotations

from typing import Any

from golden.store import Case
from oracle.compare import assert_codes, assert_qparams, golden, per_tensor, weight_of

from qframe.nn.quantized import functional
from qframe.ops import PackedConv, PackedLinear
from qframe.qtensor import QTensor


def operands(case: Case) -> tuple[QTensor, QTensor, Any]:
    """Input, weight and bias of a case."""
    x = per_tensor(case["x"], case.params["x_scale"], case.params["x_zero_point"])
    weight = weight_of(case["w"], case["w_scales"], case["w_zero_points"], case.params["per_channel"])
    return x, weight, case.get("bias")


@golden("linear")
def test_linear(case: Case) -> None:
    x, weight, bias = operands(case)
    scale, zero_point = case.params["scale"], case.params["zero_point"]
    y = functional.linear(x, weight, bias, scale, zero_point)
    assert_codes(y, case["linear"])
    assert_qparams(y, scale, zero_point)


@golden("linear")
def test_linear_relu(case: Case) -> None:
    x, weight, bias = operands(case)
    scale, zero_point = case.params["scale"], case.params["zero_point"]
    y = PackedLinear(weight, bias)(x, scale, zero_point, clamp=(zero_point, 255))
    assert_codes(y, case["linear_relu"])


@golden("conv")
def test_conv(case: Case) -> None:
    x, weight, bias = operands(case)
    geometry = {key: tuple(case.params[key]) for key in ("stride", "padding", "dilation")}
    scale, zero_point = case.params["scale"], case.params["zero_point"]
    convolve = getattr(functional, f"conv{case.params['rank']}d")
    geometry["groups"] = case.params["groups"]
    y = convolve(x, weight, bias, **geometry, scale=scale, zero_point=zero_point)
    assert_codes(y, case["conv"])
    assert_qparams(y, scale, zero_point)


@golden("conv")
def test_conv_relu(case: Case) -> None:
    x, weight, bias = operands(case)
    geometry = [tuple(case.params[key]) for key in ("stride", "padding", "dilation")]
    scale, zero_point = case.params["scale"], case.params["zero_point"]
    packed = PackedConv(weight, bias, *geometry, case.params["groups"])
    assert_codes(packed(x, scale, zero_point, clamp=(zero_point, 255)), case["conv_relu"])
