"""Every C plugin that is installed here, on every instruction set that it can run here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest

from qframe.native import NativeEngine, NativeLibrary

from .selection import selected


def installed() -> list[NativeEngine]:
    """Return the engines whose plugins could be built on this machine."""
    engines = []
    for package in ("qframe_fbgemm", "qframe_qnnpack"):
        try:
            engines.append(import_module(package).engine)
        except ImportError:
            continue
    return engines


ENGINES = installed()
SETS = [(engine, isa) for engine in ENGINES for isa in engine.available()]

if not ENGINES:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(params=SETS, ids=lambda pair: f"{pair[0].name}-{pair[1]}", scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[NativeEngine]:
    """An engine, on one instruction set after the other."""
    engine, isa = request.param
    with selected(engine, isa):
        yield engine


@pytest.fixture(scope="module")
def native(engine: NativeEngine) -> NativeLibrary:
    """The compiled library of an engine, on one instruction set after the other."""
    return engine.native


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name, scope="module")
def chosen(request: pytest.FixtureRequest) -> NativeEngine:
    """An engine, on the instruction set that it has chosen for this machine."""
    assert request.param.why_not() is None
    return request.param
