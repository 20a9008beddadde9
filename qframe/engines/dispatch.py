"""Dispatch: an op's contract checks the arguments, then the kernel of the engine in use runs.

A pair (op, engine) is resolved once, through the plugins' hook and along the declared fallback
chain; later calls read one context variable and one dict.
"""

from __future__ import annotations

import functools
import inspect
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar, overload

from ..errors import EngineError, FallbackWarning, UnsupportedOp
from .engine import Kernel
from .registry import Registry
from .registry import registry as default_registry

P = ParamSpec("P")
R = TypeVar("R")

#: Makes the samples of an op (see qframe.testing.Sample).
SampleMaker = Callable[[], Iterable[Any]]

#: Where the qparams of an op's result come from: its scale and zero_point arguments, its input,
#: a rule of its own; or the result carries none.
QParamsRule = Literal["given", "input", "derived", "none"]


@dataclass(frozen=True, eq=False)
class Op:
    """An entry of :data:`OPS`: everything that is true of an op on every engine.

    Attributes:
        name: also the name that plugins are asked for.
        contract: checks the arguments and raises; its signature is the op's signature.
        signature: of the contract.
        qparams: where the result's scale and zero point come from.
        packs: the result is a packed weight, a callable of the engine.
        samples: makes inputs for the conformance suite; None for the core's ops, whose samples the suite has.
    """

    name: str
    contract: Callable[..., Any]
    signature: inspect.Signature
    qparams: QParamsRule
    packs: bool
    samples: SampleMaker | None = None

    @property
    def family(self) -> str:
        """The file of ``qframe.ops`` (and of a plugin) that the op belongs to."""
        return self.contract.__module__.rsplit(".", 1)[-1]


#: Every op, by name: the table behind the conformance suite, the coverage report and the docs.
OPS: dict[str, Op] = {}


