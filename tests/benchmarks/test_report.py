"""The document's numbers come from the stored results, and from nowhere else."""

from __future__ import annotations

import pytest

from benchmarks import report
from benchmarks.measurements import load

from .made_up import measurement, results

DOCUMENT = """before
<!-- benchmark: operations -->
old numbers
<!-- end -->
between
<!-- benchmark: calls -->
<!-- end -->
after
"""


def test_blocks_are_replaced_and_the_rest_stays() -> None:
    text = report.written(DOCUMENT, results(measurement()))
    assert "old numbers" not in text
    assert "| linear 128x768x3072 |" in text
    outside = [line for line in text.splitlines() if not line.startswith("|")]
    assert [line for line in outside if line != report.NOT_MEASURED] == [
        line for line in DOCUMENT.splitlines() if line != "old numbers"
    ]


def test_what_was_not_measured_is_said() -> None:
    text = report.written(DOCUMENT, results(measurement()))
    assert f"<!-- benchmark: calls -->\n{report.NOT_MEASURED}\n<!-- end -->" in text


def test_writing_twice_changes_nothing() -> None:
    once = report.written(DOCUMENT, results(measurement()))
    assert report.written(once, results(measurement())) == once


@pytest.mark.parametrize("document", ["no block", DOCUMENT.replace("calls", "callz")])
def test_unknown_blocks_are_refused(document: str) -> None:
    with pytest.raises(ValueError, match="blocks"):
        report.written(document, results(measurement()))


def test_document_has_every_block_once() -> None:
    names = [found["name"] for found in report.BLOCK.finditer(report.DOCUMENT.read_text())]
    assert sorted(names) == sorted(report.BLOCKS)


def test_document_is_what_its_stored_results_give() -> None:
    text = report.DOCUMENT.read_text(encoding="utf-8")
    assert report.written(text, load(report.STORED)) == text
