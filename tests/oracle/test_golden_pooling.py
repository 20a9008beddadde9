"""Pools and means: maxima equal PyTorch 1.6's, averages its channels-last form.

The channels-first form of 1.6 adds the zero point before it rounds, its mean goes through float32:
both may land one step away where the exact average lies half way between two steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from golden.store import Case
from oracle.compare import assert_codes, assert_one_step_at_ties, assert_qparams, golden, per_tensor

from qframe.nn.quantized import functional
from qframe.qtensor import QTensor

SCALE = 0.37
# Averages of at most 100 codes that are no ties stay at least 1/200 away from one.
TIE = 1e-6


def input_of(case: Case) -> QTensor:
    return per_tensor(case["x"], SCALE, case.params["zero_point"])


def arguments(case: Case) -> dict[str, Any]:
    """Keyword arguments; JSON turned pairs into lists."""
    given = case.params["arguments"]
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


@golden("pooling", op="max_pool2d")
def test_max_pool2d(case: Case) -> None:
    y = functional.max_pool2d(input_of(case), **arguments(case))
    assert_codes(y, case["y"])
    assert_qparams(y, SCALE, case.params["zero_point"])


@golden("pooling", op="avg_pool2d")
def test_avg_pool2d(case: Case) -> None:
    y = functional.avg_pool2d(input_of(case), **arguments(case))
    assert_codes(y, case["channels_last"])
    assert_one_step_at_ties(y, case["channels_first"], case["exact"], TIE)
    assert_qparams(y, SCALE, case.params["zero_point"])


@golden("pooling", op="avg_pool2d")
def test_avg_pool2d_does_not_depend_on_layout(case: Case) -> None:
    last = np.ascontiguousarray(case["x"].transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    x = per_tensor(last, SCALE, case.params["zero_point"])
    assert_codes(functional.avg_pool2d(x, **arguments(case)), case["channels_last"])


@golden("pooling", op="adaptive_avg_pool2d")
def test_adaptive_avg_pool2d(case: Case) -> None:
    y = functional.adaptive_avg_pool2d(input_of(case), **arguments(case))
    assert_one_step_at_ties(y, case["channels_last"], case["exact"], TIE)
    assert_one_step_at_ties(y, case["channels_first"], case["exact"], TIE)
    assert_qparams(y, SCALE, case.params["zero_point"])


@golden("pooling", op="mean")
def test_mean(case: Case) -> None:
    dim = case.params["arguments"]["dim"]
    keepdim = case.params["arguments"]["keepdim"]
    x = input_of(case)
    y = x.mean() if dim is None else x.mean(tuple(dim), keepdim)
    assert_one_step_at_ties(y, case["y"], case["exact"], TIE)
    assert_qparams(y, SCALE, case.params["zero_point"])
