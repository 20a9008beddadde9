"""Modules that hold other modules."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, overload

from ..errors import ArgumentError
from .module import Module


class Identity(Module):
    """Returns its input; arguments of the constructor are ignored (mirrors ``torch.nn.Identity``)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """Return ``input``."""
        return input


class _Numbered(Module):
    """What Sequential and ModuleList share: access by position."""

    _modules: dict[str, Module | None]

    def _key(self, index: int) -> str:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range for {type(self).__name__} of length {len(self)}")
        return list(self._modules)[index]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._key(index), module)

    def __delitem__(self, index: int | slice) -> None:
        keys = list(self._modules)[index] if isinstance(index, slice) else [self._key(index)]
        for key in keys:
            del self._modules[key]
        if all(map(str.isdigit, self._modules)):
            modules = list(self._modules.values())
            self._modules.clear()
            self._modules.update((str(i), module) for i, module in enumerate(modules))

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())


class Sequential(_Numbered):
    """Runs its modules one after the other (mirrors ``torch.nn.Sequential``).

    Args:
        args: modules, named "0", "1", ..., or one dict from name to module.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        only = args[0] if len(args) == 1 else None
        entries = only.items() if isinstance(only, Mapping) else enumerate(args)
        for name, module in entries:
            self.add_module(str(name), module)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Any:
        """Return a module, or for a slice a Sequential of the same modules under the same names."""
        if isinstance(index, slice):
            return Sequential(dict(list(self._modules.items())[index]))
        return self._modules[self._key(index)]

    def append(self, module: Module) -> Sequential:
        """Add ``module`` at the end; return this container."""
        self.add_module(str(len(self)), module)
        return self

    def forward(self, input: Any) -> Any:
        """Pass ``input`` through all modules."""
        for module in self:
            input = module(input)
        return input


class ModuleList(_Numbered):
    """A list of modules, which become submodules "0", "1", ... (mirrors ``torch.nn.ModuleList``)."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: int | slice) -> Any:
        """Return a module, or for a slice a new ModuleList."""
        if isinstance(index, slice):
            return ModuleList(list(self)[index])
        return self._modules[self._key(index)]

    def append(self, module: Module) -> ModuleList:
        """Add ``module`` at the end; return this list."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Add all ``modules`` at the end; return this list."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> None:
        """Put ``module`` before position ``index``."""
        modules = list(self)
        modules.insert(index, self._checked_module(str(index), module))
        self._modules.update((str(i), module) for i, module in enumerate(modules))

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)


class ModuleDict(Module):
    """Modules by name (mirrors ``torch.nn.ModuleDict``).

    Args:
        modules: a mapping, or pairs of name and module.
    """

    _modules: dict[str, Module | None]

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        self.update(modules or ())

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._modules.keys()

    def values(self) -> ValuesView[Any]:
        """Return the modules."""
        return self._modules.values()

    def items(self) -> ItemsView[str, Any]:
        """Return pairs of name and module."""
        return self._modules.items()

    def pop(self, key: str) -> Any:
        """Remove the module ``key`` and return it."""
        return self._modules.pop(key)

    def clear(self) -> None:
        """Remove all modules."""
        self._modules.clear()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules from a mapping or from pairs, replacing those of the same name.

        Raises:
            ArgumentError: an entry is no pair.
        """
        entries = list(modules.items() if isinstance(modules, Mapping) else modules)
        for entry in entries:
            if not (isinstance(entry, tuple) and len(entry) == 2):
                raise ArgumentError(
                    f"ModuleDict takes pairs of name and module, got {entry!r:.60}",
                    fix="Give a dict, or a list of (name, module)",
                )
        for key, module in entries:
            self[key] = module
