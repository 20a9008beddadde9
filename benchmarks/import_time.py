"""How much longer ``import qframe`` takes than ``import numpy``, in fresh interpreters.

Fails if the import loads a plugin: engines are found at first use, never at import.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile

import numpy as np

from . import targets
from .tables import Table
from .targets import Judgement

LINE = re.compile(r"import time:\s*(?P<self>\d+) \|\s*(?P<total>\d+) \|(?P<indent> +)(?P<name>\S+)")
PLUGINS_LOADED = """
import sys
from importlib.metadata import entry_points
import qframe
roots = {entry.value.split(":")[0].split(".")[0] for entry in entry_points(group="qframe")}
print(*sorted((roots | {"qframe_reference"}) & set(sys.modules)))
"""


#: How many modules the second table lists.
SLOWEST = 10


def tables(rounds: int) -> list[Table]:
    """Time both imports in turn; return the medians, and the slowest modules of qframe."""
    with tempfile.TemporaryDirectory() as bytecode:
        environment = with_bytecode_in(bytecode)
        refuse_plugins(environment)
        runs = [
            (import_times("numpy", environment), import_times("qframe", environment)) for _ in range(rounds)
        ]
    pairs = np.array([[sum_of_top(run) for run in pair] for pair in runs])
    return [imports(pairs), slowest([qframe_run for _, qframe_run in runs])]


def imports(pairs: np.ndarray) -> Table:
    """Both imports (columns) in milliseconds, and the median of their differences in each round (rows)."""
    added = float(np.median(pairs[:, 1] - pairs[:, 0]))
    difference = Judgement("import", added, targets.IMPORT)
    numbers = (f"{ms:.1f}" for ms in (*np.median(pairs, axis=0), added))
    return Table(
        "Import time, fresh interpreters",
        ("import numpy, ms", "import qframe, ms", "difference, ms", "allowed", ""),
        [(*numbers, f"{targets.IMPORT:.0f}", difference.verdict)],
    )


def with_bytecode_in(folder: str) -> dict[str, str]:
    """The environment with compiled modules kept in ``folder``, as after an installation.

    Without it a checkout that nobody has written bytecode for would be compiled at each import.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPYCACHEPREFIX": folder}


def refuse_plugins(environment: dict[str, str]) -> None:
    """Stop if a bare ``import qframe`` loads the module of a plugin; also compiles what is measured."""
    loaded = run(environment, "-c", PLUGINS_LOADED).stdout.split()
    if loaded:
        raise RuntimeError(f"import qframe loads the plugins {', '.join(loaded)}; it must load none")


def import_times(module: str, environment: dict[str, str]) -> dict[str, tuple[int, float, float]]:
    """Depth and own and total milliseconds of everything that ``import module`` imports."""
    matches = LINE.finditer(run(environment, "-X", "importtime", "-c", f"import {module}").stderr)
    times = {
        found["name"]: (len(found["indent"]), int(found["self"]) / 1000, int(found["total"]) / 1000)
        for found in matches
    }
    # What the interpreter imports for itself at the start is no part of the measurement.
    return {name: times[name] for name in list(times)[list(times).index("site") + 1 :]}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python afresh and return its output."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment)


def sum_of_top(times: dict[str, tuple[int, float, float]]) -> float:
    """Milliseconds of the outermost imports, which include all inner ones."""
    outermost = min(depth for depth, _, _ in times.values())
    return sum(total for depth, _, total in times.values() if depth == outermost)


def slowest(runs: list[dict[str, tuple[int, float, float]]]) -> Table:
    """The modules of qframe whose own code takes longest to import."""
    names = [name for name in runs[0] if name.split(".")[0] == "qframe"]
    own = {name: float(np.median([times[name][1] for times in runs if name in times])) for name in names}
    chosen = sorted(own, key=own.__getitem__, reverse=True)[:SLOWEST]
    rows = [(name, f"{own[name]:.2f}", f"{runs[0][name][2]:.2f}") for name in chosen]
    return Table("Slowest modules of qframe", ("module", "own ms", "with its imports, first run"), rows)
