"""``python -m qframe.testing``: results, exit codes, options, coverage, and what importing needs."""

import os
import re
import subprocess
import sys

import pytest

from qframe.engines import OPS, registry
from qframe.testing.__main__ import main

from ..mutants import activation, arithmetic
from ..mutants.engines import NAME, fake_engine, reference


@pytest.fixture(autouse=True)
def restored_environment(monkeypatch):
    for name in ("QFRAME_TESTING_ENGINE", "QFRAME_TESTING_TOLERANCE", "QFRAME_TESTING_OPS"):
        monkeypatch.setenv(name, os.environ.get(name, "0"))


def python(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, **options
    )


def rows(output):
    """The lines of a table, split, by their first word."""
    return {line.split()[0]: line.split()[1:] for line in output.splitlines() if line.strip()}


def test_runs_the_suite_for_an_installed_engine(tmp_path):
    process = python("-m", "qframe.testing", "reference", "--ops", "clamp,min_max*", cwd=tmp_path)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.startswith("engine 'reference' (qframe-reference ")
    assert "passed" in process.stdout
    table = rows(process.stdout)
    assert [op for op in table if op in OPS] == ["clamp", "min_max", "min_max_per_channel"]
    assert table["3"] == ["of", "3", "ops", "provided"]


def test_unknown_engine_is_a_usage_error(capsys):
    assert main(["refrence"]) == 2
    message = capsys.readouterr().err
    assert "engine 'refrence' cannot be used: no installed plugin provides it" in message
    assert "Did you mean 'reference'?" in message


def test_unknown_op_is_a_usage_error(capsys):
    assert main(["reference", "--ops", "add,lookups"]) == 2
    assert "there is no op 'lookups'. Did you mean 'lookup'?" in capsys.readouterr().err
    assert main(["reference", "--ops", "x*"]) == 2
    assert "there is no op 'x*'. `python -m qframe coverage` shows all" in capsys.readouterr().err


def test_engine_is_required_but_for_the_coverage_of_all(capsys):
    with pytest.raises(SystemExit) as exit_:
        main([])
    assert exit_.value.code == 2
    assert "which ENGINE?" in capsys.readouterr().err


def test_failures_are_shown_in_lines_with_the_test_and_the_sample(capfd):
    with fake_engine({"add": arithmetic.add_off_by_one, "clamp": activation.clamp_in_place}):
        assert main([NAME, "--ops", "add,clamp"]) == 1
    out = capfd.readouterr().out
    assert "test_agrees_with_reference, op add:\n  add[size1]: AssertionError: integers differ: 1 of 1" in out
    assert "test_inputs_stay_unchanged, op clamp:\n  clamp[size1]: AssertionError: the kernel wrote" in out
    assert "  ... and " in out
    assert "Traceback" not in out
    failed = {op: int(cells[-1]) for op, cells in rows(out).items() if op in ("add", "clamp")}
    assert min(failed.values()) > 20


def test_tolerance_in_steps(capfd):
    with fake_engine({"add": arithmetic.add_off_by_one}):
        selection = ["--ops", "add", "-k", "test_agrees_with_reference"]
        assert main([NAME, *selection]) == 1
        assert main([NAME, "--tolerance", "1", *selection]) == 0
    assert "against the reference, tolerance 1" in capfd.readouterr().out
    assert NAME not in registry.inventory.engines


def only_8_bits(a, b, scale, zero_point, *, clamp=None):
    if a.dtype.bits > 8:
        return NotImplemented
    return reference("add")(a, b, scale, zero_point, clamp=clamp)


def test_the_table_says_what_is_provided_declined_and_left_to_the_fallback(capfd):
    with fake_engine({"add": only_8_bits}):
        assert main([NAME, "--ops", "add,cat", "-k", "agrees"]) == 0
    table = rows(capfd.readouterr().out)
    runs_on, samples, declined, passed, failed = table["add"]
    assert (runs_on, declined, failed) == (NAME, "1", "0")
    assert int(samples) - 1 == int(passed) > 20
    assert table["cat"][0] == "reference"
    assert table["cat"][2:] == ["-", "-", "-"]
    assert table["1"] == ["of", "2", "ops", "provided"]


def test_coverage_of_every_engine_without_running_tests(capsys):
    with fake_engine({"add": only_8_bits}):
        assert main(["--coverage", "--ops", "add,cat"]) == 0
        out = capsys.readouterr().out
        lines = dict(line.split("  ", 1) for line in out.splitlines()[:3])
        heading = lines["op"].split()
        assert {NAME, "reference"} <= set(heading)
        assert heading == registry.usable_engines()
        assert re.search(r"yes, declines 1 of \d+ ", lines["add"])
        assert "(reference)" in lines["cat"]
        assert main([NAME, "--coverage", "--ops", "cat"]) == 0
        assert capsys.readouterr().out.splitlines()[0].split() == ["op", NAME]


def test_a_kernel_with_another_signature_is_told_once_for_each_test(capfd):
    with fake_engine({"add": arithmetic.add_with_swapped_arguments, "cat": lambda tensors: None}):
        assert main([NAME, "--ops", "cat"]) == 1
    out = capfd.readouterr().out
    assert "its kernel for op 'cat' lacks the argument 'dim'" in out
    assert "no coverage: engine" in out


def test_coverage_of_a_kernel_with_another_signature_is_an_error(capsys):
    with fake_engine({"cat": lambda tensors: None}):
        assert main([NAME, "--coverage", "--ops", "cat"]) == 2
    assert "its kernel for op 'cat' lacks the argument 'dim'" in capsys.readouterr().err


def test_importing_qframe_does_not_import_the_suite_or_pytest():
    process = python(
        "-c", "import qframe, sys; print([m for m in ('pytest', 'qframe.testing') if m in sys.modules])"
    )
    assert process.stdout.strip() == "[]", process.stderr


def test_missing_pytest_is_named_with_the_remedy():
    process = python("-c", "import sys; sys.modules['pytest'] = None; import qframe.testing")
    assert process.returncode == 1
    assert 'ImportError: qframe.testing needs pytest. Try: pip install "qframe[testing]"' in process.stderr
