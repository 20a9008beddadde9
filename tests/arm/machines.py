"""ARM machines that QEMU emulates, and running Python on one of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: By the names that QEMU gives to CPUs, the best instruction set of each. a64fx has SVE and no dot products.
MACHINES = {
    "cortex-a53": "neon",
    "a64fx": "neon",
    "cortex-a76": "dotprod",
    "neoverse-n1": "dotprod",
    "max": "i8mm",
}

#: Marks what `make test-arm` runs, which sets the emulator up; there it must not be skipped.
emulating = pytest.mark.skipif("QFRAME_TEST_ARM" not in os.environ, reason="takes minutes: make test-arm")


def emulated(machine: str, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with some arguments on a machine, from the checkout's root."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("QFRAME_ISA")}
    return subprocess.run(
        [ROOT / "scripts" / "arm" / "run", "python3", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**clean, "QEMU_CPU": machine, **variables},
    )


def printed(result: subprocess.CompletedProcess[str]) -> str:
    """Return what a process printed; fail if it failed."""
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
