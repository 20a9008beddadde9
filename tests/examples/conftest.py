"""The script that a test module is named after, and what it prints."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def example(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The script, imported with its folder on the path, as when it is run."""
    before = set(sys.modules)
    sys.path.insert(0, str(EXAMPLES))
    try:
        yield importlib.import_module(request.module.__name__.rpartition(".")[2].removeprefix("test_"))
    finally:
        sys.path.remove(str(EXAMPLES))
        for name in set(sys.modules) - before:
            if Path(getattr(sys.modules[name], "__file__", None) or "").parent == EXAMPLES:
                del sys.modules[name]


@pytest.fixture(scope="module")
def printed() -> io.StringIO:
    return io.StringIO()
