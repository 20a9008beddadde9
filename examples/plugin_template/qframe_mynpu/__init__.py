"""The engine `mynpu`: two ops in C; the reference engine runs all others."""

from __future__ import annotations

from qframe.plugin import Engine, Kernel, hookimpl

NAME = "mynpu"


def why_not() -> str | None:
    """Return None if the engine can run on this machine, else the reason, which users are shown."""
    try:
        from . import _kernels  # noqa: F401
    except ImportError as error:
        return f"its kernels were not built: {error}"
    return None


def set_num_threads(threads: int) -> None:
    """Let kernels use up to ``threads`` threads; qframe calls this before the first kernel."""
    from ._kernels import lib

    lib.mynpu_set_threads(threads)


@hookimpl
def qframe_engines() -> Engine:
    """Describe the engine."""
    return Engine(
        NAME,
        api=1,
        priority=20,
        probe=why_not,
        summary="portable C",
        set_num_threads=set_num_threads,
    )


@hookimpl
def qframe_kernel(engine: str, op: str) -> Kernel | None:
    """Return the kernel of ``op``; None for ops that the engine lacks, and for other engines."""
    if engine != NAME:
        return None
    from .add import add
    from .linear import linear_pack

    kernels: dict[str, Kernel] = {"add": add, "linear_pack": linear_pack}
    return kernels.get(op)
