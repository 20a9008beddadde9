"""What a file says about the module that it was saved from, and how another module differs from that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import StateDictError
from ..nn.module import Module

#: Name of the kind of module, by path.
Structure = dict[str, str]

_SHOWN = 8


def structure_of(module: Module) -> Structure:
    """Return what kind of module stands at each path: qframe's as they print, others by import path."""
    return {path: _kind(part) for path, part in module.named_modules(remove_duplicate=False)}


def _kind(module: Module) -> str:
    """A name that stays when qframe moves a class to another file; those of other packages have dots."""
    where = type(module)
    if where.__module__.split(".")[0] == "qframe":
        return module._get_name()
    return f"{where.__module__}.{where.__qualname__}"


def check_structure(path: Any, saved: Structure, module: Module, state: Iterable[str]) -> None:
    """Refuse a state whose entries come from modules of qframe that are other ones in ``module``.

    Their entries may have the same names and shapes, as those of ConvReLU2d and Conv2d, and would load
    into a model that computes something else.

    Raises:
        StateDictError: names the first places where they differ.
    """
    here = structure_of(module)
    owners = dict.fromkeys(entry.rpartition(".")[0] for entry in state)
    different = [
        f"'{owner}' was a {saved[owner]}, here it is a {here[owner]}"
        for owner in owners
        if owner in saved and owner in here and _differ(saved[owner], here[owner])
    ]
    if different:
        more = [f"and {len(different) - _SHOWN} more"] if len(different) > _SHOWN else []
        here_name = type(module).__name__
        what = f"'{path}' was saved from another model than this {here_name} (nothing was loaded):"
        raise StateDictError(
            "\n  ".join([what, *different[:_SHOWN], *more]),
            fix="Fuse, prepare and convert this model as the saved one was, "
            "or give strict=False to look at names and shapes only",
        )


def _differ(one: str, other: str) -> bool:
    return one != other and "." not in one + other
