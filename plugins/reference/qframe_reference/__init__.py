"""The reference engine: complete, exact and plain; the oracle and the fallback of all others."""

from __future__ import annotations

from qframe.plugin import Engine, Kernel, hookimpl

NAME = "reference"


@hookimpl
def qframe_engines() -> Engine:
    """Describe the engine."""
    return Engine(NAME, api=1, priority=0, fallback=None, summary="exact NumPy")


@hookimpl
def qframe_kernel(engine: str, op: str) -> Kernel | None:
    """Return the kernel of ``op``; other engines' questions are passed on."""
    if engine != NAME:
        return None
    from .kernels import KERNELS

    return KERNELS.get(op)
