"""How many instructions the kernels of engine qnnpack execute: what is measured of ARM without an ARM CPU.

    make count-arm [ARM="--only linear conv"]

runs this on an emulated machine whose QEMU counts (``scripts/arm/instructions.c``).  The numbers are exact
and the same at every run; they are no times, as no CPU takes equally long for all instructions.
"""

from __future__ import annotations

import argparse
import ctypes
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import qframe

from .peers import Call
from .peers.qframe_ops import KINDS
from .tables import Table, show
from .workloads import OPERATIONS, Workload, selected

#: The system call that the plugin of QEMU listens to, and its commands.
CALL, BEGIN, END = 0x71660001, 0, 1
ENGINE = "qnnpack"


class Counter:
    """Counts executed instructions in one shared library of this process, which must run one thread.

    Args:
        library: the path of the library, which is loaded.

    Raises:
        RuntimeError: nobody answers; Python does not run under QEMU with the plugin.
    """

    def __init__(self, library: str) -> None:
        self.low, self.high = addresses(Path("/proc/self/maps").read_text(), library)
        self.system = ctypes.CDLL(None, use_errno=True).syscall
        self.answers, self.file = os.pipe()
        os.set_blocking(self.answers, False)

    def count(self, call: Call) -> int:
        """Return how many instructions of the library a call executes."""
        self.ask(BEGIN)
        call()
        self.ask(END, self.low, self.high, self.file)
        try:
            inside, _ = os.read(self.answers, 100).split()
        except BlockingIOError:
            raise RuntimeError("QEMU counts no instructions here: run `make count-arm`") from None
        return int(inside)

    def ask(self, *arguments: int) -> None:
        """Make the system call, which Linux itself refuses."""
        self.system(*(ctypes.c_long(number) for number in (CALL, *arguments)))


def addresses(maps: str, library: str) -> tuple[int, int]:
    """Return first and last address + 1 of a library, from what /proc/self/maps says.

    Raises:
        RuntimeError: it is not loaded.
    """
    lines = [line.split()[0].split("-") for line in maps.splitlines() if line.endswith(library)]
    if not lines:
        raise RuntimeError(f"{library} is not loaded")
    return min(int(low, 16) for low, _ in lines), max(int(high, 16) for _, high in lines)


def count(counter: Counter, workload: Workload) -> int:
    """Return how many instructions one call of a workload executes, after one that packs its weights."""
    call = KINDS[workload.kind](*workload.sizes)
    call()
    return counter.count(call)


def table(workloads: list[Workload], sets: list[str]) -> Table:
    """Count each workload on each instruction set of this machine."""
    package: Any = import_module(f"qframe_{ENGINE}")
    kernels: Any = import_module(f"qframe_{ENGINE}._kernels")
    counter, native, rows = Counter(kernels.__file__), package.engine.native, []
    for workload in workloads:
        counts = []
        for isa in sets:
            native.lib.qf_select(isa.encode())
            counts.append(count(counter, workload))
        rows.append([workload.name, *cells(workload, counts)])
    return Table(
        f"Instructions of one call, engine {ENGINE}, one thread", ("operation", *headings(sets)), rows
    )


def headings(sets: list[str]) -> list[str]:
    """Two columns for each set."""
    return [heading for isa in sets for heading in (f"{isa}, thousands", "products each")]


def cells(workload: Workload, counts: list[int]) -> list[str]:
    """Instructions, and how many multiplications each stands for, where it is a matter of such."""
    per = [f"{workload.products / number:.2f}" if workload.products else "" for number in counts]
    return [
        cell for number, ratio in zip(counts, per, strict=True) for cell in (f"{number / 1000:.1f}", ratio)
    ]


def main() -> None:
    """Count what the command line asks for, on all sets of this machine."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", default=[], help="operations whose names contain one of these")
    parser.add_argument("--isa", nargs="+", help="instruction sets (default: all of this machine)")
    arguments = parser.parse_args()
    qframe.set_num_threads(1)
    with qframe.use_engine(ENGINE):
        sets = arguments.isa or import_module(f"qframe_{ENGINE}").engine.available()
        show(table(selected(OPERATIONS, arguments.only), sets))


if __name__ == "__main__":
    main()
