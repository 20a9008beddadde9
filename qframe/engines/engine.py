"""The descriptor by which a plugin makes an engine known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: The name of the pluggy project and of the entry-point group.
PROJECT = "qframe"
#: The contract version of this core; raised when the meaning of a hook, op or packed call changes.
API = 1
#: The name of the pluggy project and of the entry-point group.
PROJECT = "qframe"
#: The contract versions that this core still understands.
SUPPORTED_API = range(1, API + 1)

#: A callable that runs one op on one engine, with the arguments of the op's contract.
Kernel = Callable[..., Any]


def _always_usable() -> str | None:
    return None


@dataclass(frozen=True)
class Engine:
    """A named family of kernels.

    Attributes:
        name: how users select it, e.g. ``"fbgemm"``.
        api: the contract version that the plugin was written for (``qframe.plugin.API`` then).
        priority: the usable engine with the highest is chosen automatically.  0 is the reference,
            1–49 portable C, 100 native SIMD, more for special hardware.
        probe: returns None, or the reason why the engine cannot run on this machine.
        fallback: the engine that runs the ops which this one lacks, or None.
        reduce_range: activations want 7 bits; the default for dynamic quantization.
        per_channel: whether weights with a scale for each channel are accepted.
        summary: one line for people, e.g. ``"AVX-512 VNNI"``.
        set_num_threads: takes the number of threads that kernels may use, the calling one included;
            called before the first kernel and at each change.  None: the engine has no threads of its own.
    """

    name: str
    api: int
    priority: int
    probe: Callable[[], str | None] = _always_usable
    fallback: str | None = "reference"
    reduce_range: bool = False
    per_channel: bool = True
    summary: str = ""
    set_num_threads: Callable[[int], None] | None = None
