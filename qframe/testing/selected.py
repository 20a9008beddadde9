"""The test class behind ``python -m qframe.testing``: the suite for the engine that the environment names."""

from __future__ import annotations

import os

from .suite import EngineSuite

ENGINE_VARIABLE = "QFRAME_TESTING_ENGINE"
TOLERANCE_VARIABLE = "QFRAME_TESTING_TOLERANCE"


class TestEngine(EngineSuite):
    """Set by :mod:`qframe.testing.__main__`."""

    engine = os.environ.get(ENGINE_VARIABLE, "")
    tolerance = int(os.environ.get(TOLERANCE_VARIABLE, "0"))
