"""How many threads the kernels use: the core tells.  Results never depend on it."""

from __future__ import annotations

from ._kernels import lib


def set_num_threads(threads: int) -> None:
    """Let kernels use up to ``threads`` threads, the calling one included (1..256)."""
    lib.qf_set_threads(threads)


def get_num_threads() -> int:
    """Return how many threads kernels may use."""
    return int(lib.qf_get_threads())
