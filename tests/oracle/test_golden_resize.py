"""Interpolation and fake-quantize: codes, values and gradient masks equal PyTorch 1.6's."""

from __future__ import annotations

import numpy as np
from golden.store import Case
from oracle.compare import assert_codes, golden, per_tensor

from qframe import ops


def output_of(case: Case, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """Output size and the user's factors; one of the two was given."""
    factors = case.params.get("scale_factor")
    if factors is None:
        return tuple(case.params["size"]), (None, None)
    size = tuple(int(np.floor(length * factor)) for length, factor in zip(shape[2:], factors, strict=True))
    return size, tuple(factors)


@golden("resize", op="interpolate")
def test_interpolate(case: Case) -> None:
    x = per_tensor(case["x"], 0.05, case.params["zero_point"])
    size, factors = output_of(case, x.shape)
    assert_codes(ops.interpolate_nearest(x, size, factors), case["nearest"])
    for align_corners in (False, True):
        y = ops.interpolate_bilinear(x, size, align_corners, factors)
        assert_codes(y, case[f"bilinear-{align_corners:d}"])


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
