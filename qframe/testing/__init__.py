"""The conformance suite: what every engine must do, as tests that plugins run on themselves.

    from qframe.testing import EngineSuite

    class TestMyEngine(EngineSuite):
        engine = "mynpu"
        tolerance = 1

or, without a test folder, ``python -m qframe.testing mynpu``.
"""

try:
    import pytest as _pytest  # noqa: F401
except ImportError:
    raise ImportError('qframe.testing needs pytest. Try: pip install "qframe[testing]"') from None

from .assertions import assert_same_bytes, assert_same_result
from .sample import Call, Case, Sample, SampleMaker, cases
from .samples import SAMPLES
from .suite import EngineSuite

__all__ = [
    "SAMPLES",
    "Call",
    "Case",
    "EngineSuite",
    "Sample",
    "SampleMaker",
    "assert_same_bytes",
    "assert_same_result",
    "cases",
]
