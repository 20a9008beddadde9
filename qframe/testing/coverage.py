"""What an engine covers: the ops that it runs itself, where the others run, the samples that it declines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qframe.engines import OPS, Kernel, dispatcher, registry
from qframe.engines.dispatch import adapted

from .sample import Sample, SampleMaker, cases

#: Rows of text cells, the heading first.
Table = list[tuple[str, ...]]


@dataclass(frozen=True)
class Coverage:
    """One op on one engine.

    Attributes:
        op, engine: names.
        runs_on: the engine that runs the op: itself, or a fallback; None where there is none.
        samples: how many there are.
        declined: for how many of them the engine's own kernel returns NotImplemented.
    """

    op: str
    engine: str
    runs_on: str | None
    samples: int
    declined: int = 0

    @property
    def provided(self) -> bool:
        """Whether the engine has a kernel of its own."""
        return self.runs_on == self.engine

    def __str__(self) -> str:
        if not self.provided:
            return "-" if self.runs_on is None else f"({self.runs_on})"
        return f"yes, declines {self.declined} of {self.samples}" if self.declined else "yes"


def cover(engine: str, samples: Mapping[str, SampleMaker], ops: Iterable[str]) -> list[Coverage]:
    """Return what ``engine`` covers of ``ops``, by offering its kernels every sample.

    Raises:
        EngineError: the engine cannot be used, or a kernel does not have the signature of its op.
    """
    found = []
    for op in ops:
        own = [case.sample for case in cases(samples, op)] if op in samples else []
        runs_on = dispatcher.runs_on(op, engine)
        declined = 0
        kernel = registry.kernel(engine, op)
        if kernel is not None:
            kernel = adapted(kernel, OPS[op], engine)
            declined = sum(_declines(kernel, sample) for sample in own)
        found.append(Coverage(op, engine, runs_on, len(own), declined))
    return found


def _declines(kernel: Kernel, sample: Sample) -> bool:
    try:
        return any(result is NotImplemented for result in sample.copy().run(kernel))
    except Exception:  # a kernel that fails does not decline: the suite says what is wrong
        return False


def coverage_table(engines: Iterable[str], samples: Mapping[str, SampleMaker], ops: Iterable[str]) -> Table:
    """Return a row for each op and a column for each engine, under a heading."""
    columns = {engine: cover(engine, samples, ops) for engine in engines}
    rows = zip(*columns.values(), strict=True)
    return [("op", *columns), *((row[0].op, *map(str, row)) for row in rows)]
