"""Memory layouts: the same numbers at other addresses, which no kernel may notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Layout = Callable[[Array], Array]


def transposed(array: Array) -> Array:
    """Return the numbers in memory with the first axis fastest."""
    return np.array(array, order="F")


def channels_last(array: Array) -> Array:
    """Return the numbers in memory with axis 1 fastest, the order of most convolution kernels."""
    if array.ndim < 3:
        return array
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, 1, -1)), -1, 1)


def sliced(array: Array) -> Array:
    """Return every second element, along each axis, of a larger array."""
    if array.ndim == 0:
        return array
    larger = np.full([2 * size + 1 for size in array.shape], 77, dtype=array.dtype)
    view = larger[tuple(slice(1, None, 2) for _ in array.shape)]
    view[...] = array
    return view


def mirrored(array: Array) -> Array:
    """Return the numbers through negative strides along every axis."""
    flip = (slice(None, None, -1),) * array.ndim
    return np.array(array[flip], order="C")[flip]


def cropped(array: Array) -> Array:
    """Return the numbers as the inner part of a larger array: odd addresses, gaps between rows."""
    if array.ndim == 0:
        return array
    larger = np.full([size + 3 for size in array.shape], 77, dtype=array.dtype)
    view = larger[tuple(slice(1, size + 1) for size in array.shape)]
    view[...] = array
    return view


def broadcast(array: Array) -> Array:
    """Return the first row repeated with stride zero: other numbers, but no memory for the repetitions."""
    if array.ndim == 0 or array.shape[0] == 0:
        return array
    return np.broadcast_to(array[:1], array.shape)


#: Layouts by the name that a failure shows.
LAYOUTS: dict[str, Layout] = {
    "transposed": transposed,
    "channels-last": channels_last,
    "sliced with step 2": sliced,
    "negative strides": mirrored,
    "cropped from a larger array": cropped,
    "broadcast with stride 0": broadcast,
}
