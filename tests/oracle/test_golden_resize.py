"""Interpolation and fake-quantize: codes, values and gradient masks equal PyTorch 1.6's."""

from __future__ import annotations

import numpy as np
from golden.store import Case
from oracle.compare import assert_codes, assert_qparams, golden, per_tensor

from qframe import ops
from qframe.nn.quantized import functional


@golden("resize", op="interpolate")
def test_interpolate(case: Case) -> None:
    x = per_tensor(case["x"], 0.05, case.params["zero_point"])
    target = {key: tuple(case.params[key]) for key in ("size", "scale_factor") if key in case.params}
    assert_codes(functional.interpolate(x, **target), case["nearest"])
    for align_corners in (False, True):
        y = functional.interpolate(x, mode="bilinear", align_corners=align_corners, **target)
        assert_codes(y, case[f"bilinear-{align_corners:d}"])
        assert_qparams(y, 0.05, case.params["zero_point"])


@golden("resize", op="fake_quantize")
def test_fake_quantize(case: Case) -> None:
    bounds = case.params["low"], case.params["high"]
    y, mask = ops.fake_quantize_per_tensor(
        case["x"], case.params["scale"], case.params["zero_point"], *bounds
    )
    np.testing.assert_array_equal(y, case["y"])
    np.testing.assert_array_equal(mask, case["mask"])
    y, mask = ops.fake_quantize_per_channel(case["x"], case["scales"], case["zero_points"], 0, *bounds)
    np.testing.assert_array_equal(y, case["channels"])
    np.testing.assert_array_equal(mask, case["channel_mask"])
