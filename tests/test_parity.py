"""The table of public names in the docs is what the code says, and only announced names are missing."""

from __future__ import annotations

import re

import pytest

from qframe.engines import registry
from qframe.errors import EngineError

from . import parity_table
from .parity_examples import COMPUTING, EXAMPLES, WITHOUT
from .parity_table import COMMAND, GROUPS, MISSING, STEPS, TABLE, find

PRESENT = [path for rows in GROUPS.values() for path, _, later in rows if later is None]


def test_the_table_is_up_to_date():
    for engine in parity_table.engines_of_this_project():
        try:
            registry.check_usable(engine)
        except EngineError as error:
            pytest.skip(f"the table tells what engine '{engine}' provides: {error}")
    assert TABLE.exists(), f"{TABLE.name} is missing: run {COMMAND}"
    assert TABLE.read_text() == parity_table.text(), (
        f"docs/reference/{TABLE.name} is out of date: run {COMMAND} and look at the difference"
    )


def test_only_announced_names_are_missing():
    rows = [line for line in TABLE.read_text().splitlines() if "missing" in line]
    assert len(rows) == sum(later is not None for group in GROUPS.values() for *_, later in group)
    assert all(any(f"*missing: {step}*" in line for step in STEPS.values()) for line in rows)


def needs_example(path: str) -> bool:
    """Whether a name is a module, or a function, that computes on quantized tensors."""
    called = path.startswith(COMPUTING) and not path.endswith(".from_float")
    return called and not any(path == name or path.startswith(f"{WITHOUT[0]}.") for name in WITHOUT)


@pytest.mark.parametrize("path", [path for path in PRESENT if needs_example(path)])
def test_what_computes_has_an_example_that_runs_on_the_engine(path):
    assert path in EXAMPLES, f"add a call of {path} to tests/parity_examples.py, then run {COMMAND}"
    assert parity_table.ops_of(path), f"the example of {path} runs no op"


@pytest.mark.parametrize("path", PRESENT)
def test_a_name_lives_where_the_table_says(path):
    found = find(path)
    assert found is not MISSING
    file = parity_table.ROOT / parity_table.home(path)
    name = getattr(found, "__name__", path.rsplit(".", 1)[-1])
    assert re.search(rf"\b{name}\b", file.read_text()), f"{file.name} does not define {name}"
