"""Distributions that are installed for the tests, into folders of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copied(source, folder):
    """A copy of a plugin's sources outside of any checkout, without what builds have left there."""
    ignored = shutil.ignore_patterns("build", "*.so", "*.egg-info", "include", "__pycache__")
    return shutil.copytree(source, folder, ignore=ignored)


def pip_install(source, folder):
    """What plain pip makes of a folder of sources."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", folder, source], check=True)
    return folder


def run(folder, *arguments, cwd=None, **variables):
    """Exit code and output of Python, with a folder of installed packages before those of the environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("QFRAME_")}
    environment = {**clean, "PYTHONPATH": str(folder), **variables}
    result = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=cwd, env=environment
    )
    return result.returncode, result.stdout + result.stderr


def run_tests(folder, source, workplace):
    """Exit code and output of a distribution's own tests, run away from its sources."""
    shutil.copytree(source / "tests", workplace / "tests")
    shutil.copy(source / "pyproject.toml", workplace)
    return run(folder, "-m", "pytest", "-p", "no:cacheprovider", cwd=workplace)


def table(printed):
    """The rows of a table, split, by their first word."""
    return {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.strip()}
