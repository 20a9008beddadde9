"""The extension module that build_kernels.py compiles; csrc/api.cdef declares its functions."""

from typing import Any

ffi: Any
lib: Any
