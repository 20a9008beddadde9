"""The table of a module's submodules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .module import Module

_MISSING: Any = object()


class Submodules(dict[str, "Module | None"]):
    """Submodules by name, each of which is an attribute of the module that has them as well.

    ``model.conv`` finds them there at once; ``__getattr__`` is slow, since Python asks it only after an
    exception.

    Args:
        attributes: the ``__dict__`` of the module.
        entries: what is in the table at first.
    """

    def __init__(
        self, attributes: dict[str, Any], entries: Mapping[str, Module | None] | Iterable[Any] = ()
    ) -> None:
        super().__init__(entries)
        self._attributes = attributes
        attributes.update(self)

    def __setitem__(self, name: str, module: Module | None) -> None:
        super().__setitem__(name, module)
        self._attributes[name] = module

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._attributes.pop(name, None)

    def setdefault(self, name: str, default: Any = None) -> Module | None:
        """Return the submodule of that name, ``default`` if there was none, which is then entered."""
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, *entries: Any, **named: Any) -> None:
        """Enter submodules, as ``dict.update``."""
        for name, module in dict(*entries, **named).items():
            self[name] = module

    def __ior__(self, entries: Any) -> Any:  # type: ignore[misc]
        self.update(entries)
        return self

    def pop(self, name: str, default: Any = _MISSING) -> Any:
        """Remove and return a submodule.

        Raises:
            KeyError: there is none of that name, and no ``default``.
        """
        if name not in self and default is not _MISSING:
            return default
        module = self[name]
        del self[name]
        return module

    def popitem(self) -> tuple[str, Module | None]:
        """Remove and return the last one and its name."""
        name = next(reversed(self), _MISSING)
        if name is _MISSING:
            raise KeyError("popitem(): there are no submodules")
        return name, self.pop(name)

    def clear(self) -> None:
        """Remove all."""
        for name in list(self):
            del self[name]
