"""The plugin template: built with plain pip, found, tested by its own tests, clear about what is missing."""

import shutil

import pytest

import qframe
from qframe.engines import OPS

from ..compiler import COMPILER
from ..installed import ROOT, copied, pip_install, run, run_tests, table

TEMPLATE = ROOT / "examples" / "plugin_template"
C_PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/build_kernels.py"))

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder into which pip has installed the template, with the headers beside its sources."""
    folder = tmp_path_factory.mktemp("template")
    source = copied(TEMPLATE, folder / "source")
    shutil.copytree(qframe.get_include(), source / "include")
    return pip_install(source, folder / "site")


@needs_compiler
def test_it_is_found_and_shown(installed):
    code, shown = run(installed, "-m", "qframe")
    assert code == 0
    assert table(shown)["mynpu"] == ["qframe-mynpu", "0.1.0", "20", "yes", "(portable", "C)"]


@needs_compiler
def test_its_own_tests_pass(installed, tmp_path):
    code, printed = run_tests(installed, TEMPLATE, tmp_path)
    assert code == 0, printed[-3000:]
    assert " passed" in printed


@needs_compiler
def test_it_provides_two_ops_and_falls_back_for_the_rest(installed):
    code, printed = run(installed, "-m", "qframe", "coverage", QFRAME_PLUGINS="mynpu")
    assert code == 0
    rows = table(printed)
    assert rows["op"] == ["mynpu", "reference"]
    assert {op for op in OPS if rows[op] == ["yes", "yes"]} == {"add", "linear_pack"}
    assert {op for op in OPS if rows[op] == ["(reference)", "yes"]} == OPS.keys() - {"add", "linear_pack"}


@needs_compiler
def test_it_is_chosen_where_nothing_is_better(installed):
    show = "import qframe; print(qframe.backends.quantized.engine)"
    assert run(installed, "-c", show, QFRAME_PLUGINS="mynpu") == (0, "mynpu\n")


@needs_compiler
def test_without_its_kernels_it_says_so(installed, tmp_path):
    shutil.copytree(installed, tmp_path / "site", ignore=shutil.ignore_patterns("*.so", "*.pyd"))
    code, shown = run(tmp_path / "site", "-m", "qframe")
    assert code == 0
    line = next(line for line in shown.splitlines() if line.startswith("mynpu"))
    assert "no: its kernels were not built: cannot import name '_kernels'" in line


@pytest.mark.parametrize(
    ("plugin", "folder"),
    [(TEMPLATE, "include_folder()"), *((plugin, "recipe.include") for plugin in C_PLUGINS)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_headers_come_from_the_checkout_a_copy_or_an_installed_qframe(plugin, folder, tmp_path):
    pytest.importorskip("cffi")
    show = f"import build_kernels; print(build_kernels.{folder})"
    assert run("", "-c", show, cwd=plugin) == (0, f"{ROOT / 'qframe' / 'include'}\n")
    alone = copied(plugin, tmp_path / "alone")
    installed = run("", "-c", "import qframe; print(qframe.get_include())", cwd=alone)
    assert run("", "-c", show, cwd=alone) == installed
    shutil.copytree(qframe.get_include(), alone / "include")
    assert run("", "-c", show, cwd=alone) == (0, f"{alone / 'include'}\n")


def test_missing_headers_are_named_with_the_remedies(tmp_path):
    pytest.importorskip("cffi")
    alone = copied(TEMPLATE, tmp_path / "alone")
    hidden = "import sys; sys.modules['qframe'] = None; import build_kernels"
    code, printed = run("", "-c", hidden, cwd=alone)
    assert code == 1
    assert (
        "RuntimeError: qframe's headers are not found. Install qframe and give pip --no-build-isolation"
        in (printed)
    )
