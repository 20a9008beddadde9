"""Types are compared exactly where one module replaces another: a subclass may compute something else."""

from __future__ import annotations

from typing import Any

from ..errors import ConfigurationError


def type_name(kind: type) -> str:
    """Return the name of a class with its package, for messages."""
    return f"{kind.__module__}.{kind.__qualname__}"


def require_exact_type(target: type, module: Any, wanted: type) -> None:
    """Raise unless ``module``, from which a ``target`` is made, is a ``wanted`` and no subclass of it.

    Raises:
        ConfigurationError: of another type; a subclass may compute something else than its base.
    """
    if type(module) is wanted:
        return
    if isinstance(module, wanted):
        fix = "A subclass may compute something else: map it to a class of its own"
    else:
        fix = f"Give a {type_name(wanted)}"
    raise ConfigurationError(
        f"{type_name(target)}.from_float takes exactly a {type_name(wanted)}, "
        f"got a {type_name(type(module))}",
        fix=fix,
    )
