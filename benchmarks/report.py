"""Write stored results into docs/performance.md: ``python -m benchmarks.report RESULTS``.

Each block of the document between ``<!-- benchmark: NAME -->`` and ``<!-- end -->`` is replaced; the results
are kept beside the document as performance.json, so that every number in it can be traced.  Without RESULTS,
the document is written again from there.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import comparisons
from .judgements import summary
from .measurements import Results, load
from .processes import ROOT
from .tables import Table, markdown

DOCUMENT = ROOT / "docs" / "performance.md"
STORED = DOCUMENT.with_suffix(".json")
BLOCK = re.compile(r"(<!-- benchmark: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
NOT_MEASURED = "Not measured yet."


def main() -> None:
    """Keep the results and write the document."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "results", nargs="?", type=Path, default=STORED, help="of python -m benchmarks --results"
    )
    results = load(parser.parse_args().results)
    text = written(DOCUMENT.read_text(encoding="utf-8"), results)
    results.save(STORED)
    DOCUMENT.write_text(text, encoding="utf-8")
    print(f"{DOCUMENT} is written from {STORED}")


def written(document: str, results: Results) -> str:
    """Return the document with its blocks filled.

    Raises:
        ValueError: the document has a block that is unknown here, or none at all.
    """
    names = [found["name"] for found in BLOCK.finditer(document)]
    unknown = sorted(set(names) - set(BLOCKS))
    if unknown or not names:
        raise ValueError(f"blocks {unknown or 'are missing'}; known are {', '.join(BLOCKS)}")
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found['name']](results)}\n{found[3]}", document)


def tabled(make: Callable[[Results], Table], results: Results) -> str:
    """Return a table that is made from measurements."""
    table = make(results)
    return markdown(table) if table.rows else NOT_MEASURED


def stored_table(name: str, results: Results) -> str:
    """Return the first of a section's tables."""
    tables = results.tables.get(name)
    return markdown(tables[0]) if tables else NOT_MEASURED


def conditions(results: Results) -> str:
    """Say on which machine, with which libraries, and from how many rounds."""
    rounds = sorted({m.rounds for m in results.measurements.values()})
    libraries = [row[0] for row in comparisons.peers(results).rows]
    counted = " or ".join(map(str, rounds))
    return f"{results.machine}; medians of {counted} rounds; {'; '.join(libraries)}."


def listed(results: Results) -> str:
    """Return the verdicts as a list."""
    first, *others = summary(results)
    return "\n".join([first, "", *(f"- {line}" for line in others)]).rstrip()


#: By the name of a block, what fills it.
BLOCKS: dict[str, Callable[[Results], str]] = {
    "conditions": conditions,
    "targets": listed,
    "operations": partial(tabled, partial(comparisons.operations, threads=1)),
    "operations-2": partial(tabled, partial(comparisons.operations, threads=2)),
    "two-threads": partial(tabled, comparisons.two_threads),
    "busy-core": partial(tabled, comparisons.busy_core),
    "networks": partial(tabled, comparisons.networks),
    "training": partial(tabled, comparisons.training),
    "peaks": partial(tabled, comparisons.peaks),
    "calls": partial(stored_table, "calls"),
    "import": partial(stored_table, "import"),
    "reference": partial(stored_table, "reference"),
}


if __name__ == "__main__":
    main()
