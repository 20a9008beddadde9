"""Walking over the tree of modules, parameters and buffers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..errors import ArgumentError, near_names

if TYPE_CHECKING:
    from .module import Module

Array = np.ndarray[Any, Any]
Self = TypeVar("Self", bound="Traversal")


class Traversal:
    """The part of :class:`~qframe.nn.Module` that lists what is in the tree.

    Every listing is in order of registration and names each object once, under its first path.
    """

    _parameters: dict[str, Array | None]
    _buffers: dict[str, Any]
    _modules: dict[str, Module | None]

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield (path, module) for this module (path ``""``) and all below it.

        Args:
            memo: modules that were met already; they and their children are passed over.
            prefix: path of this module, put before all others.
            remove_duplicate: yield a module that is used twice only once.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self  # type: ignore[misc]
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(memo, _join(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all below it."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield (name, module) for the immediate children."""
        return _once(self._modules.items())

    def children(self) -> Iterator[Module]:
        """Yield the immediate children."""
        for _, child in self.named_children():
            yield child

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Array]]:
        """Yield (path, array) for the parameters, of this module alone unless ``recurse``."""
        return _once(self._entries("_parameters", prefix, recurse))

    def parameters(self, recurse: bool = True) -> Iterator[Array]:
        """Yield the parameter arrays."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Any]]:
        """Yield (path, array) for the buffers, of this module alone unless ``recurse``."""
        return _once(self._entries("_buffers", prefix, recurse))

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """Yield the buffers."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def _entries(self, table: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        places = self.named_modules(prefix=prefix) if recurse else [(prefix, self)]
        for path, module in places:
            for name, value in getattr(module, table).items():
                yield _join(path, name), value

    def get_submodule(self, target: str) -> Module:
        """Return the module at a dotted path; ``""`` is this module.

        Raises:
            ArgumentError: there is none; the text lists similar paths.
        """
        found: Any = self
        for name in target.split(".") if target else ():
            found = found._modules.get(name)
            if found is None:
                raise ArgumentError(
                    f"{type(self).__name__} has no submodule {target!r}", fix=self._advise(target)
                )
        return found

    def _advise(self, target: str) -> str:
        paths = [path for path, _ in self.named_modules(remove_duplicate=False) if path]
        near = near_names(target, paths, likeness=0.5) or paths[:8]
        if not near:
            return "It has no submodules at all"
        return "Near names: " + ", ".join(map(repr, near))

    def apply(self: Self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn`` on every module of the tree, children first, and return this module."""
        for child in self.children():
            child.apply(fn)
        fn(self)  # type: ignore[arg-type]
        return self


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _once(entries: Any) -> Iterator[tuple[str, Any]]:
    """Pass on the entries that are not None, each object once."""
    seen = set()
    for name, value in entries:
        if value is not None and id(value) not in seen:
            seen.add(id(value))
            yield name, value
