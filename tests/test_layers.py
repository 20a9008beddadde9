"""Imports point downwards only, and no plugin is imported by the core."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import qframe

ROOT = Path(qframe.__file__).parent

#: From the bottom up; modules of one row may import each other.
LAYERS = [
    ["version", "errors", "include_path", "include"],
    ["dtypes", "qschemes"],
    ["qparams", "numerics", "random"],
    ["qtensor"],
    ["engines"],
    ["autograd"],
    ["optim"],
    ["ops", "backends"],
    ["plugin"],
    ["native"],
    ["nn"],
    ["quantization", "functions", "serialization"],
    ["testing", "cli"],
    ["", "__main__"],
]
HEIGHT = {name: height for height, row in enumerate(LAYERS) for name in row}


def imported_modules(path):
    """Return every module that a file imports, at any depth of its code, outside TYPE_CHECKING."""
    package = path.relative_to(ROOT.parent).with_suffix("").parts
    tree = ast.parse(path.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level]) if node.level else []
            base += node.module.split(".") if node.module else []
            for alias in node.names:
                yield ".".join([*base, alias.name])


def layer(module):
    """Return the layer of a dotted qframe module: the name after ``qframe``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in HEIGHT else ""


def source_files():
    return sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", source_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_downwards(path):
    inside = path.relative_to(ROOT).with_suffix("").parts
    own = "" if inside == ("__init__",) else inside[0]
    assert own in HEIGHT, f"{own} is missing in LAYERS"
    for module in imported_modules(path):
        if not module.startswith("qframe"):
            assert not module.startswith("qframe_"), f"{path} imports the plugin {module}"
            continue
        target = layer(module)
        if target == "" and own != "":
            # `from . import x` of a name that is no layer would import the package itself
            assert module.split(".")[1:2] in ([], ["__version__"]), f"{path} imports {module}"
            continue
        assert HEIGHT[target] <= HEIGHT[own], f"{own} imports {module}, which lies above it"


def test_engines_know_no_op():
    for path in (ROOT / "engines").glob("*.py"):
        assert not any(layer(m) == "ops" for m in imported_modules(path))


def test_importing_qframe_loads_no_plugin_and_nothing_heavy():
    code = (
        "import sys, qframe;"
        "heavy = 'autograd', 'pluggy', 'safetensors', 'pytest', 'torch', 'rich', 'sklearn', 'cffi',"
        "        'importlib.metadata';"
        "lazy = 'qframe_', 'qframe.testing', 'qframe.native';"
        "print([m for m in sys.modules if m.startswith(lazy) or m in heavy])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


#: What plugins may import.
PUBLIC = ("qframe.plugin", "qframe.native")
PLUGINS = [*sorted((ROOT.parent / "plugins").glob("*")), ROOT.parent / "examples" / "plugin_template"]


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda p: p.name)
def test_plugins_import_only_the_public_surface(plugin):
    for path in plugin.glob("qframe_*/*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and not node.level and node.module.split(".")[0] == "qframe":
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                assert all(name.startswith(PUBLIC) for name in names), (path, names)


def test_the_native_layer_imports_only_the_public_surface():
    for path in (ROOT / "native").glob("*.py"):
        modules = {module for module in imported_modules(path) if module.startswith("qframe")}
        assert all(module.startswith(PUBLIC) for module in modules), path


def test_one_version_for_all_distributions():
    from qframe.version import __version__

    checkout = ROOT.parent
    for pyproject in checkout.glob("plugins/*/pyproject.toml"):
        assert f'\nversion = "{__version__}"\n' in pyproject.read_text(), pyproject