class Dispatcher:
    """Resolves (op, engine) pairs to kernels and remembers them.

    Args:
        registry: where engines and kernels come from.
        ops: the table of contracts.
    """

    def __init__(self, registry: Registry, ops: dict[str, Op]) -> None:
        self.registry = registry
        self.ops = ops
        self._cache: dict[tuple[str, str], tuple[Kernel, str]] = {}
        self._warned: set[tuple[str, str]] = set()
        registry.on_change(self._cache.clear)

    def kernel(self, op: str, engine: str) -> Kernel:
        """Return the kernel that runs ``op`` when ``engine`` is in use, following fallbacks.

        Raises:
            UnsupportedOp: nothing in the chain provides it, or falling back is forbidden.
        """
        return self.resolve(op, engine)[0]

    def provider(self, op: str, engine: str) -> str:
        """Return the engine that really runs ``op`` when ``engine`` is in use."""
        return self.resolve(op, engine)[1]

    def runs_on(self, op: str, engine: str) -> str | None:
        """Return the engine that :meth:`provider` would find, None if there is none; warns of nothing."""
        try:
            return next((name for name in self._chain(engine) if self.registry.kernel(name, op)), None)
        except EngineError:  # a fallback that cannot be used
            return None

    def resolve(self, op: str, engine: str) -> tuple[Kernel, str]:
        """Return the kernel and the name of the engine that provides it."""
        found = self._cache.get((op, engine))
        if found is None:
            found = self._cache[op, engine] = self._look_up(op, engine)
        return found

    def _look_up(self, op: str, engine: str) -> tuple[Kernel, str]:
        for candidate in self._chain(engine):
            kernel = self.registry.kernel(candidate, op)
            if kernel is None:
                continue
            kernel = adapted(kernel, self.ops[op], candidate)
            if candidate != engine:
                self._fell_back(op, engine, candidate, "does not provide it")
            return kernel, candidate
        raise UnsupportedOp(
            f"op '{op}' is provided neither by engine '{engine}' nor by its fallbacks "
            f"({' -> '.join(self._chain(engine))})",
            fix="Choose another engine; `python -m qframe coverage` shows who provides what",
        )

    def _chain(self, engine: str) -> Iterator[str]:
        seen: list[str] = []
        name: str | None = engine
        while name is not None and name not in seen:
            seen.append(name)
            yield name
            name = self.registry.descriptor(name).fallback

    def _fell_back(self, op: str, engine: str, to: str, why: str) -> None:
        if os.environ.get("QFRAME_STRICT", "0") not in ("", "0"):
            raise UnsupportedOp(
                f"engine '{engine}' cannot run op '{op}' ({why}) and QFRAME_STRICT forbids falling back "
                f"to '{to}'",
                fix="Unset QFRAME_STRICT, or choose an engine that provides the op",
            )
        if (op, engine) not in self._warned:
            self._warned.add((op, engine))
            warnings.warn(
                f"op '{op}' runs on engine '{to}': '{engine}' {why}. Same results, likely slower; "
                "QFRAME_STRICT=1 makes this an error",
                FallbackWarning,
                stacklevel=5,
            )

    def declined(self, op: str, engine: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the fallbacks of an engine whose kernel returned NotImplemented for these arguments."""
        _, provider = self.resolve(op, engine)
        for candidate in list(self._chain(provider))[1:]:
            kernel = self.registry.kernel(candidate, op)
            result = NotImplemented if kernel is None else kernel(*args, **kwargs)
            if result is not NotImplemented:
                self._fell_back(op, provider, candidate, "declined these arguments")
                return result
        raise UnsupportedOp(
            f"engine '{provider}' declined op '{op}' for these arguments and no fallback takes them",
            fix="Choose another engine with qframe.use_engine(...)",
        )

    def op(
        self,
        contract: Callable[P, R],
        qparams: QParamsRule,
        packs: bool,
        samples: SampleMaker | None = None,
    ) -> Callable[P, R]:
        """Enter a contract into the table of ops and return the function that users call."""
        name = contract.__name__
        if name in self.ops:
            raise EngineError(f"an op named '{name}' exists already", fix="Choose another name")
        self.ops[name] = Op(name, contract, inspect.signature(contract), qparams, packs, samples)
        current, cache, resolve = self.registry.current, self._cache, self.resolve

        @functools.wraps(contract)
        def dispatch(*args: P.args, **kwargs: P.kwargs) -> R:
            contract(*args, **kwargs)
            engine = current()
            found = cache.get((name, engine)) or resolve(name, engine)
            result = found[0](*args, **kwargs)
            if result is NotImplemented:
                result = self.declined(name, engine, args, kwargs)
            return result  # type: ignore[no-any-return]

        return dispatch


def adapted(kernel: Kernel, op: Op, engine: str) -> Kernel:
    """Return a callable that takes all of the contract's arguments.

    A kernel written before the contract gained an optional argument still serves the calls that
    leave it at its default, and declines the others.

    Raises:
        EngineError: a name or default differs, or the kernel needs an argument that the op lacks.
    """
    try:
        given = inspect.signature(kernel)
    except (TypeError, ValueError):  # a C function without a signature
        return kernel
    if any(p.kind is p.VAR_KEYWORD for p in given.parameters.values()):
        return kernel
    unknown: dict[str, Any] = {}
    for name, wanted in op.signature.parameters.items():
        parameter = given.parameters.get(name)
        if parameter is None and wanted.default is wanted.empty:
            raise _mismatch(engine, op, given, f"lacks the argument '{name}'")
        if parameter is None:
            unknown[name] = wanted.default
        elif parameter.default != wanted.default:
            raise _mismatch(engine, op, given, f"has another default for '{name}'")
    for name, parameter in given.parameters.items():
        if name not in op.signature.parameters and parameter.default is parameter.empty:
            raise _mismatch(engine, op, given, f"needs an argument '{name}' that the op does not have")
    return _declining(kernel, unknown) if unknown else kernel


def _declining(kernel: Kernel, unknown: dict[str, Any]) -> Kernel:
    @functools.wraps(kernel)
    def older(*args: Any, **kwargs: Any) -> Any:
        for name, default in unknown.items():
            if kwargs.pop(name, default) != default:
                return NotImplemented
        return kernel(*args, **kwargs)

    return older


def _mismatch(engine: str, op: Op, given: inspect.Signature, why: str) -> EngineError:
    return EngineError(
        f"engine '{engine}': its kernel for op '{op.name}' {why}: it takes {given}, "
        f"the contract is {op.signature}",
        fix="Give the kernel the contract's signature",
    )


#: The dispatcher of this process, on :data:`~qframe.engines.registry.registry` and :data:`OPS`.
dispatcher = Dispatcher(default_registry, OPS)


@overload
def op(contract: Callable[P, R]) -> Callable[P, R]: ...
@overload
def op(
    *, qparams: QParamsRule = ..., packs: bool = ..., samples: SampleMaker | None = ...
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def op(
    contract: Any = None,
    *,
    qparams: QParamsRule = "given",
    packs: bool = False,
    samples: SampleMaker | None = None,
) -> Any:
    """Declare an op: the decorated function checks its arguments and raises; engines compute.

    The public way to define ops of one's own.

    Args:
        qparams: where the result's scale and zero point come from.
        packs: the op returns packed weights.
        samples: makes the op's inputs for the conformance suite, an iterable of ``qframe.testing.Sample``;
            imports ``qframe.testing`` when it is called, not before.

    Raises:
        EngineError: the name is taken.
    """
    if contract is None:
        return lambda function: dispatcher.op(function, qparams, packs, samples)
    return dispatcher.op(contract, qparams, packs, samples)
