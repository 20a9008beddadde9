"""The kernels for instruction sets that this CPU lacks, with their intrinsics emulated in plain C.

This proves the kernels' logic bit for bit, not their speed and not the detection of the CPU.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import qframe_fbgemm
from fbgemm_builds import EMULATED, NUMBERS, PLUGIN, build, run_tests
from qframe_fbgemm import isa

NATIVE = qframe_fbgemm.info()["build"] == "native"
EMULATOR = Path("/usr/include/simde/x86/avx512.h")
#: SIMDe has too little of AVX-512.
LACKING = [name for name in ("avx2", "avxvnni") if name not in isa.available()]

pytestmark = [
    pytest.mark.skipif(not NATIVE, reason="for builds with x86 kernels that are not emulated already"),
    pytest.mark.skipif(not EMULATOR.exists(), reason="needs SIMDe: apt-get install libsimde-dev"),
    pytest.mark.skipif("QFRAME_TEST_EMULATED" not in os.environ, reason="takes minutes: make emulated"),
]


@pytest.fixture(scope="module")
def emulated() -> str:
    folder = PLUGIN / "build" / "emulated"
    build(folder, EMULATED)
    return str(folder)


@pytest.mark.parametrize("name", LACKING)
def test_conformance_emulated(emulated: str, name: str) -> None:
    run_tests(*NUMBERS, PYTHONPATH=emulated, QFRAME_ISA=name)
    run_tests("test_memory.py", PYTHONPATH=emulated, QFRAME_ISA=name)


def test_microkernels_emulated(emulated: str) -> None:
    printed = run_tests("test_ukernels.py", "-rp", PYTHONPATH=emulated)
    for name in LACKING:
        assert f"__{name}]" in printed
