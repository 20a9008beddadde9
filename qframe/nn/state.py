"""state_dict: saving all parameters and buffers by path, and loading them in two phases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import DTypeError, StateDictError, near_names
from ..ops.checks import describe
from ..qtensor import QTensor

if TYPE_CHECKING:
    from .module import Module

Array = np.ndarray[Any, Any]
State = dict[str, Any]


class LoadResult(NamedTuple):
    """What :meth:`qframe.nn.Module.load_state_dict` left out: empty lists unless ``strict=False``."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class StateCheck:
    """Collects everything that is wrong with a state before any module is changed.

    Attributes:
        state: the entries, by full path, after old layouts were rewritten.
        missing: paths that a module asked for in vain.
        problems: sentences about entries that cannot be loaded, strict or not.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.missing: list[str] = []
        self.problems: list[str] = []
        self._missing_notes: list[str] = []
        self._known: set[str] = set()

    def expect(self, key: str, note: str = "") -> bool:
        """Say that a module loads ``key``; return whether it is there, else note it as missing.

        Args:
            note: what should be there, for the message, e.g. ``"Linear, shape (3, 4)"``.
        """
        self._known.add(key)
        if key in self.state:
            return True
        self.missing.append(key)
        self._missing_notes.append(f"{key} ({note})" if note else key)
        return False

    def allow(self, key: str) -> bool:
        """As :meth:`expect`, but the entry may be absent."""
        self._known.add(key)
        return key in self.state

    def reject(self, key: str, why: str) -> None:
        """Note that the entry ``key`` cannot be loaded, e.g. ``"has shape (3,), needs (4,)"``."""
        self.problems.append(f"{key} {why}")

    def expect_array(self, key: str, like: Any, owner: Any, *, any_shape: bool = False) -> bool:
        """Check that ``key`` is there and fits the array (or QTensor) ``like`` of the module ``owner``.

        Args:
            any_shape: only the dtype must fit.

        Returns:
            Whether it can be loaded.
        """
        name = type(owner).__name__
        if not self.expect(key, f"{name}, {like.dtype} of shape {like.shape}"):
            return False
        complaint = misfit(self.state[key], like, any_shape)
        if complaint:
            self.reject(key, f"{complaint} of {name}")
        return not complaint

    @property
    def unexpected(self) -> list[str]:
        """Paths that no module asked for."""
        return [key for key in self.state if key not in self._known]

    def raise_if_wrong(self, name: str, strict: bool) -> None:
        """Raise StateDictError with all that was found."""
        lines = list(self.problems)
        if strict:
            lines += [f"missing: {note}" for note in self._missing_notes]
            lines += [f"unexpected: {key}{self._near(key)}" for key in self.unexpected]
        if lines:
            count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
            what = f"the state_dict does not fit {name} ({count}; nothing was loaded):"
            raise StateDictError("\n  ".join([what, *lines]), fix=self._fix(strict))

    def _near(self, key: str) -> str:
        near = near_names(key, self.missing, 1, 0.8)
        return f" (is it {near[0]}?)" if near else ""

    def _fix(self, strict: bool) -> str:
        odd = self.unexpected
        if odd and all(key.startswith("module.") for key in odd):
            return "Remove the prefix 'module.' from all keys"
        if any(_from_quantized(key) for key in odd):
            return "It comes from a prepared or quantized model: prepare or convert this model likewise first"
        if any(isinstance(value, QTensor) for value in self.state.values()):
            return "It holds quantized tensors: convert this model likewise first"
        advice = "Build the model with the arguments of the saved one"
        if strict and not self.problems:
            advice += ", or give strict=False to pass over missing and unexpected keys"
        return advice


def misfit(value: Any, like: Any, any_shape: bool = False) -> str | None:
    """Return why ``value`` cannot be copied into the array ``like``, or None if it can."""
    needs = f"needs {like.dtype} of shape {like.shape}, as the entry"
    if isinstance(like, QTensor):
        same = isinstance(value, QTensor) and value.dtype is like.dtype
        return (
            None if same and (any_shape or value.shape == like.shape) else f"is {describe(value)}; it {needs}"
        )
    if isinstance(value, QTensor):
        return f"is {describe(value)}; it {needs}"
    try:
        array = np.asarray(value)
    except Exception as error:  # np.asarray calls the __array__ of any foreign type
        return f"cannot be made an array ({error}); it {needs}"
    if not np.can_cast(array.dtype, like.dtype, "same_kind"):
        return f"is {array.dtype} of shape {array.shape}; it {needs}"
    if not any_shape and array.shape != like.shape:
        return f"has shape {array.shape}; it {needs}"
    return None


def _from_quantized(key: str) -> bool:
    last = key.rpartition(".")[2]
    return last in ("scale", "zero_point") or "_packed_params" in key or "activation_post_process" in key


class StateDict:
    """The part of :class:`~qframe.nn.Module` that saves and loads.

    Four methods may be overridden; each sees one module and the ``prefix`` of its entries
    (``""`` or a path that ends in a dot), and leaves its children to themselves:

    * ``_save_to_state_dict(destination, prefix)`` writes the entries;
    * ``_upgrade_state_dict(state, prefix)`` rewrites entries of older layouts, parents first;
    * ``_check_state_dict(check, prefix)`` says which entries it loads and what is wrong with them;
    * ``_load_from_state_dict(state, prefix)`` stores those that are there.  It runs only after
      every module of the tree was content, and must not fail.
    """

    _parameters: dict[str, Array | None]
    _buffers: dict[str, Any]
    _modules: dict[str, Module | None]
    _non_persistent_buffers: set[str]

    def state_dict(self, destination: State | None = None, prefix: str = "") -> State:
        """Return a flat dict from path to array; the arrays themselves, not copies.

        The paths are PyTorch's.  Parameters and persistent buffers that are None are left out.

        Args:
            destination: dict to write into, by default a new one.
            prefix: put before every path.
        """
        destination = {} if destination is None else destination
        for place, module in _places(self, prefix):
            module._save_to_state_dict(destination, place)
        return destination

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Copy the values of ``state_dict`` into parameters and buffers.

        Args:
            state_dict: from path to anything that ``numpy.asarray`` takes (a PyTorch state_dict works).
            strict: missing and unexpected keys are errors.

        Returns:
            (missing_keys, unexpected_keys).

        Raises:
            StateDictError: lists every missing and unexpected key (if strict) and every entry of the
                wrong shape or dtype.  Nothing was changed.
            DTypeError: ``state_dict`` is no mapping.
        """
        if not isinstance(state_dict, Mapping):
            raise DTypeError(
                f"load_state_dict got {describe(state_dict)}; it needs a mapping from paths to arrays",
                fix="Give the result of state_dict(), or dict(numpy.load(file))",
            )
        state = dict(state_dict)
        places = list(_places(self))
        for prefix, module in places:
            module._upgrade_state_dict(state, prefix)
        check = StateCheck(state)
        for prefix, module in places:
            module._check_state_dict(check, prefix)
        check.raise_if_wrong(type(self).__name__, strict)
        for prefix, module in places:
            module._load_from_state_dict(state, prefix)
        return LoadResult(check.missing, check.unexpected)

    def _save_to_state_dict(self, destination: State, prefix: str) -> None:
        """Write this module's own parameters and persistent buffers to ``destination``."""
        for name, value in self._saved():
            destination[prefix + name] = value

    def _upgrade_state_dict(self, state: State, prefix: str) -> None:
        """Rewrite, in the private copy ``state``, entries that older versions wrote differently."""

    def _check_state_dict(self, check: StateCheck, prefix: str) -> None:
        """Tell ``check`` which entries this module loads and whether they fit."""
        for name, value in self._saved():
            check.expect_array(prefix + name, value, self)

    def _load_from_state_dict(self, state: State, prefix: str) -> None:
        """Copy the entries that are in ``state`` into this module's own arrays."""
        for name, value in self._saved():
            if prefix + name in state:
                self._copy_entry(name, value, state[prefix + name])

    def _copy_entry(self, name: str, old: Any, new: Any) -> None:
        table = self._parameters if name in self._parameters else self._buffers
        if isinstance(old, QTensor):
            table[name] = new.clone()
        elif old.flags.writeable:
            np.copyto(old, np.asarray(new), casting="same_kind")
        else:
            table[name] = np.array(new, dtype=old.dtype)

    def _saved(self) -> Iterator[tuple[str, Any]]:
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield name, parameter
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers:
                yield name, buffer


def _places(module: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (prefix, module) for the tree, a module that is used twice at each of its places."""
    yield prefix, module
    for name, child in module._modules.items():
        if child is not None:
            yield from _places(child, f"{prefix}{name}.")
