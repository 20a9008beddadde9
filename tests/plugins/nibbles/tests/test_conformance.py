import dataclasses

import pytest

from qframe.engines import OPS
from qframe.testing import EngineSuite


class TestNibbles(EngineSuite):
    engine = "nibbles"
    ops = "square"


class TestReference(EngineSuite):
    engine = "reference"
    ops = "square"


def test_the_samples_come_with_the_op():
    assert len(TestNibbles().cases()) > 20


@pytest.mark.parametrize("ops", ["square", "*"])
def test_an_op_without_samples_is_told(monkeypatch, ops):
    monkeypatch.setitem(OPS, "square", dataclasses.replace(OPS["square"], samples=None))
    monkeypatch.setattr(TestNibbles, "ops", ops)
    with pytest.raises(AssertionError, match=r"ops without samples: square; declare them with @op\(samples="):
        TestNibbles().test_every_op_has_samples()


def test_an_op_without_samples_is_no_matter_to_engines_that_lack_it(monkeypatch):
    monkeypatch.setitem(OPS, "square", dataclasses.replace(OPS["square"], samples=None))
    monkeypatch.setattr("qframe.engines.registry.kernel", lambda engine, op: None)
    TestNibbles().test_every_op_has_samples()
