"""quantize_per_tensor, quantize_per_channel and dequantize give the bits of PyTorch 1.6."""

from __future__ import annotations

import numpy as np
import pytest
from golden.store import Case
from oracle.compare import assert_codes, assert_qparams, dtype_of, golden

import qframe
from qframe.qtensor import QTensor


@golden("tensors", op="quantize_per_tensor")
def test_quantize_per_tensor(case: Case) -> None:
    scale, zero_point = case.params["scale"], case.params["zero_point"]
    q = qframe.quantize_per_tensor(case["x"], scale, zero_point, dtype_of(case))
    assert_codes(q, case["codes"])
    assert_qparams(q, scale, zero_point)


@golden("tensors", op="dequantize")
def test_dequantize(case: Case) -> None:
    floats = QTensor.per_tensor(case["codes"], case.params["scale"], case.params["zero_point"]).dequantize()
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(floats, case["floats"])


@golden("tensors", op="quantize_per_channel")
def test_quantize_per_channel(case: Case) -> None:
    axis = case.params["axis"]
    q = qframe.quantize_per_channel(case["x"], case["scales"], case["zero_points"], axis, dtype_of(case))
    assert_codes(q, case["codes"])
    np.testing.assert_array_equal(q.q_per_channel_scales(), case["scales"].astype(np.float64))
    np.testing.assert_array_equal(q.q_per_channel_zero_points(), case["zero_points"])
    assert q.q_per_channel_axis() == axis


@golden("tensors", op="dequantize_per_channel")
def test_dequantize_per_channel_multiplies_in_double(case: Case) -> None:
    axis = case.params["axis"]
    floats = QTensor.per_channel(case["codes"], case["scales"], case["zero_points"], axis).dequantize()
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(floats, case["floats"])


@pytest.mark.parametrize("dtype", ["quint8", "qint8"])
def test_nan_becomes_the_largest_code_per_channel_too(dtype: str) -> None:
    """PyTorch 1.6 does so per tensor only; one rule for both is qframe's choice."""
    kind = getattr(qframe, dtype)
    x = np.array([[np.nan, 0.0]], np.float32)
    per_tensor = qframe.quantize_per_tensor(x, 0.5, 3, kind)
    per_channel = qframe.quantize_per_channel(x, np.array([0.5], np.float32), np.array([3]), 0, kind)
    np.testing.assert_array_equal(per_tensor.int_repr(), [[kind.maximum, 3]])
    np.testing.assert_array_equal(per_channel.int_repr(), [[kind.maximum, 3]])


@pytest.mark.parametrize(("dtype", "zero_point"), [("quint8", 255), ("qint8", -128)])
def test_infinities_saturate_with_any_zero_point(dtype: str, zero_point: int) -> None:
    """PyTorch 1.6 lets the sum with a large zero point wrap around."""
    kind = getattr(qframe, dtype)
    q = qframe.quantize_per_tensor(np.array([np.inf, -np.inf], np.float32), 0.1, zero_point, kind)
    np.testing.assert_array_equal(q.int_repr(), [kind.maximum, kind.minimum])
