"""Engines on one instruction set after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from qframe.native import NativeEngine


@contextmanager
def selected(engine: NativeEngine, isa: str) -> Iterator[None]:
    """Run an engine on an instruction set that it can run here, and then on the former one again."""
    native, before = engine.native, engine.native.lib.qf_isa()
    assert native.text(native.lib.qf_select(isa.encode())) is None
    yield
    native.lib.qf_select(before)


def every_isa(engine: NativeEngine) -> Callable[..., Iterator[str]]:
    """Return a fixture: the names of the instruction sets that an engine can run here, each while it does."""

    @pytest.fixture(params=engine.available())
    def isa(request: pytest.FixtureRequest) -> Iterator[str]:
        with selected(engine, request.param):
            yield request.param

    return isa
