"""Gradients against differences of function values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import numpy as np

from ..errors import GradientError
from .gradients import standing_in
from .tracing import STATE, is_traced

Array = np.ndarray[Any, Any]


class _Source(NamedTuple):
    """Something to differentiate by: its name in messages, and its values in float64."""

    name: str
    values: Array


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> bool:
    """Compare the gradients of ``func`` with differences (mirrors ``torch.autograd.gradcheck``).

    All is computed in float64.  The outputs are added up with random weights, and each element of each float
    input is moved by ``eps`` in both directions.

    Args:
        func: takes the inputs and returns a float array or a tuple that holds some.  It must return the same
            each time.  The parameters of a module are compared too.
        inputs: an array, or a tuple of arguments.
        atol, rtol: a gradient may differ by ``atol + rtol * abs(difference quotient)``.

    Returns:
        True.

    Raises:
        GradientError: a gradient differs, or there is none; the text names the worst element.
    """
    arguments = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
    sources = [_Source(f"input {i}", _double(x)) for i, x in enumerate(arguments) if _is_float(x)]
    parameters = dict(func.named_parameters()) if hasattr(func, "named_parameters") else {}
    sources += [_Source(f"parameter '{path}'", _double(array)) for path, array in parameters.items()]
    if not sources:
        raise GradientError("gradcheck: no input is a float array", fix="Give float arrays")
    call = _Call(func, arguments, list(parameters.values()))
    gradients = _gradients(call, sources)
    with _in_double():
        for source, gradient in zip(sources, gradients, strict=True):
            _compare(source, gradient, _quotients(call, sources, source.values, eps), atol, rtol)
    return True


class _Call:
    """A function of the values of all sources: the float inputs, then the parameters."""

    def __init__(self, func: Callable[..., Any], arguments: Sequence[Any], parameters: list[Array]) -> None:
        self._func, self._arguments, self._parameters = func, arguments, parameters

    def __call__(self, values: Sequence[Any]) -> Any:
        """Return the weighted sum of all float outputs."""
        remaining = iter(values)
        arguments = [next(remaining) if _is_float(x) else x for x in self._arguments]
        substitutes = {id(array): next(remaining) for array in self._parameters}
        with standing_in(self._func, substitutes) if substitutes else nullcontext():
            outputs = list(_floats_in(self._func(*arguments)))
        if not outputs:
            raise GradientError("gradcheck: the function returns no float array", fix="Return its result")
        weights = np.random.default_rng(0)
        return sum((output * weights.standard_normal(np.shape(output))).sum() for output in outputs)


def _gradients(call: _Call, sources: Sequence[_Source]) -> list[Array]:
    """Return what differentiation gives; zeros where the result does not depend on a source."""
    from .tape import Tape  # lazily: it imports autograd

    with Tape(double=True) as tape:
        traced = {source.name: tape.traced(source.values) for source in sources}
        result = call(list(traced.values()))
        if not is_traced(result):
            raise GradientError(
                "gradcheck: the result does not depend on the inputs by functions with a gradient",
                fix="Use functions of qframe, nn.functional and operators",
            )
        found = tape.gradients(result, traced)
    return [found.get(source.name, np.zeros_like(source.values)) for source in sources]


def _quotients(call: _Call, sources: Sequence[_Source], values: Array, eps: float) -> Array:
    """Return the difference quotient for each element of ``values``, those of one of the sources."""
    quotients = np.empty_like(values)
    for place in np.ndindex(values.shape):
        kept = values[place]
        above, below = (_moved(call, sources, values, place, kept + step) for step in (eps, -eps))
        values[place] = kept
        quotients[place] = (above - below) / (2 * eps)
    return quotients


def _moved(call: _Call, sources: Sequence[_Source], values: Array, place: Any, value: float) -> float:
    values[place] = value
    return float(call([source.values for source in sources]))


def _compare(source: _Source, gradient: Array, quotients: Array, atol: float, rtol: float) -> None:
    excess = np.abs(gradient - quotients) - (atol + rtol * np.abs(quotients))
    if excess.size and not np.max(excess) <= 0:
        place = np.unravel_index(np.argmax(np.nan_to_num(excess, nan=np.inf)), excess.shape)
        raise GradientError(
            f"gradcheck: the gradient by {source.name} is {gradient[place]:.6g} at "
            f"{tuple(map(int, place))}, the difference quotient {quotients[place]:.6g}",
            fix="Look at the gradient of the function, or at its kinks near these values",
        )


@contextmanager
def _in_double() -> Iterator[None]:
    STATE.double = True
    try:
        yield
    finally:
        STATE.double = False


def _double(x: Any) -> Array:
    return np.array(x, dtype=np.float64)


def _is_float(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f"


def _floats_in(outputs: Any) -> Iterator[Any]:
    if isinstance(outputs, (tuple, list)):
        for output in outputs:
            yield from _floats_in(output)
    elif is_traced(outputs) or _is_float(outputs):
        yield outputs
