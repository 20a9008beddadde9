"""Further builds of a plugin's kernels, in folders of their own: emulated, portable, sanitized.

    python -m tests.native.builds PLUGIN FOLDER [COMPILER FLAGS]

builds one; with that folder first in PYTHONPATH its kernels run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from qframe import get_include

ROOT = Path(__file__).resolve().parents[2]
#: Folders of plugins, by engine.
PLUGINS = {"fbgemm": ROOT / "plugins" / "fbgemm_x86", "qnnpack": ROOT / "plugins" / "qnnpack_arm"}
PORTABLE = ("-DQF_PORTABLE_ONLY",)

#: What of the conformance suite depends on the instruction set.
NUMBERS = ("-k", "agrees or saturate or empty or position")

_COMPILE = "import sys, build_kernels as b; b.recipe.builder(sys.argv[1:]).compile()"


def build(plugin: Path, folder: Path, flags: tuple[str, ...]) -> None:
    """Compile a plugin's kernels with ``flags`` into ``folder``, beside a copy of the Python files.

    A folder that was built from the same sources stays as it is.

    Raises:
        subprocess.CalledProcessError: the compiler failed.
    """
    package = next(plugin.glob("qframe_*/__init__.py")).parent
    parts = {"csrc": plugin / "csrc", package.name: package, "include": Path(get_include())}
    stamp, state = folder / "built", _fingerprint(parts.values(), flags)
    if stamp.exists() and stamp.read_text() == state:
        return
    shutil.rmtree(folder, ignore_errors=True)
    for name, source in parts.items():
        ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
        shutil.copytree(source, folder / name, ignore=ignored)
    shutil.copy(plugin / "build_kernels.py", folder)
    subprocess.run([sys.executable, "-c", _COMPILE, *flags], cwd=folder, check=True, stdout=sys.stderr)
    stamp.write_text(state)


def _fingerprint(folders: Iterable[Path], flags: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr((flags, sys.version)).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".c", ".h", ".inc", ".cdef", ".py"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def run_tests(*arguments: str | Path, **environment: str) -> str:
    """Run tests in a process of its own and return what it printed; fail if they fail."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *map(str, arguments)]
    result = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    return result.stdout


def run_conformance(plugin: Path, **environment: str) -> None:
    """Run what of a plugin's conformance suite depends on the instruction set."""
    run_tests(plugin / "tests" / "test_conformance.py", *NUMBERS, **environment)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), tuple(sys.argv[3:]))
