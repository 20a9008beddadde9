"""Which instruction set runs: the best that the CPU has, or the one that ``QFRAME_ISA`` names."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from ._kernels import ffi, lib

#: Every instruction set that this engine knows, best last, with a name for people.
TITLES = {
    "portable": "portable C",
    "avx2": "AVX2",
    "avxvnni": "AVX-VNNI",
    "avx512": "AVX-512",
    "avx512vnni": "AVX-512 VNNI",
    "avx512vbmi": "AVX-512 VNNI and VBMI",
}


def _text(pointer: Any) -> str | None:
    return None if pointer == ffi.NULL else ffi.string(pointer).decode()


@lru_cache(maxsize=1)
def _select() -> tuple[str, str | None]:
    """Choose once for the process; return the name and, if it cannot run, the reason."""
    wanted = os.environ.get("QFRAME_ISA") or _text(lib.qf_best_isa()) or "portable"
    if wanted not in TITLES:
        return wanted, f"QFRAME_ISA={wanted} is none of {', '.join(TITLES)}"
    missing = _text(lib.qf_select(wanted.encode()))
    if missing is None:
        return wanted, None
    if missing == "unknown to this build":
        return wanted, f"QFRAME_ISA={wanted} is not part of this build, which has portable C only"
    best = _text(lib.qf_best_isa())
    return wanted, f"QFRAME_ISA={wanted} needs what this CPU lacks: {missing} (the best it can run: {best})"


def chosen() -> str:
    """Return the name of the instruction set in use, or of the one that was asked for in vain."""
    return _select()[0]


def why_not() -> str | None:
    """Return None, or the reason why the engine cannot run."""
    return _select()[1]


def available() -> list[str]:
    """Return the instruction sets that this machine and this build can run, best last."""
    return [name for name in TITLES if _text(lib.qf_missing(name.encode())) == ""]


def info() -> dict[str, Any]:
    """Describe what runs here.

    Returns:
        ``isa`` in use, ``available`` ones, ``cpu_flags`` that matter, number of ``threads``, and the
        ``build``: "native", "portable", or "emulated" in test builds.
    """
    from .threads import get_num_threads

    flags = _text(lib.qf_cpu_flags()) or ""
    return {
        "isa": chosen(),
        "available": available(),
        "cpu_flags": [flag for flag in flags.split(", ") if flag],
        "threads": get_num_threads(),
        "build": _text(lib.qf_build()),
    }
