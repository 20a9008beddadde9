"""Counting executed instructions: exact, in one library, and refused where nobody counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.instructions import addresses

from .machines import ROOT, emulated, emulating, printed

#: One instruction, two for each of 1000 rounds, and the return.
LOOP = """
__asm__(".global spin; .type spin, %function; spin: mov x1, #1000; 1: subs x1, x1, #1; b.ne 1b; ret");
"""
#: ``other`` executes as many in a library that nobody asked about.
COUNT = """
import ctypes, sys
from benchmarks.instructions import Counter
spin, other = (ctypes.CDLL(path).spin for path in sys.argv[1:])
counter = Counter(sys.argv[1])
def call(): spin(); other(); spin()
print(counter.count(call), counter.count(spin), counter.count(other))
"""


@emulating
def test_a_loop_of_known_length(tmp_path: Path) -> None:
    plugin = ROOT / "build" / "arm" / "instructions.so"
    (tmp_path / "loop.c").write_text(LOOP)
    libraries = [tmp_path / "one.so", tmp_path / "two.so"]
    for library in libraries:
        compiler = [ROOT / "scripts" / "arm" / "run", "gcc", "-shared", "-fPIC", "-o", library]
        subprocess.run([*compiler, tmp_path / "loop.c"], check=True)
    result = emulated("max", "-c", COUNT, *libraries, QEMU_PLUGIN=str(plugin))
    assert printed(result).split() == ["4004", "2002", "0"]


def test_nobody_counts_without_qemu() -> None:
    code = "import benchmarks.instructions as i; maps = open('/proc/self/maps').read().splitlines(); "
    code += "i.Counter(next(m for m in maps if '.so' in m).split()[-1]).count(int)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "RuntimeError: QEMU counts no instructions here: run `make count-arm`" in result.stderr


def test_a_library_that_is_not_loaded_is_refused() -> None:
    maps = "1000-3000 r-xp 00000000 00:00 0 /lib/a.so\n3000-4000 rw-p 00000000 00:00 0 /lib/a.so\n"
    assert addresses(maps, "/lib/a.so") == (0x1000, 0x4000)
    with pytest.raises(RuntimeError, match="b.so is not loaded"):
        addresses(maps, "/lib/b.so")
