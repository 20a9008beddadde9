"""What the oracle tests share: golden cases as parameters, tensors from codes, allowed differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from golden.store import Case, load

import qframe
from qframe.qtensor import QTensor

Array = np.ndarray[Any, Any]


def golden(family: str, **wanted: Any) -> pytest.MarkDecorator:
    """Parametrise a test with the golden cases of a family whose params agree with ``wanted``."""
    cases = [c for c in load(family) if all(c.params.get(k) == v for k, v in wanted.items())]
    assert cases, f"no golden case of {family} has {wanted}"
    return pytest.mark.parametrize("case", cases, ids=_identity)


def _identity(case: Case) -> str:
    return case.name.split("[", 1)[-1].rstrip("]")


def per_tensor(codes: Array, scale: float, zero_point: int) -> QTensor:
    """Wrap integer codes."""
    return QTensor.per_tensor(codes, scale, zero_point)


def weight_of(codes: Array, scales: Array, zero_points: Array, per_channel: bool) -> QTensor:
    """Wrap weight codes, per tensor or along axis 0."""
    if per_channel:
        return QTensor.per_channel(codes, scales, zero_points, 0)
    return QTensor.per_tensor(codes, float(scales[0]), int(zero_points[0]))


def dtype_of(case: Case) -> Any:
    """The qframe dtype that a case names."""
    return getattr(qframe, case.params["dtype"])


def assert_codes(actual: QTensor, expected: Array) -> None:
    """Integers, their type and the shape are the same."""
    codes = actual.int_repr()
    assert codes.dtype == expected.dtype
    assert codes.shape == expected.shape
    np.testing.assert_array_equal(codes, expected)


def assert_qparams(actual: QTensor, scale: float, zero_point: int) -> None:
    """Scale (as a double) and zero point are the same."""
    assert (actual.q_scale(), actual.q_zero_point()) == (scale, zero_point)


def assert_one_step_at_ties(actual: QTensor, expected: Array, exact: Array, width: float) -> None:
    """Integers agree, but for one step where ``exact`` (in steps) is within ``width`` of a tie.

    Half way between two steps is where two correct roundings may part: rounding before or after the zero
    point is added, or one rounding instead of two.
    """
    codes = actual.int_repr()
    assert codes.dtype == expected.dtype
    assert codes.shape == expected.shape == exact.shape
    difference = np.abs(codes.astype(np.int64) - expected.astype(np.int64))
    tie = np.abs(exact - np.floor(exact) - 0.5) <= width
    assert difference.max(initial=0) <= 1
    assert not np.any(difference[~tie]), f"{np.count_nonzero(difference[~tie])} differ away from ties"


def assert_two_roundings(actual: Array, expected: Array, bias: Array | None) -> None:
    """``actual`` rounds the product and then the sum, ``expected`` rounds once (a fused multiply-add).

    Each rounding is off by at most half a unit in the last place of its own result, so the two answers
    are at most half a unit of the product and one unit of the sum apart; without bias they are equal.
    """
    assert actual.dtype == np.float32
    assert actual.shape == expected.shape
    if bias is None:
        np.testing.assert_array_equal(actual, expected)
        return
    product = np.abs(expected.astype(np.float64) - bias).astype(np.float32)
    bound = 0.5 * np.spacing(2 * product).astype(np.float64) + np.spacing(np.abs(expected)).astype(np.float64)
    assert np.all(np.abs(actual.astype(np.float64) - expected) <= bound)
