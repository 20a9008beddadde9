"""Dynamic linear against PyTorch 1.6's fbgemm.

PyTorch quantizes the activations and adds the bias with fused multiply-adds, qframe with two roundings.
The golden inputs stay clear of quantization ties, so that the activation codes are the same; the output may
differ in its last bit where there is a bias.
"""

from __future__ import annotations

import numpy as np
from golden.store import Case
from oracle.compare import assert_two_roundings, golden, weight_of

from qframe.ops import PackedLinear, PackedLinearFp16


@golden("dynamic", weight="qint8")
def test_qint8(case: Case) -> None:
    weight = weight_of(case["w"], case["w_scales"], case["w_zero_points"], case.params["per_channel"])
    bias = case.get("bias")
    y = PackedLinear(weight, bias).dynamic(case["x"], reduce_range=case.params["reduce_range"])
    assert_two_roundings(y, case["y"], bias)


@golden("dynamic", weight="float16")
def test_float16(case: Case) -> None:
    """Equal within what the order of a float32 sum can change: K roundings of the absolute products."""
    x, weight = case["x"], case["w"]
    y = PackedLinearFp16(weight, case.get("bias"))(x)
    bias = case.get("bias", np.zeros(len(weight), np.float32))
    half = np.clip(weight, -65504, 65504).astype(np.float16).astype(np.float64)
    bound = 2 * (x.shape[1] + 1) * 2.0**-24 * (np.abs(x).astype(np.float64) @ np.abs(half).T + np.abs(bias))
    assert y.dtype == np.float32
    assert np.all(np.abs(y.astype(np.float64) - case["y"]) <= bound)
    assert np.all(np.abs(y - (x.astype(np.float64) @ half.T + bias)) <= bound)
