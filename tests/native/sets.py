"""Running a C engine on one of the instruction sets that this machine has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qframe.native import NativeEngine


@contextmanager
def on_set(engine: NativeEngine, isa: str) -> Iterator[None]:
    """Let an engine use an instruction set, in this whole process, and the one before again in the end."""
    native, before = engine.native, engine.native.lib.qf_isa()
    assert native.text(native.lib.qf_select(isa.encode())) is None
    try:
        yield
    finally:
        native.lib.qf_select(before)
