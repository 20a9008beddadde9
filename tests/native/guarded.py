"""Arrays that end where readable memory ends: a kernel that reads or writes behind them crashes."""

from __future__ import annotations

import ctypes
import mmap
import sys
from typing import Any

import numpy as np
import pytest

Array = np.ndarray[Any, Any]
_PROT_NONE = 0


def guarded(array: Array, *, in_front: bool = False) -> Array:
    """Return a copy whose last byte lies directly before a page that must not be touched.

    With ``in_front`` its first byte lies directly behind such a page.
    """
    if sys.platform != "linux":
        pytest.skip("guard pages are set up for Linux only")
    page = mmap.PAGESIZE
    pages = -(-array.nbytes // page) + in_front
    memory = mmap.mmap(-1, (pages + 1) * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    for locked in (start, start + pages * page)[1 - in_front :]:
        if libc.mprotect(ctypes.c_void_p(locked), ctypes.c_size_t(page), _PROT_NONE):
            raise OSError(ctypes.get_errno(), "mprotect failed")
    offset = page if in_front else pages * page - array.nbytes
    copy = np.frombuffer(memory, dtype=array.dtype, count=array.size, offset=offset).reshape(array.shape)
    copy[...] = array
    return copy
