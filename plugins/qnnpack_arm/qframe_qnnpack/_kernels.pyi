"""The extension module that build_kernels.py compiles; qframe/native/api.cdef declares its functions."""

from typing import Any

ffi: Any
lib: Any
