"""Every observer sees what PyTorch 1.6's sees and chooses the same qparams.

Where nothing but zeros was seen qframe follows the documentation (scale 1, zero point 0), not 1.6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from golden.store import Case, load
from oracle.compare import golden

import qframe
import qframe.quantization

DATA = {case.name[5:-1]: case["batches"] for case in load("observers") if case.params["kind"] == "data"}


def build(case: Case, **keywords: Any) -> Any:
    return getattr(qframe.quantization, case.params["observer"])(**case.params["arguments"], **keywords)


def extremes(observer: Any) -> tuple[Any, Any]:
    """Smallest and largest value seen, under whichever name the class keeps them."""
    per_channel = "PerChannel" in type(observer).__name__
    names = ("min_vals", "max_vals") if per_channel else ("min_val", "max_val")
    return getattr(observer, names[0]), getattr(observer, names[1])


@golden("observers", kind="observer")
def test_state_after_each_batch(case: Case) -> None:
    observer = build(case)
    for batch, low, high in zip(DATA[case.params["data"]], case["min_val"], case["max_val"], strict=True):
        assert observer(batch) is batch
        actual_low, actual_high = extremes(observer)
        np.testing.assert_array_equal(actual_low, low)
        np.testing.assert_array_equal(actual_high, high)
    if "histogram" in case:
        assert observer.histogram.dtype == np.float32
        np.testing.assert_array_equal(observer.histogram, case["histogram"])


@golden("observers", kind="observer")
def test_qparams(case: Case) -> None:
    nothing_but_zeros = (case["min_val"][-1] == 0) & (case["max_val"][-1] == 0)
    for key, dtype, qscheme, reduce_range in case.params["combinations"]:
        observer = build(
            case, dtype=getattr(qframe, dtype), qscheme=getattr(qframe, qscheme), reduce_range=reduce_range
        )
        for batch in DATA[case.params["data"]]:
            observer(batch)
        scale, zero_point = observer.calculate_qparams()
        expected_scale = np.where(nothing_but_zeros, np.float32(1), case["scale/" + key])
        expected_zero_point = np.where(nothing_but_zeros, 0, case["zero_point/" + key])
        assert np.asarray(scale).dtype == np.float32, key
        np.testing.assert_array_max_ulp(np.reshape(scale, -1), expected_scale, maxulp=1)
        np.testing.assert_array_equal(np.reshape(zero_point, -1), expected_zero_point, err_msg=key)


@pytest.mark.parametrize("name", ["MinMaxObserver", "PerChannelMinMaxObserver", "HistogramObserver"])
def test_zeros_are_among_the_golden_data(name: str) -> None:
    """The deviation above is exercised, and 1.6 does give something else there."""
    cases = [c for c in load("observers") if c.params.get("observer") == name and c.params["data"] == "zeros"]
    assert cases
    assert all(np.all(case[key] < 1e-6) for case in cases for key in case.keys("scale/"))
