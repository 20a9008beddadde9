"""Convolutions in one to three dimensions, on channels-last memory."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..plugin import Clamp, QTensor, conv_output_size, quint8
from .buffers import Array, Ints, channels_first_order, channels_last, check
from .library import NativeLibrary
from .weights import LogicalWeight, fits, kernel_name, merge_groups, owned, pack_matrix, pointers, take_apart

_FULL = (0, 255)


class PackedConv:
    """A qint8 weight (OC, IC / groups, kernel...) with its bias and geometry.

    Attributes:
        kernel: name of the microkernel that multiplies, or of both that do.
    """

    def __init__(
        self,
        native: NativeLibrary,
        weight: LogicalWeight,
        kernel: Ints,
        stride: Ints,
        padding: Ints,
        dilation: Ints,
        groups: int,
    ) -> None:
        self._native = native
        self._geometry = kernel, stride, padding, dilation
        self._outputs = weight.codes.shape[0]
        self._repeats = 1
        self._plans: dict[Ints, tuple[Any, Ints]] = {}
        self._to_first = channels_first_order(len(kernel) + 2)
        if groups > 1 and weight.codes.shape[1] == prod(kernel):
            self._repeats = self._outputs // groups
            self._weights, self._run = (
                _pack_depthwise(native, weight, kernel[-1]),
                native.lib.qf_depthwise_conv,
            )
            self.kernel = str(native.text(native.lib.qf_depthwise_kernel_name(self._weights)))
        else:
            self._weights, self._run = (
                _pack_product(native, weight, kernel, dilation, groups),
                native.lib.qf_conv,
            )
            self.kernel = kernel_name(native, self._weights)

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Convolve quint8 ``x`` (N, IC, spatial...) and requantize; zero padding pads with its zero point."""
        native = self._native
        codes = channels_last(native, x.int_repr())
        if self._repeats > 1:
            codes = np.repeat(codes, self._repeats, axis=-1)
        shape = codes.shape
        sizes, output = self._plans.get(shape) or self._plan(shape)
        out = np.empty(output, np.uint8)
        low, high = clamp or _FULL
        source, target = native.from_buffer(native.u8, codes), native.from_buffer(native.u8, out)
        given = x.q_scale(), x.q_zero_point()
        check(self._run(self._weights, source, shape[0], sizes, *given, scale, zero_point, low, high, target))
        return QTensor(out.transpose(self._to_first), float(scale), int(zero_point), quint8)

    def _plan(self, shape: Ints) -> tuple[Any, Ints]:
        """Return what C is told of an input (N, spatial..., C), and the output's shape; a few are kept."""
        kernel, stride, padding, dilation = self._geometry
        size = shape[1:-1]
        ones, zeros = (1,) * (3 - len(size)), (0,) * (3 - len(size))
        numbers = [*ones, *size, *ones, *kernel, *ones, *stride, *zeros, *padding, *ones, *dilation]
        output = shape[0], *conv_output_size(size, *self._geometry), self._outputs
        plan = self._native.ffi.new("int32_t[15]", numbers), output
        if len(self._plans) >= 16:
            self._plans.clear()
        self._plans[shape] = plan
        return plan


def _pack_product(
    native: NativeLibrary, weight: LogicalWeight, kernel: Ints, dilation: Ints, groups: int
) -> Any:
    """Lay out the weight for a matrix product; adjacent pixels of one kernel row make one run."""
    taps = prod(kernel)
    weight, groups = merge_groups(native, weight, groups, taps)
    adjacent = kernel[-1] if groups == 1 and dilation[-1] == 1 else 1
    return pack_matrix(native, weight, groups, taps // adjacent)


def _pack_depthwise(native: NativeLibrary, weight: LogicalWeight, row_taps: int) -> Any:
    codes = native.from_buffer(native.i8, weight.codes)
    packed = native.lib.qf_depthwise_pack(codes, *weight.codes.shape, row_taps, *pointers(native, weight))
    return owned(native, packed, native.lib.qf_depthwise_free)


def conv_pack(
    native: NativeLibrary,
    weight: QTensor,
    bias: Array | None,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> PackedConv:
    """Lay out a weight (OC, IC / groups, kernel...); declines one with sums of products beyond 32 bits."""
    logical = take_apart(weight, bias)
    if not fits(native, logical):
        return NotImplemented
    return PackedConv(native, logical, weight.shape[2:], stride, padding, dilation, groups)
