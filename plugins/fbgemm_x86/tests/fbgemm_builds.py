"""Further builds of the kernels, in folders of their own: emulated, portable, sanitized.

    python tests/fbgemm_builds.py FOLDER [COMPILER FLAGS]

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

PLUGIN = Path(__file__).resolve().parent.parent
#: Emulates in plain C (SIMDe) what the CPU lacks.
EMULATED = ("-DQF_SIMDE", "-O1", "-w")
PORTABLE = ("-DQF_PORTABLE_ONLY",)
#: Runs the kernels for AVX-VNNI on CPUs that have its instructions in AVX-512's encoding only.
AVXVNNI_AS_AVX512 = ("-DQF_AVXVNNI_EVEX",)
SANITIZED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-g", "-O1")

#: What of the conformance suite depends on the instruction set.
NUMBERS = ("test_conformance.py", "-k", "agrees or saturate or empty or position")

_COMPILE = "import sys, build_kernels as b; b.builder(tuple(sys.argv[1:])).compile()"


def build(folder: Path, flags: tuple[str, ...]) -> None:
    """Compile the kernels with ``flags`` into ``folder``, beside a copy of the Python files.

    A folder that was built from the same sources stays as it is.

    Raises:
        subprocess.CalledProcessError: the compiler failed.
    """
    sys.path.insert(0, str(PLUGIN))
    from build_kernels import include_folder

    parts = {
        "csrc": PLUGIN / "csrc",
        "qframe_fbgemm": PLUGIN / "qframe_fbgemm",
        "include": Path(include_folder()),
    }
    stamp, state = folder / "built", _fingerprint(parts.values(), flags)
    if stamp.exists() and stamp.read_text() == state:
        return
    shutil.rmtree(folder, ignore_errors=True)
    for name, source in parts.items():
        ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
        shutil.copytree(source, folder / name, ignore=ignored)
    shutil.copy(PLUGIN / "build_kernels.py", folder)
    subprocess.run([sys.executable, "-c", _COMPILE, *flags], cwd=folder, check=True, stdout=sys.stderr)
    stamp.write_text(state)


def _fingerprint(folders: Iterable[Path], flags: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr((flags, sys.version)).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".c", ".h", ".inc", ".cdef", ".py"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def run_tests(*arguments: str, **environment: str) -> str:
    """Run tests of this folder in a process of its own and return what it printed; fail if they fail."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments]
    result = subprocess.run(
        command, cwd=PLUGIN / "tests", env=os.environ | environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    return result.stdout


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve(), tuple(sys.argv[2:]))
