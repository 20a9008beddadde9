"""What qframe adds to a kernel: checking arguments and finding the engine, in microseconds.

Run ``python benchmarks/dispatch.py``.  Each op runs on tiny tensors through ``qframe.ops`` and, in
turn, by calling the kernel that the dispatcher has resolved.  The goal is a difference of at most
2 µs.  The last column is the difference for an engine whose kernels do nothing: the Python code
that runs, without what it costs a real kernel to find the CPU's caches used by somebody else.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from timing import interleaved, print_table

import qframe
from qframe import ops
from qframe.engines import dispatcher, registry
from qframe.ops.packed import PackedLinear
from qframe.plugin import API, Engine, Kernel, hookimpl

Call = Callable[[], Any]
COLUMNS = ("op", "qframe", "kernel", "difference", "ratio", "empty kernel")


class EmptyEngine:
    """A plugin whose kernels take anything and compute nothing."""

    @hookimpl
    def qframe_engines(self) -> Engine:
        """Describe the engine; it is used only when asked for."""
        return Engine("empty", api=API, priority=-1, fallback=None, summary="computes nothing")

    @hookimpl
    def qframe_kernel(self, engine: str, op: str) -> Kernel | None:
        """Return the one kernel there is; what it packs is a kernel of the same kind."""
        if engine != "empty":
            return None
        return nothing_packed if op.endswith("_pack") else nothing


def nothing(*arguments: Any, **options: Any) -> None:
    """Take the place of a kernel."""


def nothing_packed(*arguments: Any, **options: Any) -> Kernel:
    """Take the place of a kernel that packs."""
    return nothing


def main() -> None:
    """Time each op and its bare kernel in turn, and print the difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", help="instead of the one chosen automatically")
    parser.add_argument("--repetitions", type=int, default=2001)
    parser.add_argument("--inner", type=int, default=10, help="calls in a row that are timed together")
    arguments = parser.parse_args()
    engine = arguments.engine or registry.current()
    registry.register(EmptyEngine(), "benchmark")
    times = {name: times_of_ops(name, arguments.repetitions, arguments.inner) for name in (engine, "empty")}
    rows = [row(op, pair, times["empty"][op]) for op, pair in times[engine].items()]
    print_table(f"Dispatch on engine {engine} (medians, µs per call)", COLUMNS, rows)


def row(op: str, times: np.ndarray, empty: np.ndarray) -> tuple[str, ...]:
    """One line of the table; differences are the median over the repetitions' own differences."""
    through, bare = 1e6 * np.median(times, axis=1)
    difference, overhead = (1e6 * np.median(pair[0] - pair[1]) for pair in (times, empty))
    return op, *(f"{number:.2f}" for number in (through, bare, difference, through / bare, overhead))


def times_of_ops(engine: str, repetitions: int, inner: int) -> dict[str, np.ndarray]:
    """By op, the seconds of the call through qframe and of the kernel itself."""
    with qframe.use_engine(engine):
        return {op: interleaved(pair, repetitions, inner) for op, pair in pairs(engine).items()}


def pairs(engine: str) -> dict[str, tuple[Call, Call]]:
    """By op, the call through qframe and the call of the kernel itself."""
    a = qframe.QTensor.per_tensor(np.arange(8, dtype=np.uint8), 0.1, 3)
    b = qframe.QTensor.per_tensor(np.arange(8, dtype=np.uint8)[::-1].copy(), 0.2, 5)
    operands: dict[str, tuple[Any, ...]] = {"add": (a, b, 0.3, 4), "mul": (a, b, 0.3, 4), "clamp": (a, 2, 6)}
    calls = {
        op: (partial(getattr(ops, op), *given), partial(dispatcher.kernel(op, engine), *given))
        for op, given in operands.items()
    }
    return calls | {"packed linear": packed_linear(engine)}


def packed_linear(engine: str) -> tuple[Call, Call]:
    """A 1x8 by 8x8 linear layer: qframe's holder of the weights against the engine's packed form."""
    codes = np.arange(64, dtype=np.int8).reshape(8, 8)
    weight = qframe.QTensor.per_channel(codes, np.full(8, 0.05), np.zeros(8, np.int64), 0)
    bias = np.zeros(8, np.float32)
    x = qframe.QTensor.per_tensor(np.arange(8, dtype=np.uint8).reshape(1, 8), 0.1, 3)
    bare = dispatcher.kernel("linear_pack", engine)(weight, bias)
    return partial(PackedLinear(weight, bias), x, 0.3, 4), partial(bare, x, 0.3, 4)


if __name__ == "__main__":
    main()
