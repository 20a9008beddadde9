"""Convolutions of one to three dimensions, output by output and tap by tap."""

import itertools

import numpy as np

from qframe.plugin import QTensor

from .linear import centered_codes, centered_weight, output_code


class Convolution:
    def __init__(self, weight, bias, stride, padding, dilation, groups):
        self.weight, self.bias, self.groups = weight, bias, groups
        self.stride, self.padding, self.dilation = stride, padding, dilation

    def __call__(self, x, scale, zero_point, *, clamp=None):
        batch, outputs = x.shape[0], self.weight.shape[0]
        codes = np.zeros((batch, outputs, *self.spatial(x.shape[2:])), dtype=np.uint8)
        centered, weights = centered_codes(x), centered_weight(self.weight)
        for index in np.ndindex(*codes.shape):
            accumulator = self.accumulate(centered, weights, index[0], index[1], index[2:])
            codes[index] = output_code(
                accumulator, self.weight, self.bias, index[1], x.q_scale(), scale, zero_point, clamp
            )
        return QTensor.per_tensor(codes, scale, zero_point)

    def spatial(self, size):
        """Count the positions at which the dilated kernel fits into the padded input."""
        counts = []
        for length, k, s, p, d in zip(
            size, self.weight.shape[2:], self.stride, self.padding, self.dilation, strict=True
        ):
            starts = range(-p, length + p, s)
            counts.append(sum(1 for start in starts if start + d * (k - 1) < length + p))
        return counts

    def accumulate(self, centered, weights, image, output, position):
        """Sum over the taps inside the input: those outside hold the zero point, which counts nothing."""
        each = self.weight.shape[1]
        first = output // (self.weight.shape[0] // self.groups) * each
        total = 0
        for tap in itertools.product(*map(range, self.weight.shape[2:])):
            at = tuple(
                o * s - p + t * d
                for o, t, s, p, d in zip(position, tap, self.stride, self.padding, self.dilation, strict=True)
            )
            if all(0 <= i < length for i, length in zip(at, centered.shape[2:], strict=True)):
                pixel = centered[(image, slice(first, first + each), *at)]
                total += int(pixel @ weights[(output, slice(None), *tap)])
        return total


def conv1d_pack(weight, bias, stride, padding, dilation, groups):
    return Convolution(weight, bias, stride, padding, dilation, groups)


def conv2d_pack(weight, bias, stride, padding, dilation, groups):
    return Convolution(weight, bias, stride, padding, dilation, groups)


def conv3d_pack(weight, bias, stride, padding, dilation, groups):
    return Convolution(weight, bias, stride, padding, dilation, groups)
