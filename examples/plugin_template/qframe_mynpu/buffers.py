"""Handing arrays to C."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._kernels import ffi

Array = np.ndarray[Any, Any]

U8 = ffi.typeof("uint8_t[]")
I8 = ffi.typeof("int8_t[]")
I32 = ffi.typeof("int32_t[]")
F32 = ffi.typeof("float[]")


def pointer(kind: Any, array: Array | None) -> Any:
    """Return the memory of a dense array, or NULL for None; the array must stay alive during the call."""
    return ffi.NULL if array is None else ffi.from_buffer(kind, array)
