"""The cycle predictor finds the loops of assembly that it is told of."""

import shutil

import pytest

from benchmarks.arm_cycles import Kernel, belongs, inner_loop, innermost, simulated, written
from benchmarks.tables import Table

ASSEMBLY = """
first:
.L1:
\tnop
\tb.ne\t.L1
\t.size\tfirst, .-first
second:
\tmov\tx0, 0
.L2:
\tldr\tq0, [x1], 16
.L3:
\tsdot\tv2.4s, v0.16b, v1.16b
\tcbz\tx2, .L9
\tadd\tx0, x0, 1 // counts
\tcmp\tx0, x3
\tbcc\t.L3
\tb\t.L2
.L9:
\tret
\t.size\tsecond, .-second
"""
INNER = ["sdot\tv2.4s, v0.16b, v1.16b", "cbz\tx2, .L9", "add\tx0, x0, 1 // counts", "cmp\tx0, x3", "bcc\t.L3"]


def kernel(instruction: str, times: int, also: str = "") -> Kernel:
    return Kernel("a kernel", "file__dotprod", "second", instruction, times, 16, also)


def test_innermost_loops_of_one_function():
    assert list(innermost(ASSEMBLY, "first")) == [["nop", "b.ne\t.L1"]]
    assert list(innermost(ASSEMBLY, "second")) == [INNER]


def test_a_loop_is_told_by_its_instructions():
    assert inner_loop(ASSEMBLY, kernel("sdot", 1)) == INNER
    assert belongs(INNER, kernel("sdot", 1, also="cmp"))
    assert not belongs(INNER, kernel("sdot", 1, also="fcvtns"))
    with pytest.raises(LookupError, match="file__dotprod has no loop with 2 times sdot"):
        inner_loop(ASSEMBLY, kernel("sdot", 2))


def test_the_tables_replace_their_block():
    table = Table("", ["a", "b"], [["1", "2"]])
    document = "before\n<!-- arm cycles -->\nold\n<!-- end -->\nafter\n"
    lines = written(document, [table]).splitlines()
    assert lines[:2] == ["before", "<!-- arm cycles -->"]
    assert lines[-2:] == ["<!-- end -->", "after"]
    assert "| 1   |   2 |" in lines
    assert "old" not in lines
    with pytest.raises(ValueError, match="0 blocks"):
        written("nothing", [table])


@pytest.mark.skipif(shutil.which("llvm-mca-19") is None, reason="needs llvm-mca: apt-get install llvm-19")
def test_two_dot_products_take_longer_than_one():
    one, chain = (simulated([INNER[0]] * count, "neoverse-n1") for count in (1, 2))
    assert one.throughput == 0.5
    assert chain.throughput == 1.0
    assert chain.latency > chain.throughput
