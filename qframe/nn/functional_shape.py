"""Padding, flattening, joining and averaging of float arrays, and maps along a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from ..autograd.tracing import differentiable, is_traced
from ..errors import ArgumentError
from ..qtensor import QTensor
from .functional_checks import Array, Ints, check_choice, float_array

Tensor = TypeVar("Tensor", Array, QTensor)

Pairs = list[tuple[int, int]]

_NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Array:
    """Lengthen the last dimensions of a float array.

    Args:
        pad: (before, after) of the last dimension, then of the one before it, and so on.
        mode: ``constant`` (``value``), ``reflect``, ``replicate`` or ``circular``.

    Raises:
        DTypeError: no float array.
        ArgumentError: odd, negative or too many lengths; more than the mode can take from the input.
    """
    x = float_array("pad", input)
    check_choice("mode", mode, ("constant", *_NUMPY_MODES))
    lengths = tuple(pad)
    if len(lengths) % 2 or len(lengths) > 2 * x.ndim or min(lengths, default=0) < 0:
        raise ArgumentError(
            f"pad={lengths} for an input of shape {x.shape}",
            fix="Give two lengths of at least 0 for each dimension to pad, the last dimension first",
        )
    pairs = [(0, 0)] * (x.ndim - len(lengths) // 2)
    pairs += [(lengths[i], lengths[i + 1]) for i in range(len(lengths) - 2, -1, -2)]
    if mode == "constant":
        return _pad_constant(x, pairs, np.float32(value))
    _check_reach(x.shape, pairs, mode)
    return _pad_repeating(x, pairs, _NUMPY_MODES[mode])


def _pad_constant_gradient(g: Array, out: Array, x: Array, pairs: Pairs, value: Any) -> tuple[Any, ...]:
    inner = tuple(slice(before, before + n) for (before, _), n in zip(pairs, x.shape, strict=True))
    return g[inner], None, None


@differentiable(_pad_constant_gradient)
def _pad_constant(x: Array, pairs: Pairs, value: Any) -> Array:
    return np.pad(x, pairs, constant_values=value)


def _pad_repeating_gradient(g: Array, out: Array, x: Array, pairs: Pairs, mode: str) -> tuple[Any, ...]:
    for axis, (pair, n) in enumerate(zip(pairs, x.shape, strict=True)):
        if any(pair):
            sources = np.pad(np.arange(n), pair, mode=mode)  # type: ignore[call-overload]
            g = mapped(g, axis, selection(sources, n, g.dtype))
    return g, None, None


@differentiable(_pad_repeating_gradient)
def _pad_repeating(x: Array, pairs: Pairs, mode: str) -> Array:
    return np.pad(x, pairs, mode=mode)  # type: ignore[call-overload]


def selection(sources: Array, length: int, dtype: Any) -> Array:
    """Return the matrix (sources, length) that takes the elements at ``sources`` from a vector."""
    matrix = np.zeros((len(sources), length), dtype)
    matrix[np.arange(len(sources)), sources] = 1
    return matrix


def mapped(x: Array, axis: int, matrix: Array) -> Array:
    """Multiply each vector along ``axis`` by ``matrix`` from the right."""
    return np.moveaxis(np.moveaxis(x, axis, -1) @ matrix, -1, axis)


def _check_reach(shape: Ints, pairs: Pairs, mode: str) -> None:
    spare = 1 if mode == "reflect" else 0
    for axis, (length, pair) in enumerate(zip(shape, pairs, strict=True)):
        reach = length - spare if mode != "replicate" or length == 0 else max(pair)
        if max(pair) > reach:
            raise ArgumentError(
                f"pad: mode {mode!r} cannot take {max(pair)} from dimension {axis} of shape {shape}",
                fix=f"Pad by at most {max(reach, 0)} there",
            )


def pad_spatial(x: Array, padding: Ints, value: float = 0.0, extra: Ints | None = None) -> Array:
    """Return ``x`` with ``padding`` on both sides of each trailing dimension, and ``extra`` at its end.

    Where there is nothing to pad, ``x`` itself is returned.
    """
    extra = extra or (0,) * len(padding)
    if not any(padding) and not any(extra):
        return x
    lead = x.ndim - len(padding)
    inner = x.shape[lead:]
    size = tuple(n + 2 * p + e for n, p, e in zip(inner, padding, extra, strict=True))
    out = np.full((*x.shape[:lead], *size), value, x.dtype)
    middle: tuple[Any, ...] = (..., *(slice(p, p + n) for n, p in zip(inner, padding, strict=True)))
    out[middle] = x
    return out


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge dimensions ``start_dim`` to ``end_dim`` of an array of any dtype or quantized tensor.

    Raises:
        ArgumentError: a dimension does not exist, or the first comes after the last.
    """
    if isinstance(input, QTensor):
        return input.flatten(start_dim, end_dim)
    x = input if is_traced(input) else np.asarray(input)
    rank = max(x.ndim, 1)
    start, end = (d + rank if d < 0 else d for d in (start_dim, end_dim))
    if not 0 <= start <= end < rank:
        raise ArgumentError(
            f"flatten from dimension {start_dim} to {end_dim} of a shape {x.shape}",
            fix="Name two existing dimensions, start_dim not after end_dim",
        )
    merged: Any = int(np.prod(x.shape[start : end + 1]))
    return x.reshape(*x.shape[:start], merged, *x.shape[end + 1 :])


def joined(arrays: Sequence[Array], axis: int) -> Array:
    """Join arrays, traced or not, along a dimension that they have."""
    return _joined(axis, *arrays)


def _joined_gradients(g: Array, out: Array, axis: int, *arrays: Array) -> tuple[Any, ...]:
    ends = np.cumsum([array.shape[axis] for array in arrays])
    return None, *np.split(g, ends[:-1], axis)


@differentiable(_joined_gradients)
def _joined(axis: int, *arrays: Array) -> Array:
    return np.concatenate(arrays, axis=axis)


def stacked(arrays: Sequence[Array], axis: int) -> Array:
    """Join arrays of one shape, traced or not, along a new dimension."""
    return _stacked(axis, *arrays)


def _stacked_gradients(g: Array, out: Array, axis: int, *arrays: Array) -> tuple[Any, ...]:
    return None, *np.moveaxis(g, axis, 0)


@differentiable(_stacked_gradients)
def _stacked(axis: int, *arrays: Array) -> Array:
    return np.stack(arrays, axis=axis)


def _mean_gradient(g: Array, out: Any, x: Array, axis: Any, keepdims: bool) -> tuple[Any, ...]:
    if not keepdims:
        every = tuple(range(x.ndim)) if axis is None else axis
        g = np.expand_dims(g, every)
    part = g / g.dtype.type(x.size // np.size(out))
    return np.broadcast_to(part, x.shape), None, None


@differentiable(_mean_gradient)
def mean(x: Array, axis: Any, keepdims: bool) -> Any:
    """Return the mean over a dimension, several or (None) all."""
    return np.mean(x, axis=axis, keepdims=keepdims)
