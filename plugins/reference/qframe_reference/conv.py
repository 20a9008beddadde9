"""Convolutions in one to three dimensions, by im2col and exact matrix products.

Data is channels last inside, and the result's memory is channels last.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qframe import plugin
from qframe.plugin import Clamp, QTensor, quint8

from .exact import LARGEST_WEIGHT_SUM, ExactMatrix, centered_weight
from .weights import weight_qparams
from .windows import channels_first, channels_last, pad_spatial, tap_view, windows

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

#: How many elements the im2col matrix of one step may have; larger batches go in several steps.
IM2COL_ELEMENTS = 1 << 22


class PackedConv:
    """A qint8 weight (OC, IC / groups, kernel...) with its bias and geometry."""

    def __init__(
        self, weight: QTensor, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
    ) -> None:
        self._scales, zero_points = weight_qparams(weight)
        self._bias = None if bias is None else bias.copy()
        self._stride, self._padding, self._dilation = stride, padding, dilation
        self._kernel = weight.shape[2:]
        self._outputs = weight.shape[0]
        codes = channels_last(centered_weight(weight.int_repr(), zero_points))
        self._convolve = _grouped_form(codes, groups)

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Convolve quint8 ``x`` (N, IC, spatial...) and requantize; zero padding pads with its zero point."""
        images = plugin.centered(channels_last(x.int_repr()), x.q_zero_point())
        images = pad_spatial(images, self._padding, self._padding, 0)
        output = plugin.conv_output_size(
            x.shape[2:], self._kernel, self._stride, self._padding, self._dilation
        )
        transform = plugin.output_transform(x.q_scale(), self._scales, self._bias, scale)
        codes = np.empty((x.shape[0], *output, self._outputs), dtype=np.uint8)
        for part in self._batches(x.shape[0], images.shape[-1], output):
            patches = windows(images[part], self._kernel, self._stride, self._dilation, output)
            accumulator = self._convolve(patches)
            codes[part] = plugin.requantize_channels_last(accumulator, transform, zero_point, quint8, clamp)
        return QTensor(channels_first(codes), float(scale), int(zero_point), quint8)

    def _batches(self, batch: int, channels: int, output: Ints) -> list[slice]:
        elements = int(np.prod(output)) * int(np.prod(self._kernel)) * channels
        step = max(1, IM2COL_ELEMENTS // max(elements, 1))
        return [slice(start, start + step) for start in range(0, batch, step)]


def _grouped_form(weight: Array, groups: int) -> Any:
    """Choose how to convolve, from a centered channels-last weight (OC, kernel..., IC / groups)."""
    if groups == 1:
        return _Dense(weight)
    if weight.shape[-1] == 1:
        return _Depthwise(weight, groups)
    return _Grouped(weight, groups)


class _Dense:
    """All inputs reach all outputs: one matrix product."""

    def __init__(self, weight: Array) -> None:
        self._matrix = ExactMatrix(weight.reshape(len(weight), -1))

    def __call__(self, patches: Array) -> Array:
        """Return accumulators (N, output..., OC) from patches (N, output..., kernel..., IC)."""
        output = patches.shape[: patches.ndim // 2]
        return self._matrix(patches.reshape(-1, self._matrix.inputs)).reshape(*output, self._matrix.outputs)


class _Grouped:
    """Each group is a convolution of its own."""

    def __init__(self, weight: Array, groups: int) -> None:
        self._parts = [_Dense(part) for part in np.split(weight, groups)]

    def __call__(self, patches: Array) -> Array:
        """Return accumulators (N, output..., OC) from patches (N, output..., kernel..., IC)."""
        inputs = np.split(patches, len(self._parts), axis=-1)
        return np.concatenate([part(x) for part, x in zip(self._parts, inputs, strict=True)], axis=-1)


class _Depthwise:
    """One input channel in each group: multiply and add tap by tap."""

    def __init__(self, weight: Array, groups: int) -> None:
        taps = weight.reshape(groups, -1, int(np.prod(weight.shape[1:])))  # (groups, multiplier, taps)
        largest = np.abs(taps).sum(axis=-1).max(initial=0)
        exact = np.float32 if largest <= LARGEST_WEIGHT_SUM else np.float64
        self._taps = np.ascontiguousarray(taps.transpose(2, 0, 1).astype(exact))

    def __call__(self, patches: Array) -> Array:
        """Return accumulators (N, output..., OC) from patches (N, output..., kernel..., IC)."""
        output = patches.shape[: patches.ndim // 2]
        kernel = patches.shape[patches.ndim // 2 : -1]
        total = np.zeros((*output, *self._taps.shape[1:]), dtype=self._taps.dtype)
        for position, tap in zip(np.ndindex(*kernel), self._taps, strict=True):
            total += tap_view(patches, position)[..., None] * tap
        return total.reshape(*output, -1)


def conv1d_pack(
    weight: QTensor, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> PackedConv:
    """Lay out a weight (OC, IC / groups, kW)."""
    return PackedConv(weight, bias, stride, padding, dilation, groups)


def conv2d_pack(
    weight: QTensor, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> PackedConv:
    """Lay out a weight (OC, IC / groups, kH, kW)."""
    return PackedConv(weight, bias, stride, padding, dilation, groups)


def conv3d_pack(
    weight: QTensor, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> PackedConv:
    """Lay out a weight (OC, IC / groups, kD, kH, kW)."""
    return PackedConv(weight, bias, stride, padding, dilation, groups)
