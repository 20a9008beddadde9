"""``python -m qframe.testing``, and what importing needs."""

import os
import subprocess
import sys

import pytest

from qframe.engines import registry
from qframe.testing.__main__ import main

from . import fakes
from .fakes import fake_engine


@pytest.fixture(autouse=True)
def restored_environment(monkeypatch):
    for name in ("QFRAME_TESTING_ENGINE", "QFRAME_TESTING_TOLERANCE"):
        monkeypatch.setenv(name, os.environ.get(name, "0"))


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_runs_the_suite_for_an_installed_engine(tmp_path):
    process = subprocess.run(
        [sys.executable, "-m", "qframe.testing", "reference", "-k", "test_signature or every_op"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert "passed" in process.stdout


def test_unknown_engine_is_a_usage_error(capsys):
    assert main(["refrence"]) == 2
    message = capsys.readouterr().err
    assert "engine 'refrence' cannot be used: no installed plugin provides it" in message
    assert "Did you mean 'reference'?" in message


def test_engine_is_required(capsys):
    with pytest.raises(SystemExit) as exit_:
        main([])
    assert exit_.value.code == 2
    assert "engine" in capsys.readouterr().err


def test_reports_failures_tolerance_and_coverage(capfd):
    selection = ["-k", "test_agrees_with_reference and (add[ or cat[)"]
    with fake_engine({"add": fakes.add_off_by_one}):
        assert main([fakes.NAME, *selection, "--tb=line"]) == 1
        assert "integers differ" in capfd.readouterr().out
        assert main([fakes.NAME, "--tolerance", "1", *selection]) == 0
        assert f"engine '{fakes.NAME}' does not provide op 'cat'" in capfd.readouterr().out
    assert fakes.NAME not in registry.inventory.engines


def test_importing_qframe_does_not_import_the_suite_or_pytest():
    process = python(
        "-c", "import qframe, sys; print([m for m in ('pytest', 'qframe.testing') if m in sys.modules])"
    )
    assert process.stdout.strip() == "[]", process.stderr


def test_missing_pytest_is_named_with_the_remedy():
    process = python("-c", "import sys; sys.modules['pytest'] = None; import qframe.testing")
    assert process.returncode == 1
    assert 'ImportError: qframe.testing needs pytest. Try: pip install "qframe[testing]"' in process.stderr
