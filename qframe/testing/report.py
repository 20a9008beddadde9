"""What ``python -m qframe.testing`` prints at the end: coverage, results by op, a line for each failure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from qframe.engines import OPS

from .coverage import Coverage, Table

#: How many samples of one op are shown that fail in one test.
SHOWN = 3


class Report:
    """A pytest plugin that counts results by op and keeps what failed.

    Attributes:
        passed, failed: how many tests, by op; those that concern no single op under "".
        failures: by test and op, a line for each failure.
    """

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.failures: dict[tuple[str, str], list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take down one phase of one test."""
        test, op, argument = _parts(report.nodeid)
        if report.passed and report.when == "call":
            self.passed[op] += 1
        elif report.failed:
            self.failed[op] += 1
            self.failures[test, op].append(
                f"{argument}: {_message(report)}" if argument else _message(report)
            )

    def lines(self) -> Iterator[str]:
        """Yield what failed, grouped by test and op."""
        for (test, op), failures in sorted(self.failures.items()):
            yield f"{test}{f', op {op}' if op else ''}:"
            yield from (f"  {line}" for line in failures[:SHOWN])
            if len(failures) > SHOWN:
                yield f"  ... and {len(failures) - SHOWN} more"

    def table(self, coverage: Sequence[Coverage]) -> Table:
        """Return a row for each op, under a heading."""
        rows: Table = [("op", "runs on", "samples", "declined", "passed", "failed")]
        for row in coverage:
            counts = row.declined, self.passed[row.op], self.failed[row.op]
            cells = map(str, counts) if row.provided or self.failed[row.op] else ("-", "-", "-")
            rows.append((row.op, row.runs_on or "nothing", str(row.samples), *cells))
        return rows


def _parts(nodeid: str) -> tuple[str, str, str]:
    """Return test, op and argument from ``..::test[op[sample]]``, ``..::test[op]`` or ``..::test[other]``."""
    test, _, argument = nodeid.rpartition("::")[2].partition("[")
    argument = argument.removesuffix("]")
    op = argument.partition("[")[0]
    return test, op if op in OPS else "", argument


def _message(report: Any) -> str:
    """Return the first line of what was raised."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(report.longrepr if crash is None else crash.message)
    return text.strip().splitlines()[0] if text.strip() else "failed"
