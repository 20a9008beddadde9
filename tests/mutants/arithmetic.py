"""Sums and products that are wrong in one respect."""

import time

import numpy as np

from qframe.plugin import Clamp, QTensor, centered, reciprocal

from .engines import reference


def mul_clamping_before_the_zero_point(a, b, scale, zero_point, *, clamp=None):
    product = centered(a.int_repr(), a.q_zero_point()).astype(np.float64)
    product = product * centered(b.int_repr(), b.q_zero_point())
    multiplier = np.float32(a.q_scale()) * np.float32(b.q_scale()) * reciprocal(scale)
    low, high = clamp or (a.dtype.minimum, a.dtype.maximum)
    rounded = np.clip(np.rint(product.astype(np.float32) * multiplier), low, high)
    return QTensor(
        np.clip(rounded + zero_point, a.dtype.minimum, a.dtype.maximum).astype(a.dtype.numpy),
        scale,
        zero_point,
        a.dtype,
    )


def add_ignoring_the_clamp(a, b, scale, zero_point, *, clamp=None):
    return reference("add")(a, b, scale, zero_point)


def add_off_by_one(a, b, scale, zero_point, *, clamp=None):
    result = reference("add")(a, b, scale, zero_point, clamp=clamp)
    low, high = clamp or (a.dtype.minimum, a.dtype.maximum)
    codes = np.clip(result.int_repr().astype(np.int64) + 1, low, high).astype(a.dtype.numpy)
    return QTensor(codes, scale, zero_point, a.dtype)


def add_with_another_tail(a, b, scale, zero_point, *, clamp=None):
    """Rounds the elements after the last full vector of eight half away from zero."""
    result = reference("add")(a, b, scale, zero_point, clamp=clamp)
    if result.ndim != 1 or clamp is not None:
        return result
    body = result.numel() // 8 * 8
    real = (a.dequantize() + b.dequantize())[body:] * reciprocal(scale)
    tail = np.trunc(real + np.copysign(np.float32(0.4), real)).astype(np.int64) + zero_point
    codes = result.int_repr().copy()
    codes[body:] = np.clip(tail, a.dtype.minimum, a.dtype.maximum)
    return QTensor(codes, scale, zero_point, a.dtype)


def add_with_another_default(a, b, scale, zero_point, *, clamp=Clamp(0, 255)):  # noqa: B008
    return reference("add")(a, b, scale, zero_point, clamp=clamp)


def add_with_swapped_arguments(b, a, scale, zero_point, *, clamp=None):
    return reference("add")(a, b, scale, zero_point, clamp=clamp)


class AddIntoOneBuffer:
    """Returns its own buffer, which the next call overwrites."""

    def __init__(self):
        self.buffers = {}

    def __call__(self, a, b, scale, zero_point, *, clamp=None):
        result = reference("add")(a, b, scale, zero_point, clamp=clamp).int_repr()
        buffer = self.buffers.setdefault((result.shape, result.dtype), np.empty_like(result))
        buffer[...] = result
        return QTensor(buffer, scale, zero_point, a.dtype)


class AddThroughSharedScratch:
    """A race: another call may overwrite the operands between copying and adding them."""

    def __call__(self, a, b, scale, zero_point, *, clamp=None):
        self.scratch = a, b
        time.sleep(0.001)  # as long as packing operands might take
        return reference("add")(*self.scratch, scale, zero_point, clamp=clamp)


class AddWithLeftovers:
    """Starts from what the last call left in the accumulator of the first element."""

    def __init__(self):
        self.left = 0

    def __call__(self, a, b, scale, zero_point, *, clamp=None):
        codes = reference("add")(a, b, scale, zero_point, clamp=clamp).int_repr()
        codes.reshape(-1)[:1] ^= codes.dtype.type(self.left)
        self.left = 1
        return QTensor(codes, scale, zero_point, a.dtype)
