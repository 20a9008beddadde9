"""Tables as text."""

from __future__ import annotations

import pytest

from benchmarks.tables import Table, fraction, markdown, milliseconds, percent, show


def test_columns_are_padded_the_first_left_the_others_right() -> None:
    table = Table("not shown", ["name", "ms"], [["a", "1.25"], ["longer", ""]])
    assert markdown(table).splitlines() == [
        "| name   |   ms |",
        "| ------ | ---: |",
        "| a      | 1.25 |",
        "| longer |      |",
    ]


def test_a_line_of_another_length_is_refused() -> None:
    with pytest.raises((IndexError, ValueError)):
        markdown(Table("", ["a", "b"], [["1"]]))


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (3.14e-6, "0.0031"), (0.0012345, "1.23"), (0.0262, "26.2")]
)
def test_milliseconds_have_about_three_digits(seconds: float | None, text: str) -> None:
    assert milliseconds(seconds) == text


def test_missing_numbers_leave_cells_empty() -> None:
    assert (fraction(None), percent(None)) == ("", "")
    assert (fraction(0.125), percent(0.795)) == ("0.12", "80 %")


def test_empty_tables_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show(Table("nothing", ["a"], []))
    assert capsys.readouterr().out == ""
    show(Table("something", ["a"], [["1"]]))
    assert capsys.readouterr().out.startswith("\nsomething\n\n| a   |")
