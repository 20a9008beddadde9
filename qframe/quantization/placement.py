"""What is decided about a module before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..nn.module import Module


class _Unset:
    """Says that nothing, not even None, was decided about a module."""


UNSET: Any = _Unset()


@dataclass(frozen=True, eq=False)
class Placement:
    """What was decided about one module at one path.

    Attributes:
        path: from the root, ``""`` for the root itself.
        module: at this path.
        qconfig: what it passes on to its children: a qconfig, None to switch off, or UNSET.
        listed: its type is in the white list, so that the qconfig is stored on it.
        inside: the path of the fused container with a qconfig that it is a part of, or None.
    """

    path: str
    module: Module
    qconfig: Any
    listed: bool
    inside: str | None

    @property
    def wanted(self) -> bool:
        """Whether a qconfig reaches the module, on whose type it may be lost."""
        return self.qconfig is not UNSET and self.qconfig is not None

    @property
    def active(self) -> bool:
        """Whether the module is to be quantized for itself."""
        return self.listed and self.inside is None and self.wanted
