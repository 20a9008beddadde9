"""The engine under the conformance suite, on the instruction set in use (see test_isa.py for the others)."""

from qframe.testing import EngineSuite


class TestFbgemm(EngineSuite):
    engine = "fbgemm"
    tolerance = 0
