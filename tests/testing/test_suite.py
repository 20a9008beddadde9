"""What the suite skips and reports: missing ops, declined samples, unusable engines."""

import pytest

from qframe.engines import OPS
from qframe.testing import SAMPLES, EngineSuite

from ..mutants import arithmetic
from ..mutants.engines import NAME, fake_engine, outcomes, reference

AGREES = "test_agrees_with_reference"


def test_missing_op_is_skipped_with_the_reason():
    with fake_engine({}) as suite:
        failed, skipped, passed = outcomes(suite, AGREES, "add")
    assert set(skipped) == {f"engine '{NAME}' does not provide op 'add'"}
    assert not failed
    assert not passed


def test_declined_samples_are_skipped_with_the_reason():
    def only_8_bits(a, b, scale, zero_point, *, clamp=None):
        return NotImplemented if a.dtype.bits > 8 else reference("add")(a, b, scale, zero_point, clamp=clamp)

    with fake_engine({"add": only_8_bits}) as suite:
        failed, skipped, passed = outcomes(suite, AGREES, "add")
    assert skipped == [f"engine '{NAME}' declines op 'add' for some samples"]
    assert passed
    assert not failed


def test_declined_packing_is_skipped():
    with fake_engine({"linear_pack": lambda weight, bias: NotImplemented}) as suite:
        failed, skipped, passed = outcomes(suite, AGREES, "linear_pack")
    assert skipped
    assert not failed
    assert not passed


def test_tolerance_allows_that_many_steps():
    for tolerance, fails in ((0, True), (1, False)):
        with fake_engine({"add": arithmetic.add_off_by_one}, tolerance=tolerance) as suite:
            failed, _, _ = outcomes(suite, AGREES, "add")
        assert bool(failed) is fails


def test_an_op_without_samples_is_reported():
    fewer = {op: maker for op, maker in SAMPLES.items() if op != "cat"}
    suite = type("TestFake", (EngineSuite,), {"engine": "reference", "samples": fewer})()
    with pytest.raises(AssertionError, match="ops without samples: cat; declare them with @op"):
        suite.test_every_op_has_samples()
    assert "cat" in OPS


def test_an_unknown_engine_fails_once_and_skips_the_rest():
    suite = type("TestFake", (EngineSuite,), {"engine": "no-such-engine"})()
    with pytest.raises(RuntimeError, match="no installed plugin provides it"):
        suite.test_engine_is_usable()
    failed, skipped, passed = outcomes(suite, AGREES, "add")
    assert set(skipped) == {"engine 'no-such-engine' cannot be used"}
    assert not failed
    assert not passed
