"""Predict what the inner loops of the engine for ARM cost: ``python -m benchmarks.arm_cycles [--write]``.

There is no ARM hardware here: the kernels are compiled to assembly and llvm-mca says how many cycles a turn
of each inner loop takes on some cores.  It gives two figures.  *Throughput* counts what the core's pipelines
can take, as if no instruction waited for another one's result.  *Latency* simulates the waiting as well, but
knows nothing of accumulators that are forwarded early, as real cores do; so the truth lies between both.  All
data is in the first-level cache, no branch is mispredicted.

With ``--write`` the tables go into docs/performance.md.  Needs llvm-mca 19 and a compiler for aarch64.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .processes import ROOT
from .report import DOCUMENT
from .tables import Table, markdown, percent, show

PLUGIN = ROOT / "plugins" / "qnnpack_arm"
INCLUDE = ROOT / "qframe" / "include"
FLAGS = ["-std=c11", "-O3", "-ffp-contract=off", "-fno-strict-aliasing", "-S", "-o"]
BLOCK = re.compile(r"(<!-- arm cycles -->\n).*?(<!-- end -->)", re.DOTALL)
TURNS = 200

#: The simplest cores that have the instructions of each set.
CORES = {
    "neon": ("cortex-a55", "neoverse-n1", "neoverse-v1"),
    "dotprod": ("cortex-a55", "neoverse-n1", "neoverse-v1"),
    "i8mm": ("neoverse-v1",),
}
#: For each instruction that multiplies: products of one, and an example that depends on no other.
MULTIPLIERS = {
    "smull": (8, "smull v{}.8h, v30.8b, v31.8b"),
    "smlal": (4, "smlal v{}.4s, v30.4h, v31.4h"),
    "sdot": (16, "sdot v{}.4s, v30.16b, v31.4b[1]"),
    "usdot": (16, "usdot v{}.4s, v30.16b, v31.16b"),
    "usmmla": (32, "usmmla v{}.4s, v30.16b, v31.16b"),
    "fmla": (4, "fmla v{}.4s, v30.4s, v31.4s"),
}


class Kernel(NamedTuple):
    """An inner loop.

    Attributes:
        work: products, or elements where nothing counts as a product, of one turn.
        instruction, times: what tells the loop from others of the function, and how often it is there.
        also: another instruction that it must have, if any.
    """

    title: str
    file: str
    function: str
    instruction: str
    times: int
    work: int
    also: str = ""

    @property
    def cores(self) -> tuple[str, ...]:
        """Those that can run it."""
        return CORES[self.file.rpartition("__")[2]]


#: The function of a matrix microkernel is called like its file.
PRODUCT = ""

MATRIX = [
    Kernel("matrix product, neon, 3x8", "gemm_u8s8_3x8c16__neon", PRODUCT, "smull", 24, 384),
    Kernel("matrix product, dotprod, 8x8", "gemm_u8s8_8x8c4__dotprod", PRODUCT, "sdot", 64, 1024),
    Kernel("matrix product, i8mm, 8x8", "gemm_u8s8_8x8c8__i8mm", PRODUCT, "usmmla", 32, 1024),
    Kernel("float16 weights, neon, 6x16", "half_6x16__neon", PRODUCT, "fmla", 24, 96),
]
#: Loops of depthwise convolutions end with codes.
ROUNDED = "fcvtns"
DEPTHWISE = [
    Kernel("depthwise 3x3, neon, 4 windows", "depthwise__neon", "run", "smlal", 36, 288, ROUNDED),
    Kernel("depthwise 3x3, neon, any stride", "depthwise__neon", "run", "smlal", 9, 72, ROUNDED),
    Kernel("depthwise 5x5, neon, 4 windows", "depthwise__neon", "run", "smlal", 100, 800, ROUNDED),
    Kernel("depthwise 3x3, dotprod, 2 windows", "depthwise__dotprod", "run", "sdot", 24, 288, ROUNDED),
    Kernel("depthwise 3x3, dotprod, any stride", "depthwise__dotprod", "run", "sdot", 12, 144, ROUNDED),
    Kernel("depthwise 5x5, dotprod, 4 windows", "depthwise__dotprod", "run", "sdot", 160, 1600, ROUNDED),
    Kernel("depthwise 3x3, i8mm, 2 windows", "depthwise__i8mm", "run", "usdot", 24, 288, ROUNDED),
]
ELEMENTS = [
    Kernel("quantize", "convert__neon", "qf_quantize8__neon", "fcvtns", 4, 16),
    Kernel("add", "arithmetic__neon", "add", "fcvtns", 4, 16),
    Kernel("mul", "arithmetic__neon", "mul", "fcvtns", 4, 16),
    Kernel("lookup", "arithmetic__neon", "lookup", "tbx", 3, 16),
    Kernel("sums to codes", "requant__neon", "qf_requant_rows__neon", "fcvtns", 4, 16),
    Kernel("group norm", "norms__neon", "run", "fcvtns", 4, 16),
]


class Cycles(NamedTuple):
    """Of one turn of a loop."""

    latency: float
    throughput: float


def main() -> None:
    """Print both tables, and write them if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.arm_cycles")
    parser.add_argument(
        "--compiler", default="scripts/arm/run gcc", help="for aarch64 (default: %(default)s)"
    )
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    arguments = parser.parse_args()
    compiler = tuple(shlex.split(arguments.compiler))
    tables = [products(compiler), elements(compiler)]
    for table in tables:
        show(table)
    if arguments.write:
        DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8"), tables), encoding="utf-8")


