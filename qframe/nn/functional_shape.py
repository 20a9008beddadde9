"""Padding and flattening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from ..errors import ArgumentError
from ..qtensor import QTensor
from .functional_checks import Array, Ints, check_choice, float_array

Tensor = TypeVar("Tensor", Array, QTensor)

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
        return np.pad(x, pairs, constant_values=np.float32(value))
    _check_reach(x.shape, pairs, mode)
    return np.pad(x, pairs, mode=_NUMPY_MODES[mode])  # type: ignore[call-overload]


def _check_reach(shape: Ints, pairs: list[tuple[int, int]], mode: str) -> None:
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
    out = np.full((*x.shape[:lead], *size), np.float32(value), np.float32)
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
    x = np.asarray(input)
    rank = max(x.ndim, 1)
    start, end = (d + rank if d < 0 else d for d in (start_dim, end_dim))
    if not 0 <= start <= end < rank:
        raise ArgumentError(
            f"flatten from dimension {start_dim} to {end_dim} of a shape {x.shape}",
            fix="Name two existing dimensions, start_dim not after end_dim",
        )
    merged: Any = int(np.prod(x.shape[start : end + 1]))
    return x.reshape(*x.shape[:start], merged, *x.shape[end + 1 :])
