"""The conformance suite: what every engine must do, as tests that plugins run on themselves.

    from qframe.testing import EngineSuite

    class TestMyEngine(EngineSuite):
        engine = "mynpu"
        tolerance = 1

or, without a test folder, ``python -m qframe.testing mynpu``.
"""

from importlib.util import find_spec

if find_spec("pytest") is None:
    raise ImportError('qframe.testing needs pytest. Try: pip install "qframe[testing]"')

from .assertions import assert_same_bytes, assert_same_result
from .sample import Call, Case, Sample, SampleMaker, cases, single
from .samples import SAMPLES
from .samples.draw import Draw
from .suite import EngineSuite

__all__ = [
    "SAMPLES",
    "Call",
    "Case",
    "Draw",
    "EngineSuite",
    "Sample",
    "SampleMaker",
    "assert_same_bytes",
    "assert_same_result",
    "cases",
    "single",
]
