"""Codes of 4 bits, scales that are powers of two, and squares: all through qframe's public names."""

from __future__ import annotations

from qframe.plugin import Engine, Kernel, hookimpl

from . import kernels
from .numbers import per_tensor_power_of_two, quint4
from .ops import square

__all__ = ["per_tensor_power_of_two", "quint4", "square"]


@hookimpl
def qframe_engines() -> Engine:
    """Describe the engine that squares by table."""
    return Engine("nibbles", api=1, priority=5, summary="squares by table")


@hookimpl
def qframe_kernel(engine: str, op: str) -> Kernel | None:
    """Return a kernel for the engine of this plugin, or for the reference, to which all others fall back."""
    if op != "square":
        return None
    return {"nibbles": kernels.square_by_table, "reference": kernels.square}.get(engine)
