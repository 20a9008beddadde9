"""The record of a computation, and the way back through it.  Only this file imports ``autograd``."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import autograd
import numpy as np
from autograd.core import add_outgrads
from autograd.extend import Box, VJPNode, defvjp_argnums, primitive
from autograd.tracer import new_box, notrace_primitives, trace_stack
from autograd.util import toposort

from ..errors import GradientError
from .tracing import STATE, GradientFunction

Array = np.ndarray[Any, Any]

#: Where the code of the package lies.
LIBRARY = os.path.dirname(autograd.__file__)
#: One differentiation at a time: autograd counts its traces in one variable.
_LOCK = threading.RLock()
_primitives: dict[Callable[..., Any], Callable[..., Any]] = {}

STATE.types = Box.types
# glibc gives freed memory back to the system, and each step would fault it in again (measured: 40 % of its
# time).  Once a block of this size was freed, it keeps twice as much.  The block is never touched.
np.empty(31 << 20, np.uint8)


class Tape:
    """A context in which functions of traced arrays are recorded.

    Entering it in one thread waits until other threads have left theirs.

    Raises:
        NotImplementedError: entered inside of another one of the same thread.
    """

    def __init__(self, double: bool = False) -> None:
        self._double = double
        self._frozen: list[Array] = []
        self._pauses: list[Any] = []

    def __enter__(self) -> Tape:
        _LOCK.acquire()
        if STATE.tape is not None:
            _LOCK.release()
            raise NotImplementedError(
                "derivatives of derivatives are not supported: value_and_grad was called inside of a loss"
            )
        self._trace = trace_stack.new_trace()
        self._level = self._trace.__enter__()
        STATE.tape, STATE.thread, STATE.double = self, threading.get_ident(), self._double
        return self

    def __exit__(self, *exception: object) -> None:
        while self._pauses:
            self.resume()
        STATE.tape, STATE.thread, STATE.double = None, None, False
        self._trace.__exit__(None, None, None)
        thaw(self._frozen)
        _LOCK.release()

    def traced(self, array: Array) -> Any:
        """Return a traced array with the values of ``array``, which cannot be written until the end."""
        self._freeze(array)
        return new_box(array, self._level, VJPNode.new_root())

    def run(self, forward: Callable[..., Any], gradients: GradientFunction, arguments: Any) -> Any:
        """Call a differentiable function, and record the call if an argument is traced."""
        if not any(type(argument) in STATE.types for argument in arguments):
            return forward(*arguments)
        for argument in arguments:
            if type(argument) is np.ndarray:
                self._freeze(argument)
        function = _primitives.get(forward)
        if function is None:
            function = _primitives[forward] = recorded(forward, gradients)
        return function(*arguments)

    def _freeze(self, array: Array) -> None:
        if array.flags.writeable:
            array.flags.writeable = False
            self._frozen.append(array)

    def pause(self) -> None:
        """Let all functions return plain arrays until :meth:`resume`."""
        self._pauses.append(notrace_primitives[VJPNode])
        notrace_primitives[VJPNode] = _Everything()

    def resume(self) -> None:
        """Undo the last :meth:`pause`."""
        notrace_primitives[VJPNode] = self._pauses.pop()

    def gradients(self, result: Any, sources: Mapping[str, Any]) -> dict[str, Array]:
        """Return the gradients of the scalar ``result`` by the traced ``sources`` that it depends on.

        The arrays are the caller's own, in the sources' shapes and dtypes.  Notes on the tape are dropped as
        they are used, so that the memory of a step falls on the way back.
        """
        names = {source._node: name for name, source in sources.items()}
        found: dict[str, Array] = {}
        gradients = {result._node: (np.ones_like(result._value), False)}
        for node in toposort(result._node):
            gradient = gradients.pop(node)[0]
            if node in names:
                found[names[node]] = gradient
                continue
            for parent, part in zip(node.parents, node.vjp(gradient), strict=True):
                gradients[parent] = add_outgrads(gradients.get(parent), part)
            node.vjp = None
        return owned({name: (found[name], sources[name]._value) for name in sources if name in found})


class _Everything(set[Any]):
    """The set of functions that are not recorded, while none is."""

    def __contains__(self, item: object) -> bool:
        return True


def recorded(forward: Callable[..., Any], gradients: GradientFunction) -> Callable[..., Any]:
    """Return ``forward`` as a primitive function of autograd."""
    function: Callable[..., Any] = primitive(forward)
    defvjp_argnums(function, partial(_backward, forward.__name__, gradients))
    return function


def _backward(
    name: str, gradients: GradientFunction, wanted: tuple[int, ...], output: Any, arguments: Any, _: Any
) -> Callable[[Any], tuple[Any, ...]]:
    """Return the way back through one call, for the arguments at the positions ``wanted``."""

    def backward(g: Any) -> tuple[Any, ...]:
        if not isinstance(output, tuple):
            g = np.asarray(g, dtype=output.dtype)
        parts = gradients(g, output, *arguments)
        return tuple(_part(name, parts[i], arguments[i]) for i in wanted)

    return backward


def _part(name: str, part: Any, argument: Any) -> Any:
    gradient = part() if callable(part) else part
    if gradient is None:
        gradient = np.zeros_like(argument)
    if np.shape(gradient) != np.shape(argument):
        raise GradientError(
            f"the gradient of {name} has shape {np.shape(gradient)} for an argument of shape "
            f"{np.shape(argument)}",
            fix="Sum it over the dimensions that were broadcast",
        )
    return gradient


def owned(pairs: Mapping[str, tuple[Any, Array]]) -> dict[str, Array]:
    """Return each gradient in the dtype of its source, writable, and sharing memory with no other."""
    owners: set[int] = set()
    result = {}
    for name, (gradient, source) in pairs.items():
        array = np.asarray(gradient, dtype=source.dtype)
        if not array.flags.writeable or id(_owner(array)) in owners or 0 in array.strides:
            array = array.copy()
        owners.add(id(_owner(array)))
        result[name] = array
    return result


def _owner(array: Array) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def thaw(frozen: Iterable[Array]) -> None:
    """Make arrays writable again: owners of memory first, since their views depend on them."""
    for array in sorted(frozen, key=lambda array: array.base is not None):
        array.flags.writeable = True
