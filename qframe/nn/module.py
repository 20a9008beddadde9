"""Module: the base class of all neural-network modules."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from ..autograd.tracing import is_traced
from ..errors import ArgumentError, DTypeError, QFrameError
from ..ops.checks import describe
from ..qtensor import QTensor
from .hooks import Hook, HookHandle, HookTable, register
from .parameter import DETACH, Parameter, parameter_array
from .state import StateDict
from .submodules import Submodules
from .traversal import Array, Traversal

Self = TypeVar("Self", bound="Module")

_TABLES = ("_parameters", "_buffers", "_modules")


class Module(Traversal, StateDict):
    """Base class of modules: parameters, buffers, submodules and hooks (mirrors ``torch.nn.Module``).

    A subclass calls ``super().__init__()``, assigns its parts and defines ``forward``.  Assigning
    sorts by type: ``Parameter`` and ``Module`` go to the tables of parameters and submodules, an
    array goes to the parameter or buffer of that name if there is one.  Parameters are plain
    float32 arrays.

    A :class:`~qframe.errors.QFrameError` raised in ``forward`` is given the path of the module.

    Attributes:
        training: True after construction and :meth:`train`, False after :meth:`eval`.
    """

    training: bool

    def __init__(self) -> None:
        self.training = True
        self._parameters = {}
        self._buffers = {}
        self._modules = Submodules(self.__dict__)
        self._non_persistent_buffers = set()
        self._forward_pre_hooks: HookTable = {}
        self._forward_hooks: HookTable = {}

    # -- calling ---------------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every subclass that is called defines it."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the pre-hooks, :meth:`forward` and the hooks."""
        try:
            if not (self._forward_pre_hooks or self._forward_hooks):
                return self.forward(*args, **kwargs)
            return self._call_with_hooks(args, kwargs)
        except QFrameError as error:
            error.enter(self)
            raise

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook in list(self._forward_pre_hooks.values()):
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        output = self.forward(*args, **kwargs)
        for hook in list(self._forward_hooks.values()):
            changed = hook(self, args, output)
            if changed is not None:
                output = changed
        return output

    def register_forward_pre_hook(self, hook: Hook, *, prepend: bool = False) -> HookHandle:
        """Call ``hook(module, args)`` before each forward.

        Args:
            hook: may return a replacement for the positional arguments: a tuple, or the only one.
            prepend: run before the hooks that are there already, not after them.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        return register(self._forward_pre_hooks, hook, prepend)

    def register_forward_hook(self, hook: Hook, *, prepend: bool = False) -> HookHandle:
        """Call ``hook(module, args, output)`` after each forward.

        Args:
            hook: may return a replacement for the output.
            prepend: run before the hooks that are there already, not after them.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        return register(self._forward_hooks, hook, prepend)

    # -- parts -----------------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | Array | None) -> None:
        """Add a parameter; None reserves the name, e.g. for a layer without bias.

        Raises:
            ArgumentError: the name is no valid one or taken.
            DTypeError: ``param`` is no float array.
        """
        self._check_name(name, "_parameters")
        if isinstance(param, Parameter):
            param = param.data
        self._parameters[name] = None if param is None else parameter_array(param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add an array that is part of the state but not learned.

        Args:
            tensor: an array of any dtype, a QTensor, or None.
            persistent: whether ``state_dict`` saves it.

        Raises:
            ArgumentError: the name is no valid one or taken.
            DTypeError: ``tensor`` is no array.
        """
        self._check_name(name, "_buffers")
        self._buffers[name] = _buffer_value(name, tensor)
        if persistent:
            self._non_persistent_buffers.discard(name)
        else:
            self._non_persistent_buffers.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule under ``name``; None reserves the name.

        Raises:
            ArgumentError: the name is no valid one or taken.
            DTypeError: ``module`` is no Module.
        """
        self._check_name(name, "_modules")
        self._modules[name] = self._checked_module(name, module)

    def _check_valid(self, name: str, table: str) -> None:
        if table not in self.__dict__:
            raise AttributeError(f"{type(self).__name__} assigns {name!r} before it calls super().__init__()")
        if not isinstance(name, str) or not name or "." in name:
            raise ArgumentError(
                f"{name!r} cannot name a part of {type(self).__name__}",
                fix="Give a non-empty string without dots",
            )

    def _check_name(self, name: str, table: str) -> None:
        self._check_valid(name, table)
        if hasattr(self, name) and name not in self.__dict__[table]:
            raise ArgumentError(
                f"{type(self).__name__} has an attribute {name!r} already", fix="Choose another name"
            )

    def _checked_module(self, name: str, module: Any) -> Module | None:
        if module is None or isinstance(module, Module):
            return module
        raise DTypeError(
            f"submodule {name!r} of {type(self).__name__} must be a Module or None, got {describe(module)}",
            fix="Assign a module, or delete the submodule first",
        )

    # -- attributes ------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for table in _TABLES:
            if name in own.get(table, ()):
                return own[table][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._move_in(name, "_parameters")
            self._parameters[name] = value.data
        elif isinstance(value, Module):
            self._move_in(name, "_modules")
            self._modules[name] = value
        elif not self._replace(name, value):
            object.__setattr__(self, name, value)

    def _move_in(self, name: str, table: str) -> None:
        """Make room for ``name`` in ``table``: it leaves every other place."""
        if name in self.__dict__.get(table, ()):
            return
        self._check_valid(name, table)
        if hasattr(type(self), name):
            raise ArgumentError(
                f"{type(self).__name__}.{name} is an attribute of the class and would hide the part {name!r}",
                fix="Choose another name, or remove it from the class",
            )
        for place in (*(self.__dict__[other] for other in _TABLES), self.__dict__):
            place.pop(name, None)

    def _replace(self, name: str, value: Any) -> bool:
        """Give an existing parameter, buffer or submodule a new value; return whether there is one."""
        table = next((t for t in _TABLES if name in self.__dict__.get(t, ())), None)
        if table == "_parameters":
            self._parameters[name] = None if value is None else parameter_array(value)
        elif table == "_buffers":
            self._buffers[name] = _buffer_value(name, value)
        elif table == "_modules":
            self._modules[name] = self._checked_module(name, value)
        return table is not None

    def __delattr__(self, name: str) -> None:
        for table in _TABLES:
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._non_persistent_buffers.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        parts = {name for table in _TABLES for name in self.__dict__.get(table, ())}
        return sorted(filter(str.isidentifier, parts.union(object.__dir__(self))))

    # -- copying ---------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name not in self._modules}
        return state | {"_modules": dict(self._modules)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._modules = Submodules(self.__dict__, state["_modules"])

    # -- mode and text ---------------------------------------------------------------------------

    def train(self: Self, mode: bool = True) -> Self:
        """Set training mode (evaluation mode if not ``mode``) in the whole tree; return this module."""
        if not isinstance(mode, bool):
            raise ArgumentError(f"train() takes True or False, got {mode!r}", fix="Call train() or eval()")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self: Self) -> Self:
        """Set evaluation mode in the whole tree; return this module."""
        return self.train(False)

    def _get_name(self) -> str:
        """Return the name that ``repr`` starts with."""
        return type(self).__name__

    def extra_repr(self) -> str:
        """Return what ``repr`` shows beside the submodules, e.g. the constructor's arguments."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        if len(lines) <= 1 and not self._modules:
            return f"{self._get_name()}({extra})"
        lines += [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self._modules.items()]
        return "\n  ".join([f"{self._get_name()}(", *lines]) + "\n)"


def _buffer_value(name: str, value: Any) -> Any:
    if value is None or isinstance(value, (np.ndarray, QTensor)):
        return value
    if isinstance(value, np.generic):  # NumPy makes scalars of 0-d arrays in arithmetic
        return np.asarray(value)
    raise DTypeError(
        f"buffer {name!r} must be an array, a quantized tensor or None, got {describe(value)}",
        fix=DETACH if is_traced(value) else "Wrap it with numpy.asarray",
    )
