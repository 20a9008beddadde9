"""Interpolation of images whose channels or whose rows lie side by side; the result lies alike."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .. import plugin
from ..plugin import QTensor
from .buffers import Array, Ints, channels_first_order, channels_last_order, dense, inverse
from .codes import FLIPS, address
from .library import NativeLibrary

Factors = tuple[float | None, ...]

#: Pixels of fewer channels are taken apart into single codes.
WIDE_PIXEL = 8

#: QF_WINDOW of native/resize.h.
WINDOW = 16


def interpolate_nearest(
    native: NativeLibrary, x: QTensor, output_size: tuple[int, ...], scale_factors: tuple[float | None, ...]
) -> QTensor:
    """Copy the codes at the nearest source positions."""
    if x.dtype not in FLIPS:
        return NotImplemented
    codes = _side_by_side(x.int_repr())
    plan = _nearest_plan(native, codes.shape, codes.strides, tuple(output_size), tuple(scale_factors))
    out = np.empty(plan.shape, codes.dtype)
    if out.size:
        native.lib.qf_interpolate_nearest(
            _start(native, codes, plan), *plan.arguments, native.from_buffer(native.u8, out)
        )
    return QTensor(out.transpose(plan.back), x.q_scale(), x.q_zero_point(), x.dtype)


def interpolate_bilinear(
    native: NativeLibrary,
    x: QTensor,
    output_size: tuple[int, int],
    align_corners: bool,
    scale_factors: tuple[float | None, float | None],
) -> QTensor:
    """Interpolate the codes along rows, then between rows; every product and sum is rounded to float32."""
    flip = FLIPS.get(x.dtype)
    if flip is None:
        return NotImplemented
    codes, zero_point = _side_by_side(x.int_repr()), x.q_zero_point()
    plan = _bilinear_plan(
        native, codes.shape, codes.strides, tuple(output_size), bool(align_corners), tuple(scale_factors)
    )
    out = np.empty(plan.shape, codes.dtype)
    if out.size:
        start = _start(native, codes, plan)
        native.lib.qf_interpolate_bilinear(
            start, *plan.arguments, zero_point, flip, native.from_buffer(native.u8, out)
        )
    return QTensor(out.transpose(plan.back), x.q_scale(), zero_point, x.dtype)


def _side_by_side(x: Array) -> Array:
    """Return ``x`` if its channels or the pixels of its rows lie side by side, else a channels-last copy."""
    if _is_channels_last(x.shape, x.strides) or x.strides[-1] == 1:
        return x
    return dense(x.transpose(channels_last_order(x.ndim))).transpose(channels_first_order(x.ndim))


def _is_channels_last(shape: Ints, strides: Ints) -> bool:
    channels = shape[1]
    return channels > 1 and strides[1] == 1 and (channels >= WIDE_PIXEL or strides[-1] == channels)


def _start(native: NativeLibrary, x: Array, plan: _Plan) -> Any:
    """Return a pointer to the first code."""
    ordered = x.transpose(plan.order)
    return native.from_buffer(native.u8, ordered) if ordered.flags.c_contiguous else address(native, x)


class _Layout(NamedTuple):
    """How C sees an input and its output, see native/api.cdef."""

    sizes: Ints
    strides: Ints
    repeats: int  #: how many codes make a pixel that is taken apart, else 1
    shape: Ints  #: of the output in the order of memory
    order: Ints  #: brings an image into the order of memory


class _Plan(NamedTuple):
    """What depends on shapes alone: numbers and tables for C, and how the output lies."""

    arguments: tuple[Any, ...]
    shape: Ints
    order: Ints
    back: Ints


def _plan(native: NativeLibrary, layout: _Layout, *tables: Any) -> _Plan:
    numbers = (native.ffi.new(native.i64, values) for values in (layout.sizes, layout.strides))
    back = inverse(layout.order)
    return _Plan((*numbers, *tables), layout.shape, layout.order, back)


@lru_cache(maxsize=64)
def _nearest_plan(
    native: NativeLibrary, shape: Ints, strides: Ints, output_size: Ints, scale_factors: Factors
) -> _Plan:
    layout = _layout(shape, strides, output_size)
    sources = [
        plugin.nearest_sources(*axis) for axis in zip(shape[2:], output_size, scale_factors, strict=True)
    ]
    *outer, columns = (np.zeros(1, np.int64), *sources)[-3:]
    tables = *outer, _taken_apart(columns, layout.repeats)
    return _plan(
        native, layout, *(native.from_buffer(native.i32, table.astype(np.int32)) for table in tables)
    )


@lru_cache(maxsize=64)
def _bilinear_plan(
    native: NativeLibrary,
    shape: Ints,
    strides: Ints,
    output_size: Ints,
    align_corners: bool,
    scale_factors: Factors,
) -> _Plan:
    layout = _layout(shape, strides, output_size)
    tables = []
    sizes = zip(shape[2:], output_size, scale_factors, (1, layout.repeats), strict=True)
    for length, output, factor, repeats in sizes:
        sources = plugin.linear_sources(length, output, align_corners, factor)
        index = [_taken_apart(places, repeats) for places in (sources.first, sources.second)]
        weight = [np.repeat(weights, repeats) for weights in (sources.first_weight, sources.second_weight)]
        weight.append(np.zeros(WINDOW - 1, np.float32))
        tables += [native.from_buffer(native.i32, np.concatenate(index).astype(np.int32))]
        tables += [native.from_buffer(native.f32, np.concatenate(weight))]
    return _plan(native, layout, *tables)


def _taken_apart(places: Array, repeats: int) -> Array:
    """Return the places of all codes of pixels at ``places``."""
    return (places[:, None] * repeats + np.arange(repeats)).reshape(-1)


def _layout(shape: Ints, strides: Ints, output_size: Ints) -> _Layout:
    images, channels, width = shape[0], shape[1], shape[-1]
    *slices, rows, columns = output_size
    outer, axes = (*(slices or [1]), rows), tuple(range(len(shape)))
    steps = (0, *strides[2:])[-3:]
    if not _is_channels_last(shape, strides):
        sizes = images, channels, *outer, columns, 1, width
        return _Layout(sizes, (*strides[:2], *steps), 1, (images, channels, *output_size), axes)
    repeats = channels if channels < WIDE_PIXEL else 1
    sizes = images, 1, *outer, columns * repeats, channels // repeats, width * channels
    order = 0, *axes[2:], 1
    return _Layout(sizes, (strides[0], 0, *steps), repeats, (images, *output_size, channels), order)
