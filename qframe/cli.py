"""The command line: what is installed, what is chosen, what is unusable and why."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from .engines import OPS, dispatcher, registry
from .errors import EngineError, EngineWarning, QFrameError
from .version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``python -m qframe``; return the exit code: 1 if no engine can be used, else 0."""
    parser = argparse.ArgumentParser(prog="qframe", description="8-bit quantization on NumPy.")
    parser.add_argument("--version", action="version", version=f"qframe {__version__}")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("engines", help="installed engines, the chosen one (*), and why others cannot run")
    commands.add_parser("coverage", help="which engine provides which op, and where the others' ops run")
    command = parser.parse_args(arguments).command or "engines"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EngineWarning)  # the table says the same
        return _COMMANDS[command]()


def _engines() -> int:
    chosen, problem = _choice()
    rows = [("engine", "", "from", "priority", "usable")]
    for name, record in sorted(registry.inventory.engines.items(), key=lambda e: -e[1].engine.priority):
        summary = f" ({record.engine.summary})" if record.engine.summary else ""
        rows.append(
            (
                name,
                "*" if name == chosen else "",
                record.plugin.distribution or record.plugin.name,
                str(record.engine.priority),
                f"yes{summary}" if record.reason is None else f"no: {record.reason}",
            )
        )
    for rejected in registry.inventory.rejected:
        rows.append((rejected.engine.name, "", rejected.plugin.name, "-", f"no: {rejected.reason}"))
    for plugin in registry.inventory.plugins:
        if plugin.error is not None:
            why = f"no: {plugin.stage} failed: {type(plugin.error).__name__}: {plugin.error}"
            rows.append((plugin.name, "", plugin.distribution, "-", why))
    for name in registry.inventory.skipped:
        rows.append((name, "", "", "-", "no: left out by QFRAME_PLUGINS"))
    print_table(rows)
    if problem is not None:
        print(f"\n{problem}", file=sys.stderr)
    return 0 if chosen else 1


def _choice() -> tuple[str | None, QFrameError | None]:
    try:
        return registry.current(), None
    except EngineError as error:
        return None, error


def _coverage() -> int:
    names = registry.usable_engines()  # loads the plugins, whose ops are in OPS from then on
    rows = [("op", *names)]
    for op in sorted(OPS):
        rows.append((op, *(_cell(op, name) for name in names)))
    print_table(rows)
    print("\n(name): falls back to that engine; -: cannot be run")
    return 0


def _cell(op: str, engine: str) -> str:
    runs_on = dispatcher.runs_on(op, engine)
    return "yes" if runs_on == engine else "-" if runs_on is None else f"({runs_on})"


_COMMANDS = {"engines": _engines, "coverage": _coverage}


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows of cells in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