def written(document: str, tables: Sequence[Table]) -> str:
    """Return the document with the tables in their block.

    Raises:
        ValueError: it has no such block.
    """
    text = "\n\n".join(markdown(table) for table in tables)
    changed, count = BLOCK.subn(lambda found: f"{found[1]}{text}\n{found[2]}", document)
    if count != 1:
        raise ValueError(f"{DOCUMENT.name} has {count} blocks <!-- arm cycles -->, not one")
    return changed


def products(compiler: tuple[str, ...]) -> Table:
    """Products per cycle, beside what the instruction that multiplies could do alone."""
    rows = []
    for kernel in MATRIX + DEPTHWISE:
        for core, cycles in predicted(kernel, compiler):
            each, example = MULTIPLIERS[kernel.instruction]
            peak = each * 16 / simulated([example.format(number) for number in range(16)], core).throughput
            rate = kernel.work / cycles.throughput
            rows.append(
                [
                    kernel.title,
                    core,
                    str(kernel.work),
                    *costs(kernel, cycles),
                    f"{peak:.0f}",
                    percent(rate / peak),
                ]
            )
    columns = [
        "inner loop",
        "core",
        "MACs",
        "latency",
        "throughput",
        "MACs/cycle, latency",
        "throughput",
        "peak",
        "share",
    ]
    return Table("MACs per predicted cycle", columns, rows)  # fmt: skip


def elements(compiler: tuple[str, ...]) -> Table:
    """Elements per cycle."""
    rows = [
        [kernel.title, core, *costs(kernel, cycles)]
        for kernel in ELEMENTS
        for core, cycles in predicted(kernel, compiler)
    ]
    columns = ["16 elements", "core", "latency", "throughput", "elements/cycle, latency", "throughput"]
    return Table("Elements per predicted cycle", columns, rows)


def costs(kernel: Kernel, cycles: Cycles) -> list[str]:
    """Cycles of a turn and work per cycle, both from latency and from throughput."""
    return [f"{figure:.1f}" for figure in (*cycles, *(kernel.work / figure for figure in cycles))]


def predicted(kernel: Kernel, compiler: tuple[str, ...]) -> Iterator[tuple[str, Cycles]]:
    """Yield each core that can run a kernel, and what a turn costs there."""
    loop = inner_loop(assembly(kernel.file, compiler), kernel)
    for core in kernel.cores:
        yield core, simulated(loop, core)


@cache
def assembly(file: str, compiler: tuple[str, ...]) -> str:
    """Compile one of the plugin's C files to assembly."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "kernel.s"
        command = [*compiler, *FLAGS, str(target), f"-I{INCLUDE}", f"-I{PLUGIN / 'csrc'}"]
        subprocess.run([*command, str(PLUGIN / "csrc" / f"{file}.c")], check=True, cwd=ROOT)
        return target.read_text()


def inner_loop(text: str, kernel: Kernel) -> list[str]:
    """Return the instructions of the shortest loop that has a kernel's instruction so often.

    Raises:
        LookupError: the function has no such loop.
    """
    found = [
        loop for loop in innermost(text, kernel.function or f"qf_{kernel.file}") if belongs(loop, kernel)
    ]
    if not found:
        raise LookupError(f"{kernel.file} has no loop with {kernel.times} times {kernel.instruction}")
    return min(found, key=len)


def belongs(loop: Sequence[str], kernel: Kernel) -> bool:
    """Say whether a loop is the one that a kernel describes."""
    names = [line.split()[0] for line in loop]
    return names.count(kernel.instruction) == kernel.times and (not kernel.also or kernel.also in names)


def innermost(text: str, function: str) -> Iterator[list[str]]:
    """Yield the instructions of each loop of a function that holds no other.

    Branches out of a loop count as not taken.
    """
    body = text.split(f"\n{function}:", 1)[1].split(f".size\t{function}", 1)[0].splitlines()
    labels = {found[1]: at for at, line in enumerate(body) if (found := re.match(r"(\.L\w+):", line))}
    branches = re.compile(r"\s+(?:b(?:\.?[a-z]{2})?|cbn?z|tbn?z)\s+(?:.*,\s*)?(\.L\w+)$")
    jumps = [(at, labels[found[1]]) for at, line in enumerate(body) if (found := branches.match(line))]
    for end, start in jumps:
        if start < end and not any(start <= at < end and start <= to <= end for at, to in jumps):
            lines = (line.strip() for line in body[start : end + 1])
            yield [line for line in lines if re.match(r"[a-z]", line)]


def simulated(loop: Sequence[str], core: str) -> Cycles:
    """Ask llvm-mca what a turn of a loop costs."""
    command = [
        "llvm-mca-19",
        "-mtriple=aarch64",
        "-mattr=+dotprod,+i8mm",
        f"-mcpu={core}",
        f"-iterations={TURNS}",
    ]
    output = subprocess.run(command, input="\n".join(loop), text=True, capture_output=True, check=True).stdout
    latency = re.search(r"Total Cycles:\s+(\d+)", output)
    throughput = re.search(r"Block RThroughput:\s+([\d.]+)", output)
    assert latency, output
    assert throughput, output
    return Cycles(int(latency[1]) / TURNS, float(throughput[1]))


if __name__ == "__main__":
    main()
