"""Which engine is chosen on emulated ARM machines and here, and that those machines lack what they should."""

from __future__ import annotations

import platform
import signal
import subprocess
from pathlib import Path

import pytest

from tests.installed import run, table

from .machines import MACHINES, ROOT, emulated, emulating, printed

qnnpack = pytest.importorskip("qframe_qnnpack")
on_x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="on x86-64")

#: An instruction of a set, and the sets that have it.
INSTRUCTIONS = {
    "sdot v0.4s, v1.16b, v2.16b": ("dotprod", "i8mm"),
    "smmla v0.4s, v1.16b, v2.16b": ("i8mm",),
}


@emulating
@pytest.mark.parametrize(("machine", "isa"), MACHINES.items())
def test_qnnpack_is_chosen_with_the_best_set_of_the_machine(machine: str, isa: str) -> None:
    row = table(printed(emulated(machine, "-m", "qframe")))["qnnpack"]
    title = qnnpack.engine.titles[isa]
    assert row[0] == "*"
    assert row[3:] == f"100 yes ({title})".split()


@emulating
def test_portable_c_is_chosen_over_the_reference() -> None:
    rows = table(printed(emulated("max", "-m", "qframe", QFRAME_ISA="portable")))
    assert rows["qnnpack"][0] == "*"
    assert rows["qnnpack"][3:] == ["5", "yes", "(portable", "C)"]


@emulating
@pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda text: text.split()[0])
def test_a_machine_kills_who_runs_what_it_lacks(instruction: str, tmp_path: Path) -> None:
    (tmp_path / "one.c").write_text(f'void one(void) {{ __asm__("{instruction}" ::: "v0"); }}\n')
    compiler = [ROOT / "scripts" / "arm" / "run", "gcc", "-shared", "-fPIC", "-march=armv8.6-a", "-o"]
    subprocess.run([*compiler, tmp_path / "one.so", tmp_path / "one.c"], check=True)
    code = f"import ctypes; ctypes.CDLL('{tmp_path}/one.so').one()"
    for machine, isa in MACHINES.items():
        survives = isa in INSTRUCTIONS[instruction]
        assert emulated(machine, "-c", code).returncode == (0 if survives else -signal.SIGILL), machine


@on_x86
def test_on_x86_qnnpack_is_usable_and_leaves_the_machine_to_fbgemm() -> None:
    pytest.importorskip("qframe_fbgemm")
    code, output = run("", "-m", "qframe", QFRAME_ISA="")
    rows = table(output)
    assert code == 0, output
    assert rows["fbgemm"][0] == "*"
    assert rows["qnnpack"][2:] == ["5", "yes", "(portable", "C)"]


@on_x86
def test_on_x86_qnnpack_stands_below_fbgemm_even_as_portable_c() -> None:
    pytest.importorskip("qframe_fbgemm")
    rows = table(run("", "-m", "qframe", QFRAME_ISA="portable")[1])
    assert rows["fbgemm"][0] == "*"
    assert int(rows["qnnpack"][2]) < int(rows["fbgemm"][3])
