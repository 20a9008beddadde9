"""The engine computes what the plain definitions say, on every sample of the conformance suite."""

import pytest
from naive import DEFINITIONS

from qframe.engines import OPS, registry
from qframe.testing import SAMPLES, assert_same_result, cases


def test_every_op_is_defined():
    assert set(DEFINITIONS) == {
        name for name, op in OPS.items() if op.contract.__module__.startswith("qframe.")
    }


@pytest.mark.parametrize("case", cases(SAMPLES), ids=str)
def test_engine_follows_the_definition(case):
    results = case.sample.run(registry.kernel("reference", case.op))
    expected = case.sample.run(DEFINITIONS[case.op])
    for result, wanted, error in zip(results, expected, case.sample.errors(0), strict=True):
        assert_same_result(result, wanted, error=error)
