"""exp, sigmoid and tanh of recurrent layers, number by number."""

import math

import numpy as np

from .numbers import f32

LN2_HIGH = f32(355 / 512)
LN2_LOW = f32(-2.1219444e-4)
COEFFICIENTS = [f32(c) for c in (4.9999997e-1, 1.6666546e-1, 4.1667443e-2, 8.366252e-3, 1.386998e-3)]


def reduced(x):
    """(q, n): exp(x) is (1 + q)·2ⁿ."""
    n = round(float(f32(x) * f32(1 / math.log(2))))
    r = (f32(x) - f32(n) * LN2_HIGH) - f32(n) * LN2_LOW
    p = f32(0)
    for c in reversed(COEFFICIENTS):
        p = p * r + c
    return r + (r * r) * p, n


def exp(x):
    if math.isnan(x):
        return f32(x)
    q, n = reduced(min(max(float(x), -104.0), 89.0))
    with np.errstate(over="ignore"):
        return f32(math.ldexp(float(q + f32(1)), n))


def sigmoid(x):
    if math.isnan(x):
        return f32(x)
    return f32(1) / (f32(1) + exp(-x))


def tanh(x):
    if math.isnan(x):
        return f32(x)
    q, n = reduced(max(-2 * abs(float(x)), -40.0))
    power = f32(math.ldexp(1.0, n))
    e = power * q + (power - f32(1))
    return f32(math.copysign(-e / (e + f32(2)), x))
