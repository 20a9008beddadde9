"""An engine whose kernels are a compiled library: its hooks, and the instruction set that it runs on."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..plugin import Engine, Kernel, hookimpl
from .kernels import kernel_table
from .library import NativeLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator


class NativeEngine:
    """What a C plugin on this package is, but for its kernels; its hooks are methods of this.

    Args:
        name: of the engine.
        ffi, lib: of the extension module that cffi has built.
        priority: where it runs kernels for particular instruction sets.
        portable_priority: where it runs portable C.
    """

    def __init__(
        self, name: str, ffi: Any, lib: Any, *, priority: int = 100, portable_priority: int = 10
    ) -> None:
        self.name, self.native = name, NativeLibrary(ffi, lib)
        self._priorities = priority, portable_priority

    @hookimpl
    def qframe_engines(self) -> Engine:
        """Describe the engine: strong where it has vector kernels, modest where it is portable C."""
        isa = self.isa
        return Engine(
            self.name,
            api=1,
            priority=self._priorities[isa == "portable"],
            probe=self.why_not,
            summary=self.titles.get(isa, isa),
            set_num_threads=self.set_num_threads,
        )

    @hookimpl
    def qframe_kernel(self, engine: str, op: str) -> Kernel | None:
        """Return the kernel of ``op``; other engines' questions are passed on."""
        return self.kernels.get(op) if engine == self.name else None

    @cached_property
    def kernels(self) -> dict[str, Kernel]:
        """The kernel of each op."""
        return kernel_table(self.native)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Every instruction set that this engine knows, best last, with a name for people."""
        return dict(self._titles())

    def _titles(self) -> Iterator[tuple[str, str]]:
        native, number = self.native, 0
        while (name := native.text(native.lib.qf_isa_name(number))) is not None:
            yield name, str(native.text(native.lib.qf_isa_title(number)))
            number += 1

    @property
    def isa(self) -> str:
        """The instruction set in use, or the one that ``QFRAME_ISA`` asks for in vain."""
        return self._selected[0]

    def why_not(self) -> str | None:
        """Return None, or the reason why the engine cannot run."""
        return self._selected[1]

    @cached_property
    def _selected(self) -> tuple[str, str | None]:
        """Choose once for the process; the name and, if it cannot run, the reason."""
        native = self.native
        best = str(native.text(native.lib.qf_best_isa()))
        wanted = os.environ.get("QFRAME_ISA") or best
        if wanted not in self.titles:
            return wanted, f"QFRAME_ISA={wanted} is none of {', '.join(self.titles)}"
        if self._missing(wanted) is None:
            built = ", ".join(name for name in self.titles if self._missing(name) is not None)
            return wanted, f"QFRAME_ISA={wanted} is not part of this build, which has {built}"
        missing = native.text(native.lib.qf_select(wanted.encode()))
        if missing is None:
            return wanted, None
        return (
            wanted,
            f"QFRAME_ISA={wanted} needs what this CPU lacks: {missing} (the best it can run: {best})",
        )

    def available(self) -> list[str]:
        """Return the instruction sets that this machine and this build can run, best last."""
        return [name for name in self.titles if self._missing(name) == ""]

    def _missing(self, name: str) -> str | None:
        """Say what this CPU lacks for an instruction set; None if it is not part of the build."""
        return self.native.text(self.native.lib.qf_missing(name.encode()))

    def info(self) -> dict[str, Any]:
        """Describe what runs here.

        Returns:
            ``isa`` in use, ``available`` ones, ``cpu_flags`` that matter, number of ``threads``, and the
            ``build``: "native", "portable", or "emulated" in test builds.
        """
        native = self.native
        flags = native.text(native.lib.qf_cpu_flags()) or ""
        return {
            "isa": self.isa,
            "available": self.available(),
            "cpu_flags": [flag for flag in flags.split(", ") if flag],
            "threads": self.get_num_threads(),
            "build": native.text(native.lib.qf_build()),
        }

    def set_num_threads(self, threads: int) -> None:
        """Let kernels use up to ``threads`` threads, the calling one included (1..256)."""
        self.native.lib.qf_set_threads(threads)

    def get_num_threads(self) -> int:
        """Return how many threads kernels may use."""
        return int(self.native.lib.qf_get_threads())
