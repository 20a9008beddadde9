"""The kernels for instruction sets that this CPU lacks: emulated in plain C, or in another encoding.

This proves the kernels' logic bit for bit, not their speed and not the detection of the CPU.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from qframe_fbgemm import engine

from tests.native.builds import PLUGINS, ROOT, build, run_conformance, run_tests

PLUGIN = PLUGINS["fbgemm"]
NATIVE = engine.info()["build"] == "native"
EMULATOR = Path("/usr/include/simde/x86/avx512.h")
#: SIMDe has too little of AVX-512.
LACKING = [name for name in ("avx2", "avxvnni") if name not in engine.available()]
#: Emulates in plain C (SIMDe) what the CPU lacks.
EMULATED = ("-DQF_SIMDE", "-O1", "-w")
#: Runs the kernels for AVX-VNNI on CPUs that have its instructions in AVX-512's encoding only.
AVXVNNI_AS_AVX512 = ("-DQF_AVXVNNI_EVEX",)

emulating = [
    pytest.mark.skipif(not NATIVE, reason="for builds with x86 kernels that are not emulated already"),
    pytest.mark.skipif(not EMULATOR.exists(), reason="needs SIMDe: apt-get install libsimde-dev"),
    pytest.mark.skipif("QFRAME_TEST_EMULATED" not in os.environ, reason="takes minutes: make emulated"),
]


def run_kernels(folder: Path, isa: str) -> None:
    """Run all that a build has for an instruction set."""
    environment = {"PYTHONPATH": str(folder), "QFRAME_ISA": isa}
    run_conformance(PLUGIN, **environment)
    run_tests(ROOT / "tests/native/test_memory.py", "-k", f"fbgemm-{isa}", **environment)
    assert f"__{isa}]" in run_tests(
        ROOT / "tests/native/test_ukernels.py", "-rp", "-k", "fbgemm", **environment
    )


@pytest.fixture(scope="module")
def emulated() -> Path:
    folder = PLUGIN / "build" / "emulated"
    build(PLUGIN, folder, EMULATED)
    return folder


@pytest.mark.parametrize("name", [pytest.param(name, marks=emulating) for name in LACKING])
def test_emulated(emulated: Path, name: str) -> None:
    run_kernels(emulated, name)


@pytest.mark.skipif(
    not NATIVE or "avx512vnni" not in engine.available() or "avxvnni" in engine.available(),
    reason="for CPUs that have AVX-VNNI's instructions, but only in AVX-512's encoding",
)
def test_avxvnni_in_the_encoding_of_avx512() -> None:
    folder = PLUGIN / "build" / "avxvnni"
    build(PLUGIN, folder, AVXVNNI_AS_AVX512)
    run_kernels(folder, "avxvnni")
