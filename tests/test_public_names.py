"""The public names of the specification exist, with its arguments and defaults; later ones do not yet."""

from __future__ import annotations

import inspect
import runpy
from pathlib import Path
from typing import Any

import pytest

from .parity_table import MISSING, find

NAMES = runpy.run_path(str(Path(__file__).with_name("public_names.py")))["NAMES"]
PRESENT = [(path, arguments) for path, arguments, later in NAMES if later is None]
EXPECTED_MISSING = [(path, later) for path, arguments, later in NAMES if later is not None]


def text_of(default: Any) -> str:
    """A default as the table writes it: named objects by name, sets as {...}."""
    if isinstance(default, (set, frozenset)):
        return "{...}"
    if callable(default):
        return str(default.__name__)
    return repr(default).removeprefix("qframe.")


def arguments_of(function: Any) -> list[str]:
    """The parameters as the table writes them."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    written = []
    for parameter in inspect.signature(function).parameters.values():
        default = "" if parameter.default is parameter.empty else "=" + text_of(parameter.default)
        written.append(stars.get(parameter.kind, "") + parameter.name + default)
    return written


def test_each_name_stands_once() -> None:
    paths = [path for path, _, _ in NAMES]
    assert len(paths) == len(set(paths))
    assert {later for _, _, later in NAMES} <= {None, "operators", "qat", "graph"}


@pytest.mark.parametrize("path", [path for path, _ in PRESENT])
def test_name_exists(path: str) -> None:
    assert find(path) is not MISSING, f"qframe.{path} is missing"


@pytest.mark.parametrize(
    ("path", "arguments"), [pytest.param(*row, id=row[0]) for row in PRESENT if row[1] is not None]
)
def test_arguments(path: str, arguments: str) -> None:
    """The specification's arguments come first, in its order; what qframe adds is optional."""
    wanted = arguments.split(", ") if arguments else []
    found = arguments_of(find(path))
    assert found[: len(wanted)] == wanted
    assert all("=" in extra for extra in found[len(wanted) :])


@pytest.mark.parametrize(("path", "later"), EXPECTED_MISSING)
def test_name_of_a_later_step_is_still_missing(path: str, later: str) -> None:
    assert find(path) is MISSING, (
        f"qframe.{path} exists: take the mark '{later}' off in tests/public_names.py"
    )
