"""The engine `fbgemm`: exact 8-bit kernels in C for x86 CPUs, and portable ones for all others."""

from __future__ import annotations

from qframe.plugin import Engine, Kernel, hookimpl

from .isa import info
from .threads import get_num_threads, set_num_threads

__all__ = ["get_num_threads", "info", "set_num_threads"]

NAME = "fbgemm"


@hookimpl
def qframe_engines() -> Engine:
    """Describe the engine: strong where it has vector kernels, modest where it is portable C."""
    from . import isa

    chosen = isa.chosen()
    priority = 10 if chosen == "portable" else 100
    return Engine(
        NAME,
        api=1,
        priority=priority,
        probe=isa.why_not,
        summary=isa.TITLES.get(chosen, chosen),
        set_num_threads=set_num_threads,
    )


@hookimpl
def qframe_kernel(engine: str, op: str) -> Kernel | None:
    """Return the kernel of ``op``; other engines' questions are passed on."""
    if engine != NAME:
        return None
    from .kernels import KERNELS

    return KERNELS.get(op)
