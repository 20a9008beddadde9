"""Instruction sets: forced, refused, and each one that this CPU has under the whole suite."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import qframe_fbgemm
from fbgemm_builds import AVXVNNI_AS_AVX512, NUMBERS, PLUGIN, PORTABLE, build, run_tests
from qframe_fbgemm import isa

SETS = list(isa.TITLES)
NATIVE = qframe_fbgemm.info()["build"] == "native"


def _python(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_info_tells_what_runs() -> None:
    info = qframe_fbgemm.info()
    assert set(info) == {"isa", "available", "cpu_flags", "threads", "build"}
    assert info["isa"] in info["available"]
    assert info["available"][0] == "portable"
    assert info["threads"] >= 1


@pytest.mark.parametrize("name", isa.available())
def test_a_forced_set_is_the_one_that_runs(name: str) -> None:
    code = "import qframe_fbgemm as f; from qframe_fbgemm._kernels import ffi, lib; f.qframe_engines(); "
    code += "print(f.info()['isa'], ffi.string(lib.qf_isa()).decode())"
    assert _python(code, QFRAME_ISA=name) == f"{name} {name}"


@pytest.mark.skipif(not NATIVE, reason="this build has or emulates every instruction set")
@pytest.mark.parametrize("name", [name for name in SETS if name not in isa.available()])
def test_a_set_that_the_cpu_lacks_is_refused_with_what_is_missing(name: str) -> None:
    code = "import qframe_fbgemm as f; print(f.qframe_engines().probe())"
    reason = _python(code, QFRAME_ISA=name)
    missing = {"avxvnni": "avx_vnni", "avx512": "avx512f", "avx512vnni": "avx512_vnni", "avx2": "avx2"}
    missing["avx512vbmi"] = "avx512_vbmi"
    assert f"QFRAME_ISA={name}" in reason
    assert missing[name] in reason


def test_an_unknown_set_is_refused_with_the_names() -> None:
    reason = _python("import qframe_fbgemm as f; print(f.qframe_engines().probe())", QFRAME_ISA="sse9")
    assert all(name in reason for name in ("sse9", *SETS))


def test_priority_and_summary_follow_the_set() -> None:
    code = "import qframe_fbgemm as f; e = f.qframe_engines(); print(e.priority, e.summary)"
    assert _python(code, QFRAME_ISA="portable") == "10 portable C"
    if NATIVE and "avx2" in isa.available():
        assert _python(code, QFRAME_ISA="avx2") == "100 AVX2"


@pytest.mark.skipif(not NATIVE, reason="the emulated build is tested by test_emulated.py")
@pytest.mark.parametrize("name", [name for name in isa.available() if name != isa.chosen()])
def test_conformance_at_other_sets(name: str) -> None:
    run_tests(*NUMBERS, QFRAME_ISA=name)
    run_tests("test_memory.py", QFRAME_ISA=name)


@pytest.mark.skipif(
    not NATIVE or "avx512vnni" not in isa.available() or "avxvnni" in isa.available(),
    reason="for CPUs that have AVX-VNNI's instructions, but only in AVX-512's encoding",
)
def test_avxvnni_in_the_encoding_of_avx512() -> None:
    folder = PLUGIN / "build" / "avxvnni"
    build(folder, AVXVNNI_AS_AVX512)
    for tests in (NUMBERS, ("test_memory.py",)):
        run_tests(*tests, PYTHONPATH=str(folder), QFRAME_ISA="avxvnni")
    assert "__avxvnni]" in run_tests("test_ukernels.py", "-rp", PYTHONPATH=str(folder))


@pytest.mark.skipif(not NATIVE, reason="this build is a special one itself")
def test_a_build_for_other_machines_runs_portable_c() -> None:
    folder = PLUGIN / "build" / "portable"
    build(folder, PORTABLE)
    environment = {"PYTHONPATH": str(folder), "QFRAME_ISA": ""}
    run_tests(*NUMBERS, **environment)
    code = "import qframe_fbgemm as f; i = f.info(); "
    code += "print(i['build'], i['available'], f.qframe_engines().priority)"
    assert _python(code, **environment) == "portable ['portable'] 10"
