"""``python -m qframe`` in a process of its own, with plugins installed in a folder of its own."""

import os
import subprocess
import sys

import pytest

GOOD = """
from qframe.plugin import Engine, hookimpl

@hookimpl
def qframe_engines():
    return Engine("npu", api=1, priority=500, probe=lambda: None, summary="test chip")

@hookimpl
def qframe_kernel(engine, op):
    return None
"""
ALONE = GOOD.replace("probe=lambda: None", "fallback=None").replace('"npu"', '"alone"').replace("500", "5")
UNUSABLE = GOOD.replace("lambda: None", "lambda: 'no device on the bus'").replace('"npu"', '"bus"')


def install(folder, name, source):
    """Lay out what pip would have installed: a module and its metadata with an entry point."""
    (folder / f"plugin_{name}.py").write_text(source)
    info = folder / f"qframe_{name}-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: qframe-{name}\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text(f"[qframe]\n{name} = plugin_{name}\n")


@pytest.fixture
def run(tmp_path):
    install(tmp_path, "npu", GOOD)
    install(tmp_path, "alone", ALONE)
    install(tmp_path, "bus", UNUSABLE)
    install(tmp_path, "broken", "import libthatdoesnotexist")
    install(tmp_path, "leaving", "raise SystemExit(1)")

    def run(*arguments, **variables):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("QFRAME_")}
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            env={**clean, "PYTHONPATH": str(tmp_path), **variables},
        )

    return run


def rows(output):
    return {line.split()[0]: " ".join(line.split()) for line in output.splitlines() if line}


def test_the_table_shows_what_is_chosen_and_why_others_are_not(run):
    result = run("-m", "qframe")
    table = rows(result.stdout)
    assert table["npu"] == "npu * qframe-npu 2.0 500 yes (test chip)"
    assert table["bus"] == "bus qframe-bus 2.0 500 no: no device on the bus"
    assert "no: import failed: ModuleNotFoundError: No module named 'libthatdoesnotexist'" in table["broken"]
    assert "no: import failed: SystemExit" in table["leaving"]
    assert table["reference"].endswith("0 yes (exact NumPy)")
    assert (result.returncode, result.stderr) == (0, "")


def test_broken_plugins_do_not_break_the_import_nor_work(run):
    code = (
        "import qframe, numpy;"
        "print(qframe.quantize_per_tensor(numpy.ones(1, 'f4'), 1.0, 0, qframe.quint8).item())"
    )
    result = run("-W", "ignore", "-c", code)
    assert (result.stdout.strip(), result.returncode) == ("1.0", 0)


def test_environment_variables_choose_and_limit(run):
    assert "reference *" in " ".join(run("-m", "qframe", QFRAME_ENGINE="reference").stdout.split())
    limited = rows(run("-m", "qframe", QFRAME_PLUGINS="").stdout)
    assert limited["npu"] == "npu - no: left out by QFRAME_PLUGINS"
    assert "*" in limited["reference"]


def test_an_unusable_choice_is_told_on_stderr_with_exit_code_1(run):
    result = run("-m", "qframe", QFRAME_ENGINE="bus")
    assert result.returncode == 1
    assert "engine 'bus' (from qframe-bus 2.0) cannot be used: no device on the bus" in result.stderr


def test_coverage_says_for_every_op_and_usable_engine_who_runs_it(run):
    from qframe.engines import OPS

    table = {op: line.split() for op, line in rows(run("-m", "qframe", "coverage").stdout).items()}
    engines = table["op"]
    for name in OPS:
        provided = dict(zip(engines, table[name], strict=True))
        assert (provided["npu"], provided["alone"], provided["reference"]) == ("(reference)", "-", "yes")


def test_version(run):
    from qframe.version import __version__

    assert run("-m", "qframe", "--version").stdout.strip() == f"qframe {__version__}"
