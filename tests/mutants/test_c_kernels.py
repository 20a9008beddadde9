"""Mistakes in C: a line of the plugin template's kernels is another one, and the suite notices."""

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from ..compiler import COMPILER
from .engines import fake_engine, outcomes

TEMPLATE = Path(__file__).parents[2] / "examples" / "plugin_template"
AGREES = "test_agrees_with_reference"

pytestmark = [
    pytest.mark.skipif(COMPILER is None or sys.platform != "linux", reason="needs a C compiler, on Linux"),
    pytest.mark.skipif(importlib.util.find_spec("cffi") is None, reason="needs cffi"),
]

#: What is wrong, the file, what stands there, what stands there instead, the op, the test that catches it.
MUTANTS = [
    (
        "rounding half up",
        "add.c",
        "qf_round_code(sum * reciprocal, bounds)",
        "qf_round_code(floorf(sum * reciprocal + 0.5f), bounds)",
        "add",
        AGREES,
    ),
    (
        "dividing",
        "add.c",
        "qf_round_code(sum * reciprocal, bounds)",
        "qf_round_code(sum / scale, bounds)",
        "add",
        AGREES,
    ),
    (
        "fused multiply-add",
        "add.c",
        "float sum = left + right;",
        "float sum = fmaf(b_scale, (float)(b[i] - b_zero_point), left); (void)right;",
        "add",
        AGREES,
    ),
    ("forgotten zero point", "linear.c", "x[k] - j->x_zero_point", "x[k]", "linear_pack", AGREES),
    (
        "forgotten zero point of the weight",
        "linear.c",
        "(panel[i] - zero_points[i])",
        "panel[i] + 0 * zero_points[i]",
        "linear_pack",
        AGREES,
    ),
    ("off by one", "linear.c", "k < j->inputs;", "k + 1 < j->inputs;", "linear_pack", AGREES),
    (
        "scales of another channel",
        "linear.c",
        "j->multiplier + first, j->bounds",
        "j->multiplier, j->bounds",
        "linear_pack",
        AGREES,
    ),
    (
        "sums of 16 bits",
        "linear.c",
        "sums[i] += centered * (panel[i] - zero_points[i])",
        "sums[i] = (int16_t)(sums[i] + centered * (panel[i] - zero_points[i]))",
        "linear_pack",
        "test_products_never_saturate",
    ),
    (
        "signed activations",
        "linear.c",
        "x[k] - j->x_zero_point",
        "(int8_t)x[k] - j->x_zero_point",
        "linear_pack",
        AGREES,
    ),
    (
        "wrong clamp after relu",
        "linear.c",
        "qf_make_bounds(low, high, zero_point)",
        "qf_make_bounds(0, high, zero_point)",
        "linear_pack",
        AGREES,
    ),
    (
        "thread race",
        "linear.c",
        "int32_t sums[PANEL];\n",
        "static int32_t sums[PANEL];\n",
        "linear_pack",
        "test_thread_counts",
    ),
]


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    return build(tmp_path_factory.mktemp("right"))


def build(folder, file=None, old=None, new=None):
    """Compile a copy of the template, one line changed if one is given, and return it as a module."""
    source = folder / "source"
    shutil.copytree(TEMPLATE, source, ignore=shutil.ignore_patterns("build", "*.so", "*.egg-info"))
    if file is not None:
        code = (source / "csrc" / file).read_text()
        assert code.count(old) == 1
        (source / "csrc" / file).write_text(code.replace(old, new))
    package = (source / "qframe_mynpu").rename(source / f"mynpu_{folder.name}")
    _compile(
        _module(f"build_{folder.name}", source / "build_kernels.py"), source, package / "_kernels.abi3.so"
    )
    return _module(package.name, package / "__init__.py", [str(package)])


def _compile(recipe, source, target):
    recipe.ffibuilder.emit_c_code(str(source / "kernels.c"))
    files = [source / "kernels.c", *(source / "csrc").glob("*.c")]
    folders = [recipe.include_folder(), source / "csrc", sysconfig.get_path("include")]
    flags = [*recipe.GNU_FLAGS, "-O1", "-shared", "-fPIC", "-pthread", *(f"-I{f}" for f in folders)]
    subprocess.run([COMPILER, *flags, *map(str, files), "-o", str(target), "-lm"], check=True)


def _module(name, path, folders=None):
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folders)
    module = importlib.util.module_from_spec(spec)
    if folders:  # a package finds itself there when its modules import each other
        sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def outcomes_on(plugin, op, law):
    kernel = plugin.qframe_kernel("mynpu", op)
    with fake_engine({op: kernel}, set_num_threads=plugin.set_num_threads) as suite:
        return outcomes(suite, law, op, until_failure=True)


@pytest.mark.parametrize(
    ("file", "old", "new", "op", "law"), [row[1:] for row in MUTANTS], ids=[row[0] for row in MUTANTS]
)
def test_wrong_line_is_caught(tmp_path, file, old, new, op, law):
    failed, _, _ = outcomes_on(build(tmp_path, file, old, new), op, law)
    assert failed


@pytest.mark.parametrize(("op", "law"), sorted({row[-2:] for row in MUTANTS}))
def test_right_kernels_pass(right, op, law):
    failed, _, passed = outcomes_on(right, op, law)
    assert not failed
    assert passed
