"""Every comparison with the oracle runs on every engine of this machine."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import qframe

sys.path.append(str(Path(__file__).parent.parent))  # for the package `golden`


@pytest.fixture(params=qframe.backends.quantized.supported_engines, autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The engine in use."""
    with qframe.use_engine(request.param):
        yield request.param
