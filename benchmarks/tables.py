"""Tables as text that reads well on a screen and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Table(NamedTuple):
    """A title, the columns' headings, and lines of as many cells."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def markdown(table: Table) -> str:
    """Return the table in Markdown, its columns padded; the first is aligned left, all others right."""
    lines = [table.columns, *table.rows]
    widths = [max(3, *(len(line[index]) for line in lines)) for index in range(len(table.columns))]
    rule = ["-" * width if index == 0 else "-" * (width - 1) + ":" for index, width in enumerate(widths)]
    head, *body = [padded(line, widths) for line in lines]
    return "\n".join([head, padded(rule, widths), *body])


def padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return one line."""
    first, *others = zip(cells, widths, strict=True)
    return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(w) for cell, w in others)]) + " |"


def show(table: Table) -> None:
    """Print the table under its title, unless it is empty."""
    if table.rows:
        print(f"\n{table.title}\n\n{markdown(table)}", flush=True)


def milliseconds(seconds: float | None) -> str:
    """Return a time with three digits, four for those of a second and more; nothing for None."""
    if seconds is None:
        return ""
    number = 1e3 * seconds
    return f"{number:.4f}" if number < 1 else f"{number:.2f}" if number < 10 else f"{number:.1f}"


def fraction(value: float | None) -> str:
    """Return a ratio with two decimals; nothing for None."""
    return "" if value is None else f"{value:.2f}"


def percent(value: float | None) -> str:
    """Return a share in percent; nothing for None."""
    return "" if value is None else f"{100 * value:.0f} %"


def threads_of(threads: int) -> str:
    """Say how many threads."""
    return f"{threads} thread{'s' if threads > 1 else ''}"
