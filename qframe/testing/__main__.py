"""``python -m qframe.testing ENGINE``: run the conformance suite on an installed engine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from qframe.cli import print_table
from qframe.engines import OPS, registry
from qframe.errors import EngineError, near_names

from . import selected
from .coverage import cover, coverage_table
from .harness import chosen_ops, sample_table
from .report import Report

USAGE_ERROR = 2

EPILOG = """
Exit code: 0 all tests passed, 1 some failed, 2 the engine cannot be used or no op has such a name.
What the engine lacks or declines is skipped; the table at the end says so.
Further arguments go to pytest: -x stops at the first failure, --tb=short shows tracebacks, -k strides selects
tests. The environment goes to the engine: QFRAME_ISA=avx2, QFRAME_NUM_THREADS=2, QFRAME_PLUGINS=mynpu.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite, or only the coverage report; return pytest's exit code, or 2 for bad arguments."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if options.engine is None and not options.coverage:
        parser.error("which ENGINE? `python -m qframe` shows those installed")
    try:
        if options.engine is not None:
            registry.check_usable(options.engine)
        ops = _ops(options.ops)
        if options.coverage:
            return _print_coverage(options.engine, ops)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    return _run(options.engine, options.tolerance, options.ops, rest)


def _print_coverage(engine: str | None, ops: Sequence[str]) -> int:
    engines = registry.usable_engines() if engine is None else [engine]
    print_table(coverage_table(engines, sample_table(), ops))
    print("\n(name): falls back to that engine; -: cannot be run")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m qframe.testing",
        description="Run qframe's conformance suite on an engine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("engine", nargs="?", help="name of the engine, as `python -m qframe` shows it")
    parser.add_argument(
        "--tolerance", type=int, default=0, help="allowed difference in quantized steps (default: 0)"
    )
    parser.add_argument("--ops", default="*", help="names or patterns, e.g. add,conv*_pack (default: all)")
    parser.add_argument(
        "--coverage", action="store_true", help="only show what the engine (default: every engine) covers"
    )
    return parser


def _ops(patterns: str) -> list[str]:
    """Return the names of the selected ops.

    Raises:
        EngineError: a pattern matches none.
    """
    registry.load()  # ops of plugins are in OPS from then on
    for pattern in patterns.split(","):
        if not chosen_ops(pattern):
            close = near_names(pattern, OPS, 1)
            raise EngineError(
                f"there is no op '{pattern}'",
                fix=f"Did you mean '{close[0]}'?" if close else "`python -m qframe coverage` shows all",
            )
    return chosen_ops(patterns)


def _run(engine: str, tolerance: int, patterns: str, arguments: Sequence[str]) -> int:
    settings = {"engine": engine, "tolerance": tolerance, "ops": patterns}
    for name, value in settings.items():
        os.environ[selected.VARIABLES[name]] = str(value)  # for worker processes of pytest-xdist
        setattr(selected.TestEngine, name, value)
    module, report = Path(selected.__file__), Report()
    # the settings of whatever project surrounds the current directory are not meant for this suite
    isolated = ["-c", os.devnull, "--rootdir", str(module.parent), "-p", "no:cacheprovider"]
    quiet = ["--import-mode=importlib", "-q", "--tb=no", "-rN"]
    print(_title(engine, tolerance), flush=True)
    code = int(pytest.main([*isolated, *quiet, str(module), *arguments], plugins=[report]))
    _print_results(engine, patterns, report)
    return code


def _title(engine: str, tolerance: int) -> str:
    record = registry.inventory.engines[engine]
    origin = record.plugin.distribution or record.plugin.name
    about = f"{origin}, {record.engine.summary}" if record.engine.summary else origin
    return f"engine '{engine}' ({about}) against the reference, tolerance {tolerance}"


def _print_results(engine: str, patterns: str, report: Report) -> None:
    print()
    try:
        covered = cover(engine, sample_table(), chosen_ops(patterns))
    except EngineError as error:  # a kernel with another signature, which the tests have told
        print(f"no coverage: {error}")
    else:
        print_table(report.table(covered))
        print(f"\n{sum(row.provided for row in covered)} of {len(covered)} ops provided")
    for line in report.lines():
        print(line)


if __name__ == "__main__":
    sys.exit(main())
