"""What the tests of the conformance suite share: the samples, the engine's kernels, skipping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, ClassVar

import numpy as np
import pytest

from qframe.engines import OPS, Kernel, registry
from qframe.engines.dispatch import adapted
from qframe.errors import EngineError

from . import saturation
from .assertions import assert_unchanged
from .sample import Case, Sample, SampleMaker, cases, map_arrays
from .samples import SAMPLES

#: Which cases fill which argument.
SELECTIONS: dict[str, Callable[[Case], bool]] = {
    "case": lambda case: True,
    "stacked": lambda case: any(call.rows for call in case.sample.calls),
    "packed": lambda case: OPS[case.op].packs,
}


def chosen_ops(patterns: str) -> list[str]:
    """Return the names of all ops that match one of the ``patterns``, which commas separate."""
    wanted = [pattern.strip() for pattern in patterns.split(",")]
    return [name for name in OPS if any(fnmatchcase(name, pattern) for pattern in wanted)]


def sample_table(own: Mapping[str, SampleMaker] = SAMPLES) -> dict[str, SampleMaker]:
    """Return what makes the samples of each op: what ops declare with ``@op(samples=...)``, then ``own``."""
    declared = {name: op.samples for name, op in OPS.items() if op.samples is not None}
    return {**declared, **own}


class Harness:
    """Base of the suite.

    Attributes:
        engine: the name of the engine under test.
        tolerance: how many quantized steps its integers may differ from the reference's.
        samples: what makes the samples of each op; those that an op declares itself need not be here.
        ops: names or patterns of the ops to test, separated by commas.
    """

    engine: ClassVar[str]
    tolerance: ClassVar[int] = 0
    samples: ClassVar[Mapping[str, SampleMaker]] = SAMPLES
    ops: ClassVar[str] = "*"

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Fill the arguments ``op`` and ``case``, ``stacked`` (with rows) and ``packed`` of the tests."""
        registry.load()  # ops of plugins are in OPS from then on
        chosen = chosen_ops(self.ops)
        if "op" in metafunc.fixturenames:
            metafunc.parametrize("op", chosen)
        if "packed_op" in metafunc.fixturenames:
            metafunc.parametrize("packed_op", [name for name in chosen if OPS[name].packs])
        if "products" in metafunc.fixturenames:
            every = [p for inputs in (2, 17, 64, 515) for p in saturation.products(inputs)]
            metafunc.parametrize("products", every, ids=lambda p: f"{p.name}-{p.weight.shape[1]}")
        for name, wanted in SELECTIONS.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, [case for case in self.cases() if wanted(case)], ids=str)

    def cases(self, op: str | None = None) -> list[Case]:
        """Return a case for each sample of ``op`` (None: of every chosen op)."""
        table = sample_table(self.samples)
        names = chosen_ops(self.ops) if op is None else [op]
        return [case for name in names if name in table for case in cases(table, name)]

    def require_usable(self) -> None:
        """Skip the test if the engine cannot be used: one failure says it all, test_engine_is_usable."""
        try:
            registry.check_usable(self.engine)
        except EngineError:
            pytest.skip(f"engine '{self.engine}' cannot be used")

    def kernel(self, op: str) -> Kernel:
        """Return the engine's own kernel, asked for without fallback; skip the test where it has none."""
        if op not in chosen_ops(self.ops):
            pytest.skip(f"op '{op}' was not chosen")
        self.require_usable()
        kernel = registry.kernel(self.engine, op)
        if kernel is None:
            pytest.skip(f"engine '{self.engine}' does not provide op '{op}'")
        return adapted(kernel, OPS[op], self.engine)

    def run(self, op: str, sample: Sample) -> list[Any]:
        """Return the engine's results; skip the test where it declines."""
        results = sample.run(self.kernel(op))
        if any(result is NotImplemented for result in results):
            pytest.skip(f"engine '{self.engine}' declines op '{op}' for some samples")
        return results

    def expected(self, op: str, sample: Sample) -> list[Any]:
        """Return copies of the engine's results, which no later call can reach."""
        return [map_arrays(result, np.copy) for result in self.run(op, sample)]

    def run_twice(self, op: str, sample: Sample) -> tuple[list[Any], list[Any]]:
        """Return the results of two rounds of calls on the same arrays and the same packed weight."""
        self.run(op, sample)  # skips where the engine declines
        kernel = self.kernel(op)
        target = kernel if sample.weights is None else kernel(*sample.weights)
        first = [call.run(target) for call in sample.calls]
        return first, [call.run(target) for call in sample.calls]

    def assert_no_difference(self, op: str, changed: Sample, expected: list[Any], why: str) -> None:
        """Raise unless a change that must not matter left the results as they were."""
        for result, before, error in zip(self.run(op, changed), expected, changed.errors(0), strict=True):
            assert_unchanged(result, before, error, why)
