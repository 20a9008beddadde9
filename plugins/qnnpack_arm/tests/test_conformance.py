"""The engine under the conformance suite, on the instruction set in use (see test_isa.py for the others)."""

from qframe.testing import EngineSuite


class TestQnnpack(EngineSuite):
    engine = "qnnpack"
    tolerance = 0
