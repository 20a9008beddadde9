"""exp, sigmoid and tanh in float32 for recurrent layers: one formula, the same bits on every engine.

NumPy's and the C library's own functions differ from machine to machine in their last bits, and a bit of a
hidden state may move a code of the next step.  Here every multiplication, addition and division rounds to
float32 on its own, and nothing is fused; ``qframe/include/qframe/transcendental.h`` is the same formula in C.

With ``n = rint(x / ln 2)`` and ``r = x − n·ln 2`` (in two parts, the first product exact),

    exp(x) = 2ⁿ · (1 + q),    q = r + r²·P(r) ≈ exp(r) − 1,    |r| ≤ ln 2 / 2

where P has degree 4 (relative error of q at most 2⁻²⁶).  n is found by adding and subtracting 1.5·2²³, whose
sum holds it in its lowest bits, so that no conversion to an integer is needed and NaN passes.  Largest errors
over all float32 numbers: exp 1.01, sigmoid 2.49, tanh 2.50 units in the last place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_F = np.float32
_ONE, _TWO = _F(1), _F(2)
_INVERSE_LN2 = _F(1.4426950408889634)
#: ln 2 in two parts: nine bits, whose product with n is exact, and the rest.
_LN2_HIGH, _LN2_LOW = _F(0.693359375), _F(-2.1219444e-4)
_SHIFT = _F(12582912.0)  # 1.5 * 2**23
_SHIFT_BITS = np.int32(_SHIFT.view(np.int32))
#: P from its highest coefficient down, fitted to (expm1(r) - r) / r**2 for the least relative error of q.
_P = tuple(map(_F, (1.386998e-3, 8.366252e-3, 4.1667443e-2, 1.6666546e-1, 4.9999997e-1)))
#: exp is 0 and infinity beyond ± the first, tanh ±1 beyond ± the second.
_EXP_LIMIT, _TANH_LIMIT = _F(104), _F(20)


def exp(x: Array) -> Array:
    """Return e to the power of float32 ``x``: 0 from -104 on down, infinity from 88.73 on up, NaN for NaN."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        q, n = _reduce(np.clip(x, -_EXP_LIMIT, _EXP_LIMIT))
        half = n >> 1  # 2**n itself may lie outside of float32
        return np.asarray((q + _ONE) * _power_of_two(half) * _power_of_two(n - half))


def sigmoid(x: Array) -> Array:
    """Return ``1 / (1 + exp(-x))`` of float32 ``x``."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.asarray(_ONE / (_ONE + exp(-x)))


def tanh(x: Array) -> Array:
    """Return ``-e / (e + 2)`` with ``e = exp(-2|x|) - 1`` and the sign of float32 ``x``.

    e comes from q without cancellation, so that small results are as exact as large ones.
    """
    with np.errstate(under="ignore", invalid="ignore"):
        q, n = _reduce(np.minimum(np.abs(x), _TANH_LIMIT) * -_TWO)
        power = _power_of_two(n)
        e = power * q + (power - _ONE)
        return np.asarray(np.copysign(-e / (e + _TWO), x))


def _reduce(x: Array) -> tuple[Array, Array]:
    """Return q and the int32 n of the formula above, for ``|x| <= 104`` or NaN."""
    shifted = x * _INVERSE_LN2 + _SHIFT
    n = shifted - _SHIFT
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = _P[0]
    for coefficient in _P[1:]:
        p = p * r + coefficient
    return r + (r * r) * p, shifted.view(np.int32) - _SHIFT_BITS


def _power_of_two(n: Array) -> Array:
    """Return 2ⁿ for -126 <= n <= 127; what other n give only meets NaN."""
    return ((n + np.int32(127)).view(np.uint32) << np.uint32(23)).view(np.float32)
