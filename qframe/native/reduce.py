"""Reductions: the dimensions to keep and to reduce are brought into the form (outer, reduced, inner)."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from ..plugin import QTensor
from .buffers import Array, Ints, dense, inverse, memory_order
from .codes import FLIPS, LONGEST_SUM, memory
from .library import NativeLibrary


def mean(native: NativeLibrary, x: QTensor, dim: tuple[int, ...] | None, keepdim: bool) -> QTensor:
    """Mean over dimensions, rounded once from the exact sum."""
    flip = FLIPS.get(x.dtype)
    codes = x.int_repr()
    axes = _axes(codes, tuple(range(x.ndim)) if dim is None else tuple(d % x.ndim for d in dim))
    length = prod(codes.shape[axis] for axis in axes.reduced)
    if flip is None or not 0 < length <= LONGEST_SUM:
        return NotImplemented
    outer, inner = ([codes.shape[axis] for axis in part] for part in (axes.outer, axes.inner))
    out = np.empty((*outer, *inner), codes.dtype)
    ordered = dense(codes.transpose(axes.outer + axes.reduced + axes.inner))
    mean_of_middle(native, ordered, prod(outer), length, prod(inner), x.q_zero_point(), flip, out)
    result = out.transpose(inverse(axes.outer + axes.inner))
    if keepdim:
        result = np.expand_dims(result, axes.reduced)
    return QTensor(result, x.q_scale(), x.q_zero_point(), x.dtype)


def mean_of_middle(
    native: NativeLibrary,
    codes: Array,
    outer: int,
    length: int,
    inner: int,
    zero_point: int,
    flip: int,
    out: Array,
) -> None:
    """Write the means of (outer, length, inner) codes over the middle dimension to ``out``."""
    native.lib.qf_mean(memory(native, codes), outer, length, inner, zero_point, flip, memory(native, out))


class _Axes(NamedTuple):
    """A partition of the axes, each part in memory order; ``inner`` are kept, and last in memory."""

    outer: Ints
    reduced: Ints
    inner: Ints


def _axes(x: Array, reduced: Ints) -> _Axes:
    order = memory_order(x.strides)
    last = max((place for place, axis in enumerate(order) if axis in reduced), default=-1)
    return _Axes(
        tuple(axis for axis in order[: last + 1] if axis not in reduced),
        tuple(axis for axis in order if axis in reduced),
        tuple(order[last + 1 :]),
    )
