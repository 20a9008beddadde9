"""Clang takes every source in C too; it is stricter than GCC about what must be a constant."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from qframe import get_include

from .builds import PLUGINS

NATIVE = Path(get_include()) / "qframe" / "native"
PLUGIN = PLUGINS["fbgemm" if platform.machine() in ("x86_64", "AMD64") else "qnnpack"]
SOURCES = sorted([*NATIVE.glob("*.c"), *(PLUGIN / "csrc").glob("*.c")])


@pytest.mark.skipif(shutil.which("clang") is None, reason="needs clang")
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_clang_takes(source: Path) -> None:
    headers = [f"-I{get_include()}", f"-I{PLUGIN / 'csrc'}"]
    flags = ["-std=c11", "-ffp-contract=off", "-fno-strict-aliasing", "-Wall", "-Wextra", "-Werror"]
    command = ["clang", "-fsyntax-only", *flags, *headers, str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
