"""The reference engine under the conformance suite: the laws (its numbers are proved by the definitions)."""

from qframe.testing import EngineSuite


class TestReference(EngineSuite):
    engine = "reference"
