"""Convolutions that are wrong in one respect."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from qframe.plugin import QTensor, requantize

from .engines import reference


class Padded:
    """A convolution without padding, on an input with borders of another making."""

    def __init__(self, weight, bias, stride, padding, dilation, groups):
        self.packed = reference("conv2d_pack")(weight, bias, stride, (0, 0), dilation, groups)
        self.padding = padding

    def __call__(self, x, scale, zero_point, *, clamp=None):
        padded = QTensor(self.bordered(x), x.q_scale(), x.q_zero_point(), x.dtype)
        return self.packed(padded, scale, zero_point, clamp=clamp)


class ConvPaddingWithCodeZero(Padded):
    """Pads with the code 0, which is the number 0.0 only where the zero point is 0."""

    def bordered(self, x):
        return np.pad(x.int_repr(), [(0, 0), (0, 0), *((p, p) for p in self.padding)])


class ConvWithPaddingOffByOne(Padded):
    """Pads one column less on the left, and one more on the right."""

    def bordered(self, x):
        top, left = self.padding
        borders = [(0, 0), (0, 0), (top, top), (left - 1, left + 1) if left else (0, 0)]
        return np.pad(x.int_repr(), borders, constant_values=x.q_zero_point())


class ConvAddingPairsInInt16:
    """Adds the products of two neighbouring channels as vpmaddubsw does, saturating."""

    def __init__(self, weight, bias, stride, padding, dilation, groups):
        self.codes, self.groups = weight.int_repr().astype(np.int64), groups

    def __call__(self, x, scale, zero_point, *, clamp=None):
        windows = sliding_window_view(x.int_repr().astype(np.int64), self.codes.shape[2:], axis=(2, 3))
        outputs = len(self.codes) // self.groups
        inputs = np.split(windows, self.groups, axis=1)
        parts = [
            self._sums(own, self.codes[group * outputs : (group + 1) * outputs])
            for group, own in enumerate(inputs)
        ]
        codes = requantize(np.concatenate(parts, axis=1), np.float32(1 / scale), zero_point, x.dtype, clamp)
        return QTensor(codes, scale, zero_point, x.dtype)

    def _sums(self, windows, codes):
        products = windows[:, None].transpose(0, 1, 3, 4, 2, 5, 6) * codes[:, None, None]
        flat = products.reshape(*products.shape[:4], -1)
        flat = np.concatenate([flat, np.zeros_like(flat[..., : flat.shape[-1] % 2])], axis=-1)
        pairs = flat.reshape(*flat.shape[:-1], -1, 2).sum(axis=-1)
        return np.clip(pairs, -(2**15), 2**15 - 1).sum(axis=-1)
