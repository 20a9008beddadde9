"""A second engine for tests that switch engines: the reference's kernels under another name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qframe.engines import API, Engine, Kernel, registry
from qframe.plugin import hookimpl

#: The name of the second engine.
RELAY = "conformance-relay"


class _Relay:
    @hookimpl
    def qframe_engines(self) -> Engine:
        return Engine(RELAY, api=API, priority=-1, summary="the reference under another name")

    @hookimpl
    def qframe_kernel(self, engine: str, op: str) -> Kernel | None:
        return registry.kernel("reference", op) if engine == RELAY else None


@contextmanager
def relay_engine() -> Iterator[str]:
    """Register the engine for the duration of a ``with`` block, which receives its name."""
    registry.register(_Relay(), RELAY)
    try:
        yield RELAY
    finally:
        registry.unregister(RELAY)
