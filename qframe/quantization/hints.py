"""Hints at modules that stay in float because types are compared exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..nn.containers import Sequential
from ..nn.module import Module
from .mappings import DEFAULT_DYNAMIC_MODULE_MAPPING, DEFAULT_MODULE_MAPPING, DEFAULT_QAT_MODULE_MAPPING
from .placement import Placement

#: Path, type, and the type that it is a subclass of.
Skipped = tuple[str, type, type]


def skipped_subclasses(placements: Sequence[Placement], supported: Iterable[type[Module]]) -> list[Skipped]:
    """Return the modules that would have been given a qconfig if their type were that of a base class."""
    kinds = list(supported)
    found = ((p.path, type(p.module), base_in(p.module, kinds)) for p in placements if _left_out(p))
    return [(path, kind, base) for path, kind, base in found if base is not None]


def _left_out(placement: Placement) -> bool:
    own = "qconfig" in vars(placement.module)
    return placement.wanted and not (placement.listed or own or placement.inside)


def base_in(module: Module, kinds: Iterable[type[Module]]) -> type | None:
    """Return the type in ``kinds`` that the type of ``module`` is derived from, without being in it."""
    kinds, kind = list(kinds), type(module)
    if kind in kinds or kind in _QUANTIZED:
        return None
    return next((base for base in kind.__mro__[1:] if base in kinds and base is not Sequential), None)


def subclass_hint(skipped: Sequence[Skipped]) -> str:
    """Return the text of the warning."""
    places = ", ".join(
        f"{place(path)} ({kind.__name__}, from {base.__name__})" for path, kind, base in skipped
    )
    name = skipped[0][1].__name__
    return (
        f"left in float: {places}. Types are compared exactly, since a subclass may compute something else. "
        "To quantize it too, set its attribute qconfig and convert with mapping={**DEFAULT_MODULE_MAPPING, "
        f"{name}: ...}}, with a class that has from_float"
    )


def place(path: str) -> str:
    """Return how the module at ``path`` is called in messages."""
    return f"'{path}'" if path else "the model itself"


_QUANTIZED = {
    *DEFAULT_MODULE_MAPPING.values(),
    *DEFAULT_DYNAMIC_MODULE_MAPPING.values(),
    *DEFAULT_QAT_MODULE_MAPPING.values(),
}
