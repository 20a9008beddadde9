"""What a sample is: arguments of an op, or of a packing op together with calls of the packed weight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from qframe.qtensor import QTensor

Array = np.ndarray[Any, Any]
#: Computes from weights, call and tolerance (in quantized steps) how far a float result may be off.
ErrorBound = Callable[[Any, "Call", int], Any]


@dataclass(frozen=True)
class Call:
    """One call of a kernel or of a packed weight.

    Attributes:
        args, kwargs: its arguments.
        rows: positions in ``args`` of what is sliced along axis 0 together with the result: arrays and
            tensors of shape ``(N, ...)``, or lists of them; empty where the result is no stack of independent
            rows.
        method: the method of the packed weight that is called, None for the object itself.
        error: for float results that are not exact, the absolute difference that is allowed.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    rows: tuple[int, ...] = ()
    method: str | None = None
    error: ErrorBound | None = None

    def map_arrays(self, change: Callable[[Array], Array]) -> Call:
        """Return this call with every array (also those inside tensors) replaced by ``change(array)``."""
        return replace(
            self,
            args=map_arrays(self.args, change),
            kwargs={name: map_arrays(value, change) for name, value in self.kwargs.items()},
        )

    def sliced(self, rows: slice) -> Call:
        """Return this call on a part of its rows."""
        args = (cut(a, rows) if i in self.rows else a for i, a in enumerate(self.args))
        return replace(self, args=tuple(args))

    def run(self, target: Callable[..., Any]) -> Any:
        """Call a kernel or a packed weight."""
        function = target if self.method is None else getattr(target, self.method)
        return function(*self.args, **self.kwargs)


@dataclass(frozen=True)
class Sample:
    """An input of an op.

    Attributes:
        name: unique among the op's samples, made of words joined by ``-``.
        calls: one call of the kernel; for a packing op any number of calls of what it returns.
        weights: the arguments of a packing op, None for other ops.
    """

    name: str
    calls: tuple[Call, ...]
    weights: tuple[Any, ...] | None = None

    def map_arrays(self, change: Callable[[Array], Array]) -> Sample:
        """Return this sample with every array replaced by ``change(array)``."""
        calls = tuple(call.map_arrays(change) for call in self.calls)
        weights = None if self.weights is None else map_arrays(self.weights, change)
        return replace(self, calls=calls, weights=weights)

    def arrays(self) -> list[Array]:
        """Return every array of the sample, in order."""
        found: list[Array] = []
        self.map_arrays(lambda array: found.append(array) or array)  # type: ignore[func-returns-value]
        return found

    def copy(self) -> Sample:
        """Return this sample on arrays of its own, contiguous and writable."""
        return self.map_arrays(lambda array: np.array(array, order="C"))

    def stacked(self, rows: slice = slice(None)) -> Sample:
        """Return only the calls on independent rows, on a part of them."""
        return replace(self, calls=tuple(call.sliced(rows) for call in self.calls if call.rows))

    def errors(self, tolerance: int) -> list[Any]:
        """Return, for each call, how far its float result may be off; 0 where it must be exact."""
        return [0.0 if c.error is None else c.error(self.weights, c, tolerance) for c in self.calls]

    def run(self, kernel: Callable[..., Any]) -> list[Any]:
        """Return the results of all calls, or NotImplemented from the first step that declines."""
        target = kernel if self.weights is None else kernel(*self.weights)
        if target is NotImplemented:
            return [NotImplemented]
        return [call.run(target) for call in self.calls]


#: Makes the samples of one op.
SampleMaker = Callable[[], Iterable[Sample]]


@dataclass(frozen=True, repr=False)
class Case:
    """One sample of one op: what a test is parametrised with."""

    op: str
    sample: Sample

    def __repr__(self) -> str:
        return f"{self.op}[{self.sample.name}]"


def single(name: str, *args: Any, rows: tuple[int, ...] = (), **kwargs: Any) -> Sample:
    """Return the sample of an op that does not pack."""
    return Sample(name, (Call(args, kwargs, rows),))


def cases(table: Mapping[str, SampleMaker], op: str | None = None) -> list[Case]:
    """Return a case for each sample of ``op`` (None: of every op in ``table``)."""
    return [Case(name, sample) for name in (table if op is None else [op]) for sample in _made(table[name])]


@cache
def _made(maker: SampleMaker) -> tuple[Sample, ...]:
    """Make an op's samples once; nobody writes to them (:meth:`Sample.copy`)."""
    return tuple(maker())


def cut(value: Any, rows: slice) -> Any:
    """Return a part of the rows of an array or tensor, or of each in a list or tuple."""
    return type(value)(part[rows] for part in value) if type(value) in (list, tuple) else value[rows]


def map_arrays(value: Any, change: Callable[[Array], Array]) -> Any:
    """Return ``value`` with ``change`` applied to arrays, tensors and those in lists and tuples."""
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, QTensor):
        return _with_integers(value, change(value.int_repr()))
    if type(value) in (list, tuple):  # a Clamp is a tuple too, but holds no arrays
        return type(value)(map_arrays(item, change) for item in value)
    return value


def _with_integers(x: QTensor, integers: Array) -> QTensor:
    if x.qscheme().per_channel:
        qparams = x.q_per_channel_scales(), x.q_per_channel_zero_points()
        return QTensor(integers, *qparams, x.dtype, x.q_per_channel_axis())
    return QTensor(integers, x.q_scale(), x.q_zero_point(), x.dtype)
