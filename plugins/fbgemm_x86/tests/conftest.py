"""Let the tests import the modules beside them; fixtures for all tests of this plugin."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

try:
    from qframe_fbgemm import isa
    from qframe_fbgemm._kernels import ffi, lib
except ImportError:  # this machine could not build it: there is nothing to test
    collect_ignore_glob = ["test_*.py"]
    AVAILABLE = []
else:
    AVAILABLE = isa.available()

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(params=AVAILABLE, scope="module")
def every_isa(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a module's tests once on each instruction set that this machine and this build have."""
    before = ffi.string(lib.qf_isa())
    assert lib.qf_select(request.param.encode()) == ffi.NULL
    yield request.param
    lib.qf_select(before)
