"""The machine's peak: as many products of bytes as the CPU can sum up, measured by a loop in C.

A peer like the others, so that its turns meet the same load and the same clock.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

from ..workloads import Workload
from . import Prepared, Setting

SOURCE = Path(__file__).with_name("peak.c")
#: Products in one call.
PRODUCTS = 1 << 30


class Peak:
    """The fastest loop of the instruction set, on so many threads; honours ``QFRAME_ISA``.

    Raises:
        ImportError: no GCC, or no loop for this CPU.
    """

    def __init__(self, setting: Setting) -> None:
        self.threads = setting.threads
        self.library = ctypes.CDLL(str(compiled(setting.folder)))
        self.isa = os.environ.get("QFRAME_ISA") or self.best()
        self.title = f"peak of {self.isa}"
        if self.run(1):
            raise ImportError(f"there is no loop for {self.isa} on this CPU")

    def best(self) -> str:
        """Return the best instruction set of this CPU."""
        self.library.qf_peak_isa.restype = ctypes.c_char_p
        name: bytes = self.library.qf_peak_isa()
        return name.decode()

    def run(self, products: int) -> int:
        """Sum up at least so many products; return 0, or 1 where the CPU cannot."""
        return int(self.library.qf_peak(self.isa.encode(), self.threads, ctypes.c_long(products)))

    def prepare(self, workload: Workload) -> Prepared:
        """Return the loop, the same beside every workload."""
        return Prepared(lambda: self.run(PRODUCTS))


def compiled(folder: Path) -> Path:
    """Return the library, compiled by the first that asks.

    Raises:
        ImportError: GCC is missing or fails.
    """
    library = folder / "peak.so"
    if not library.exists():
        compiler = shutil.which("gcc")
        if compiler is None:
            raise ImportError("the peak's loop in C needs gcc")
        draft = folder / f"peak.{os.getpid()}.so"
        command = [compiler, "-O2", "-shared", "-fPIC", "-pthread", str(SOURCE), "-o", str(draft)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ImportError(f"gcc cannot compile {SOURCE.name}: {done.stderr.strip()}")
        draft.rename(library)
    return library


peer = Peak
