"""Every comparison with the oracle runs on every engine of this machine."""

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import qframe
from qframe.errors import FallbackWarning

sys.path.append(str(Path(__file__).parent.parent))  # for the package `golden`


@pytest.fixture(params=qframe.backends.quantized.supported_engines, autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The engine in use; what it lacks runs on its fallback, which need not be told here."""
    with qframe.use_engine(request.param), warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        yield request.param
