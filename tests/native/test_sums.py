"""Sums of all pairs of codes, for scales that make many of them lie between two codes, and for any others."""

from __future__ import annotations

import numpy as np
import pytest

from qframe.native import NativeEngine
from qframe.plugin import QTensor

from .draws import assert_agrees

#: Ratios of the operands' scales to the result's: exact ties, near ties, and what does not fit fixed point.
RATIOS = [
    (0.5, 0.5),
    (0.5, 1.0),
    (0.25, 0.75),
    (1 / 3, 2 / 3),
    (0.6309, 0.47321),
    (1.98, 1.98),
    (2.5, 0.1),
    (0.001, 1.7),
]


def _all_pairs(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    codes = np.arange(256).astype(np.uint8).view(dtype)
    return np.repeat(codes, 256), np.tile(codes, 256)


@pytest.mark.parametrize("ratios", RATIOS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_all_pairs_of_codes(engine: NativeEngine, ratios: tuple[float, float], dtype: type) -> None:
    first, second = _all_pairs(dtype)
    zero = 0 if dtype is np.uint8 else -128
    for scale in (1.0, 0.0317, 2.0**-40):
        a = QTensor.per_tensor(first, ratios[0] * scale, zero + 131)
        b = QTensor.per_tensor(second, ratios[1] * scale, zero + 7)
        assert_agrees(engine, "add", a, b, scale, zero + 77)
        assert_agrees(engine, "add", a, b, scale, zero, clamp=(zero + 3, zero + 201))


def test_many_scales(engine: NativeEngine) -> None:
    rng = np.random.default_rng(0)
    first, second = _all_pairs(np.uint8)
    for _ in range(60):
        a_scale, b_scale, scale = np.exp(rng.uniform(-6, 1, 3))
        zero_points = [int(z) for z in rng.integers(0, 256, 3)]
        a = QTensor.per_tensor(first, float(a_scale), zero_points[0])
        b = QTensor.per_tensor(second, float(b_scale), zero_points[1])
        assert_agrees(engine, "add", a, b, float(scale), zero_points[2])


@pytest.mark.parametrize("ulps", [-2, -1, 0, 1, 2])
def test_scales_beside_round_ones(engine: NativeEngine, ulps: int) -> None:
    first, second = _all_pairs(np.uint8)
    near = float(np.float32(0.5) + ulps * np.spacing(np.float32(0.5)))
    for other in (0.5, near):
        a, b = QTensor.per_tensor(first, near, 10), QTensor.per_tensor(second, other, 200)
        assert_agrees(engine, "add", a, b, 1.0, 128)
