"""A plugin that adds an op, a dtype and a qscheme: installed by pip, found, and tested by its own tests."""

import pytest

from .installed import ROOT, copied, pip_install, run, run_tests, table

SOURCES = ROOT / "tests" / "plugins" / "nibbles"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nibbles")
    return pip_install(copied(SOURCES, folder / "source"), folder / "site")


def test_its_own_tests_pass(installed, tmp_path):
    code, printed = run_tests(installed, SOURCES, tmp_path)
    assert code == 0, printed[-3000:]
    assert " passed" in printed


def test_the_op_stands_in_the_coverage_table(installed):
    code, printed = run(installed, "-m", "qframe", "coverage", QFRAME_PLUGINS="nibbles")
    rows = table(printed)
    assert code == 0
    assert rows["op"] == ["nibbles", "reference"]
    assert rows["square"] == ["yes", "yes"]
    assert rows["add"] == ["(reference)", "yes"]


@pytest.mark.parametrize("engine", ["nibbles", "reference"])
def test_the_suite_runs_on_the_op_with_the_samples_that_it_brings(installed, engine):
    code, printed = run(installed, "-m", "qframe.testing", engine, "--ops", "square")
    assert code == 0, printed
    runs_on, samples, declined, passed, failed = table(printed)["square"]
    assert (runs_on, declined, failed) == (engine, "0", "0")
    assert int(passed) > int(samples) > 20


def test_engines_that_lack_the_op_fall_back(installed):
    square = (
        "import numpy, qframe, qframe_nibbles as n;"
        "x = qframe.quantize_per_tensor(numpy.float32([3]), 1.0, 0, n.quint4);"
        "qframe.set_engine(qframe.backends.quantized.supported_engines[0]);"
        "print(n.square(x, 1.0, 0, n.quint4).item())"
    )
    code, printed = run(installed, "-W", "ignore", "-c", square)
    assert (code, printed) == (0, "9.0\n")
