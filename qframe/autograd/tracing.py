"""How functions take part in differentiation; all that a float function needs to know of it.

While a loss is differentiated, the parameters of the model, and whatever is computed from them, are *traced
arrays*: boxes of the ``autograd`` package around plain arrays.  A function marked by :func:`differentiable`
computes on the plain arrays and leaves a note on the tape; when nothing is differentiated it costs one look
at a variable.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence, Set
from contextlib import ContextDecorator
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..errors import GradientError

if TYPE_CHECKING:
    from .tape import Tape

Function = TypeVar("Function", bound=Callable[..., Any])
#: From the gradient of the output, the output and the arguments: for each argument its gradient, a function
#: that computes it where it is wanted, or None where there is none.
GradientFunction = Callable[..., Sequence[Any]]


class State:
    """What is going on.

    Attributes:
        tape: that records, or None when nothing is differentiated.
        thread: which thread does it.
        types: of traced arrays; none before the first differentiation.
        double: float64 arrays stay what they are, for the comparison of gradients with differences.
    """

    def __init__(self) -> None:
        self.tape: Tape | None = None
        self.thread: int | None = None
        self.types: Set[type] = frozenset()
        self.double = False


STATE = State()


def is_traced(x: Any) -> bool:
    """Whether ``x`` is an array that gradients flow through."""
    return type(x) in STATE.types


def detach(x: Any) -> Any:
    """Return the values of ``x`` without its gradient, as a plain array (mirrors ``torch.Tensor.detach``).

    Nothing else is changed or copied: an array that is not traced is returned itself, the values of a
    traced one may be read only.
    """
    if not is_traced(x):
        return x
    values = x._value
    if isinstance(values, np.ndarray):
        values = values.view()
        values.flags.writeable = False
    return values


def dtype_of(x: Any) -> np.dtype[Any]:
    """Return the dtype of an array, traced or not."""
    dtype: np.dtype[Any] = x._value.dtype if is_traced(x) else x.dtype
    return dtype


def working_dtype(dtype: Any) -> Any:
    """Return the dtype in which float functions compute with arrays of ``dtype``: float32.

    Only :func:`gradcheck` lets float64 be.
    """
    return np.float64 if STATE.double and dtype == np.float64 else np.float32


def differentiable(gradients: GradientFunction) -> Callable[[Function], Function]:
    """Give the function that follows its gradients; it then takes traced arrays like plain ones.

    The function takes positional arguments, arrays and others, must not change them, and returns an array
    or a tuple of arrays.

    Args:
        gradients: called as ``gradients(g, output, *arguments)`` with plain arrays, ``g`` being the gradient
            of the output.  It returns, for each argument, the gradient in that argument's shape; a function
            of no arguments that computes it, called only where it is wanted; or None for what has none.
    """

    def decorate(forward: Function) -> Function:
        @wraps(forward)
        def function(*arguments: Any) -> Any:
            tape = STATE.tape
            if tape is None:
                return forward(*arguments)
            return tape.run(forward, gradients, arguments)

        return function  # type: ignore[return-value]

    return decorate


def store(target: Any, result: Any) -> Any:
    """Let the traced array ``target`` be ``result`` from now on, as an operation in place would; return it.

    What was computed from the former value keeps its gradient.

    Raises:
        GradientError: ``target`` is a parameter, or ``result`` has no gradient.
    """
    if not target._node.parents:
        raise GradientError(
            "a parameter is changed in place while it is differentiated",
            fix="Use inplace=False; parameters change in optimizer.step",
        )
    if not is_traced(result):
        raise GradientError(
            "an array with a gradient is changed in place under no_grad", fix="Use inplace=False"
        )
    target._value, target._node = result._value, result._node
    return target


class no_grad(ContextDecorator):  # noqa: N801 (PyTorch's name)
    """Compute without gradients inside of a ``with`` block or function (mirrors ``torch.no_grad``).

    Inside of a loss, what is computed under it are plain arrays, constants to the gradients.  Elsewhere
    nothing is traced anyway, and it does nothing; :func:`value_and_grad` called under it computes gradients
    all the same.
    """

    def __init__(self) -> None:
        self._paused: list[Tape | None] = []

    def __enter__(self) -> None:
        tape = STATE.tape if STATE.thread == threading.get_ident() else None
        self._paused.append(tape)
        if tape is not None:
            tape.pause()

    def __exit__(self, *exception: object) -> None:
        tape = self._paused.pop()
        if tape is not None:
            tape.resume()
