"""The test class behind ``python -m qframe.testing``: the suite for the engine that the environment names."""

from __future__ import annotations

import os

from .suite import EngineSuite

#: Which variable carries which setting to worker processes.
VARIABLES = {
    "engine": "QFRAME_TESTING_ENGINE",
    "tolerance": "QFRAME_TESTING_TOLERANCE",
    "ops": "QFRAME_TESTING_OPS",
}


class TestEngine(EngineSuite):
    """Set by :mod:`qframe.testing.__main__`."""

    engine = os.environ.get(VARIABLES["engine"], "")
    tolerance = int(os.environ.get(VARIABLES["tolerance"], "0"))
    ops = os.environ.get(VARIABLES["ops"], "*")
