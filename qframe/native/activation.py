"""Functions of single elements; memory order is kept."""

from __future__ import annotations

from ..plugin import QTensor, dtype_of
from .buffers import Array, dense
from .codes import FLIPS, in_and_out
from .library import NativeLibrary


def clamp(native: NativeLibrary, x: QTensor, low: int, high: int) -> QTensor:
    """Limit the codes."""
    flip = FLIPS.get(x.dtype)
    if flip is None:
        return NotImplemented
    out, source, target = in_and_out(native, x.int_repr())
    native.lib.qf_clamp(source, out.size, low, high, flip, target)
    return QTensor(out, x.q_scale(), x.q_zero_point(), x.dtype)


def lookup(native: NativeLibrary, x: QTensor, table: Array, scale: float, zero_point: int) -> QTensor:
    """Replace each code by its entry in the table."""
    flip = FLIPS.get(x.dtype)
    if flip is None or table.itemsize != 1:
        return NotImplemented
    out, source, target = in_and_out(native, x.int_repr())
    native.lib.qf_lookup(source, out.size, native.from_buffer(native.u8, dense(table)), flip, target)
    if out.dtype != table.dtype:
        out = out.view(table.dtype)
    return QTensor(out, float(scale), int(zero_point), dtype_of(table))


def apply_table(native: NativeLibrary, codes: Array, table: Array, flip: int) -> Array:
    """Return ``table[code - minimum]`` for each code, of the same type; ``table`` has 256 of them."""
    out, source, target = in_and_out(native, codes)
    native.lib.qf_lookup(source, out.size, native.from_buffer(native.u8, dense(table)), flip, target)
    return out
