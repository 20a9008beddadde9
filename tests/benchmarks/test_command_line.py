"""The command line, and the sections that compare no workloads."""

from __future__ import annotations

import argparse
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import calls, processes, reference
from benchmarks.import_time import LINE, imports
from benchmarks.sections import SECTIONS
from qframe.engines import registry


def test_help_names_every_section() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, cwd=processes.ROOT
    )
    assert done.returncode == 0, done.stderr
    assert all(f"  {section} " in done.stdout for section in SECTIONS)


@pytest.mark.parametrize("text", ["torch", "torch=", "jax=/usr/bin/python"])
def test_interpreters_are_given_by_library(text: str) -> None:
    assert command.library_path("torch=/p=q") == ("torch", "/p=q")
    with pytest.raises(argparse.ArgumentTypeError, match="LIBRARY=PATH"):
        command.library_path(text)


def test_bad_sections_and_rounds_are_refused() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="none of ops"):
        command.section("opps")
    with pytest.raises(argparse.ArgumentTypeError, match="at least 1"):
        command.positive("0")


def test_calls_are_timed_and_leave_no_engine_behind() -> None:
    table = calls.table(rounds=1)
    assert [row[0] for row in table.rows] == ["add", "mul", "relu", "linear 1x16x16"]
    assert all(float(row[1]) > 0 for row in table.rows)
    assert "empty" not in registry.usable_engines()


def test_reference_engine_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    table = reference.table(rounds=1)
    assert [float(row[3]) > 0 for row in table.rows] == [True] * 3


def test_import_is_judged_by_the_difference_within_each_round() -> None:
    (row,) = imports(np.array([[100.0, 150.0], [300.0, 340.0], [110.0, 190.0]])).rows
    assert list(row) == ["110.0", "190.0", "50.0", "60", "met"]


def test_import_times_are_read_from_what_python_prints() -> None:
    found = LINE.search("import time:       120 |       1500 |   qframe.nn")
    assert found is not None
    assert (found["self"], found["total"], len(found["indent"]), found["name"]) == (
        "120",
        "1500",
        3,
        "qframe.nn",
    )
