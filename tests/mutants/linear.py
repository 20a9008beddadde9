"""Linear layers that are wrong in one respect."""

import numpy as np

from qframe.plugin import Clamp, QTensor, output_transform, requantize

from .engines import reference


class Linear:
    """The reference's packed weight, through which each wrong kernel goes but for what it does wrong."""

    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias
        self.right = reference("linear_pack")(weight, bias)

    def __call__(self, x, scale, zero_point, *, clamp=None):
        return self.right(x, scale, zero_point, clamp=clamp)

    def dynamic(self, x, *, relu=False, reduce_range=False):
        return self.right.dynamic(x, relu=relu, reduce_range=reduce_range)


def linear_with_reversed_channel_scales(weight, bias):
    if weight.qscheme().per_channel:
        scales = weight.q_per_channel_scales()[::-1].copy()
        weight = QTensor(weight.int_repr(), scales, weight.q_per_channel_zero_points(), weight.dtype, 0)
    return reference("linear_pack")(weight, bias)


class LinearAddingPairsInInt16(Linear):
    """Multiplies as vpmaddubsw does: the sum of two neighbouring products saturates."""

    def __call__(self, x, scale, zero_point, *, clamp=None):
        weight = self.weight
        if weight.qscheme().per_channel or weight.q_zero_point() or x.q_zero_point() or self.bias is not None:
            return self.right(x, scale, zero_point, clamp=clamp)
        products = x.int_repr().astype(np.int64)[..., None, :] * weight.int_repr().astype(np.int64)
        if products.shape[-1] % 2:
            products = np.concatenate([products, np.zeros_like(products[..., :1])], axis=-1)
        pairs = products.reshape(*products.shape[:-1], -1, 2).sum(axis=-1)
        accumulator = np.clip(pairs, -(2**15), 2**15 - 1).sum(axis=-1)
        multiplier = np.float32(x.q_scale()) * np.float32(weight.q_scale()) / np.float32(scale)
        codes = requantize(accumulator, multiplier, zero_point, x.dtype, clamp)
        return QTensor(codes, scale, zero_point, x.dtype)


class LinearRoundingHalfUp(Linear):
    """Requantizes with floor(x + 0.5), which differs from half to even at every other tie."""

    def __call__(self, x, scale, zero_point, *, clamp=None):
        if self.weight.qscheme().per_channel:
            return self.right(x, scale, zero_point, clamp=clamp)
        left = x.int_repr().astype(np.int64) - x.q_zero_point()
        sums = left @ (self.weight.int_repr().astype(np.int64) - self.weight.q_zero_point()).T
        transform = output_transform(x.q_scale(), self.weight.q_scale(), self.bias, scale)
        values = (
            sums.astype(np.float32) + (0 if self.bias is None else transform.bias)
        ) * transform.multiplier
        low, high = clamp or (0, 255)
        codes = np.clip(np.floor(values + np.float32(0.5)).astype(np.float64) + zero_point, low, high)
        return QTensor(codes.astype(np.uint8), scale, zero_point, x.dtype)


class LinearForgettingTheZeroPoint(Linear):
    """Multiplies codes, not centered codes."""

    def __call__(self, x, scale, zero_point, *, clamp=None):
        return self.right(QTensor(x.int_repr(), x.q_scale(), 0, x.dtype), scale, zero_point, clamp=clamp)


def linear_forgetting_the_zero_point_of_the_weight(weight, bias):
    if weight.qscheme().per_channel:
        return Linear(weight, bias)
    return Linear(QTensor(weight.int_repr(), weight.q_scale(), 0, weight.dtype), bias)


class LinearReadingSignedActivations(Linear):
    """Takes uint8 codes from 128 on for negative numbers."""

    def __call__(self, x, scale, zero_point, *, clamp=None):
        signed = QTensor(x.int_repr().view(np.int8), x.q_scale(), x.q_zero_point(), x.dtype)
        return self.right(signed, scale, zero_point, clamp=clamp)


class LinearClampingAtCodeZero(Linear):
    """Takes a ReLU's lower bound for 0, the code, where 0.0 has another one."""

    def __call__(self, x, scale, zero_point, *, clamp=None):
        return self.right(x, scale, zero_point, clamp=clamp and Clamp(0, clamp.high))


class LinearThatPacksLate(Linear):
    """Keeps the caller's arrays and looks at them at each call."""

    def __call__(self, x, scale, zero_point, *, clamp=None):
        return reference("linear_pack")(self.weight, self.bias)(x, scale, zero_point, clamp=clamp)


class LinearPackedOnce:
    """A stale pack: the packed form is remembered by the address of the weight."""

    def __init__(self):
        self.forms = {}

    def __call__(self, weight, bias):
        address = weight.int_repr().__array_interface__["data"][0]
        if address not in self.forms:
            self.forms[address] = (
                Linear(weight, bias),
                weight,
            )  # the weight stays, so that no other gets its place
        return self.forms[address][0]


class LinearWithAnotherCall(Linear):
    """Lacks the keyword of the protocol, but for which the numbers are right."""

    def __call__(self, x, scale, zero_point, clamp=(0, 255)):
        return self.right(x, scale, zero_point, clamp=Clamp(*clamp))
