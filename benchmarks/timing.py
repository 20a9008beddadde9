"""What the benchmarks share: fair timing of calls against each other, and tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def interleaved(calls: Sequence[Callable[[], Any]], repetitions: int, inner: int = 1) -> np.ndarray:
    """Return the seconds of each call (rows) in each repetition (columns).

    The calls take turns, so that other load on the machine hits all of them alike.  A repetition
    times ``inner`` calls in a row, which keeps the clock's own cost out of very short ones.
    """
    for call in calls:
        call()
    return np.array([[duration(call, inner) for call in calls] for _ in range(repetitions)]).T


def duration(call: Callable[[], Any], inner: int) -> float:
    """Seconds per call over ``inner`` calls in a row."""
    start = time.perf_counter()
    for _ in range(inner):
        call()
    return (time.perf_counter() - start) / inner


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, with rich where it is installed and as plain text elsewhere."""
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        print_plain(title, columns, rows)
        return
    table = Table(title=title)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def print_plain(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table with columns padded by spaces."""
    lines = [columns, *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    print(f"\n{title}")
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
