"""The two hooks: the whole surface by which plugins extend qframe.

Hooks resolve, they never compute: each (op, engine) pair is asked for once and cached.
"""

from __future__ import annotations

import pluggy

from .engine import PROJECT, Engine, Kernel

hookspec = pluggy.HookspecMarker(PROJECT)
#: Marks a function of a plugin as the implementation of a hook.
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def qframe_engines() -> Engine | list[Engine]:  # type: ignore[empty-body]
    """Describe the engines that this plugin provides."""


@hookspec(firstresult=True)
def qframe_kernel(engine: str, op: str) -> Kernel | None:
    """Return the callable that runs ``op`` on ``engine``, or None to pass.

    A plugin may answer for an engine that it does not own, and may wrap this hook
    (``hookimpl(wrapper=True)``) to time or trace kernels.
    """
