"""A compiled library of kernels, and what handing arrays to it takes."""

from __future__ import annotations

from typing import Any


class NativeLibrary:
    """What a C plugin's extension module contains, ready for the kernels of this package.

    Attributes:
        ffi, lib: of the module that cffi has built from ``qframe/native/api.cdef``.
        null: the pointer to nothing.
        from_buffer: ``from_buffer(native.u8, array)`` is a pointer to the elements of an array in C order.
        u8, i8, u16, i32, i64, f32, f64: the types of such pointers, made beforehand since that is slow.
    """

    __slots__ = ("f32", "f64", "ffi", "from_buffer", "i8", "i32", "i64", "lib", "null", "u8", "u16")

    def __init__(self, ffi: Any, lib: Any) -> None:
        self.ffi, self.lib = ffi, lib
        self.null, self.from_buffer = ffi.NULL, ffi.from_buffer
        self.u8, self.i8 = ffi.typeof("uint8_t[]"), ffi.typeof("int8_t[]")
        self.u16 = ffi.typeof("uint16_t[]")
        self.i32, self.i64 = ffi.typeof("int32_t[]"), ffi.typeof("int64_t[]")
        self.f32, self.f64 = ffi.typeof("float[]"), ffi.typeof("double[]")

    def text(self, pointer: Any) -> str | None:
        """Return a C string, None for NULL."""
        return None if pointer == self.null else str(self.ffi.string(pointer).decode())
