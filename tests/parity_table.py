"""The table of public names in docs/reference/parity.md: where each lives, and which engines accelerate it.

    python -m tests.parity_table        writes it; tests/test_parity.py compares

It needs all engines of this project, since it tells what each of them provides.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import runpy
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import qframe
from qframe.engines import API, OPS, Engine, Kernel, registry
from qframe.plugin import hookimpl

from .parity_examples import EXAMPLES

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "reference" / "parity.md"
COMMAND = "python -m tests.parity_table"
GROUPS = runpy.run_path(str(Path(__file__).with_name("public_names.py")))["GROUPS"]
STEPS = {
    "operators": "recurrent layers",
    "qat": "quantization-aware training",
    "graph": "graph mode",
}
MISSING = object()
INTRODUCTION = f"""# Parity

The public names of the specification, the documentation of PyTorch 1.6's quantization: `torch.X` there is
`qframe.X` here. Arguments and defaults are the specification's; `tests/test_public_names.py` compares them.

*ops* are what a name runs through the engine in use; *engines* are those of this project that have kernels of
their own for all of these ops, or for those that are named. Everything runs on `reference`.

Written by `{COMMAND}`.
"""


def find(path: str) -> Any:
    """Follow attributes from ``qframe``, importing submodules on the way; MISSING where the path ends."""
    found: Any = qframe
    for part in path.split("."):
        if inspect.ismodule(found) and not hasattr(found, part):
            try:
                importlib.import_module(f"{found.__name__}.{part}")
            except ModuleNotFoundError:
                return MISSING
        found = getattr(found, part, MISSING)
        if found is MISSING:
            return MISSING
    return found


# -- where a name lives --------------------------------------------------------------------------------


def home(path: str) -> str:
    """Return the file, below qframe, that defines a name."""
    found = find(path)
    target = inspect.unwrap(found) if callable(found) else found
    if inspect.ismodule(target):
        return below(target.__file__)
    if inspect.isclass(target) or inspect.isfunction(target) or inspect.ismethod(target):
        return below(inspect.getsourcefile(target))
    for module in defining(path.rsplit(".", 1)[-1]):
        if getattr(module, path.rsplit(".", 1)[-1], MISSING) is found:
            return below(module.__file__)
    return home(path.rsplit(".", 1)[0])


def below(file: str | None) -> str:
    assert file is not None
    return Path(file).resolve().relative_to(ROOT).as_posix()


def defining(name: str) -> list[Any]:
    """Return the modules of qframe that assign ``name``."""
    return [sys.modules[module] for module in definitions().get(name, []) if module in sys.modules]


@cache
def definitions() -> dict[str, list[str]]:
    """Return, for each name assigned at the top of a file, the modules that do it."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "qframe").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name in assigned(ast.parse(path.read_text())):
            found.setdefault(name, []).append(module)
    return found


def assigned(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


# -- what a name runs ----------------------------------------------------------------------------------


class Recorder:
    """A plugin whose engine is the reference, and which notes the ops that it is asked for."""

    def __init__(self) -> None:
        self.ops: list[str] = []

    @hookimpl
    def qframe_engines(self) -> Engine:
        return Engine("parity-recorder", api=API, priority=-1, summary="the reference, noting ops")

    @hookimpl
    def qframe_kernel(self, engine: str, op: str) -> Kernel | None:
        if engine != "parity-recorder":
            return None
        self.ops.append(op)
        return registry.kernel("reference", op)


@contextmanager
def recording() -> Iterator[list[str]]:
    """Collect the ops that run inside of a ``with`` block."""
    plugin = Recorder()
    registry.register(plugin, "parity-recorder")
    try:
        with qframe.use_engine("parity-recorder"):
            yield plugin.ops
    finally:
        registry.unregister("parity-recorder")


def ops_of(path: str) -> list[str]:
    """Return the ops that the name's example runs."""
    if path not in EXAMPLES:
        return []
    with warnings.catch_warnings(), recording() as ops:
        warnings.simplefilter("ignore")  # deprecated names
        EXAMPLES[path]()
    return sorted(set(ops))


def engines_of_this_project() -> list[str]:
    """Return the engines of the folders under plugins, but for the reference."""
    names = {path.name.split("_")[0] for path in (ROOT / "plugins").iterdir() if path.is_dir()}
    return sorted(names - {"reference"})


def accelerated(ops: list[str]) -> str:
    """Return the engines that have kernels for the ops, each with those ops if it lacks others."""
    cells = []
    for engine in engines_of_this_project():
        own = [op for op in ops if registry.kernel(engine, op) is not None]
        if own:
            cells.append(engine if own == ops else f"{engine} ({', '.join(own)})")
    return ", ".join(cells)


# -- the table -----------------------------------------------------------------------------------------


def text() -> str:
    """Return the whole document."""
    parts = [INTRODUCTION]
    for title, rows in GROUPS.items():
        parts.append(f"\n## {title}\n\n| name | lives in | ops | engines |\n|---|---|---|---|")
        parts += [row(path, later) for path, _, later in rows]
    parts.append("\n## Ops\n\n| op | family | engines |\n|---|---|---|")
    own = sorted(name for name, op in OPS.items() if op.contract.__module__.startswith("qframe."))
    parts += [f"| `{name}` | {OPS[name].family} | {accelerated([name])} |" for name in own]
    return "\n".join(parts) + "\n"


def row(path: str, later: str | None) -> str:
    if later is not None:
        return f"| `{path}` | *missing: {STEPS[later]}* | | |"
    ops = ops_of(path)
    shown = ", ".join(f"`{op}`" for op in ops)
    return f"| `{path}` | {home(path)} | {shown} | {accelerated(ops)} |"


if __name__ == "__main__":
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(text())
    print(f"wrote {TABLE.relative_to(ROOT)}")
