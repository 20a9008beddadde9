"""What one call of an op costs in Python, in microseconds: dispatch, checks, cffi and the QTensor.

The tensors are tiny, so that the time of the whole call is that cost and hardly more: what C does on 16
elements is in it, too.  The same call on the kernel that the dispatcher has found tells what qframe's core
adds; on an engine whose kernels do nothing, what of that is the core's own code, without what it costs a real
kernel to find the CPU's caches used by somebody else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import qframe
from qframe import ops
from qframe.engines import dispatcher, registry
from qframe.ops.packed import PackedLinear
from qframe.plugin import API, Engine, Kernel, hookimpl

from . import targets
from .tables import Table
from .targets import Judgement
from .timing import interleaved

Call = Callable[[], Any]
COLUMNS = ("op", "call µs", "allowed", "", "kernel µs", "core adds µs", "allowed", "", "with empty kernel")
OUTPUT = 0.3, 4
ELEMENTS = 16
#: Calls in a row that are timed together.
INNER = 10


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


def table(rounds: int) -> Table:
    """Time each op, its bare kernel and an empty kernel in turn, with one thread.

    Args:
        rounds: as of the comparisons; these calls are short, so that each makes many repetitions.
    """
    engine, threads = registry.current(), qframe.get_num_threads()
    registry.register(EmptyEngine(), "benchmark")
    qframe.set_num_threads(1)
    try:
        times = {name: times_of_ops(name, 100 * rounds) for name in (engine, "empty")}
    finally:
        qframe.set_num_threads(threads)
        registry.unregister("benchmark")
    rows = [row(op, pair, times["empty"][op]) for op, pair in times[engine].items()]
    return Table(f"One call of an op on tiny tensors, engine {engine}", COLUMNS, rows)


def row(op: str, times: np.ndarray, empty: np.ndarray) -> tuple[str, ...]:
    """One line of the table; differences are the median over the repetitions' own differences."""
    through, bare = 1e6 * np.median(times, axis=1)
    added, own = (float(1e6 * np.median(pair[0] - pair[1])) for pair in (times, empty))
    whole, core = Judgement(op, float(through), targets.CALL), Judgement(op, added, targets.DISPATCH)
    numbers = [f"{through:.2f}", f"{targets.CALL:.0f}", whole.verdict, f"{bare:.2f}"]
    return op, *numbers, f"{added:.2f}", f"{targets.DISPATCH:.0f}", core.verdict, f"{own:.2f}"


def times_of_ops(engine: str, repetitions: int) -> dict[str, np.ndarray]:
    """By op, the seconds of the call through qframe and of the kernel itself."""
    with qframe.use_engine(engine):
        return {op: interleaved(pair, repetitions, INNER) for op, pair in pairs(engine).items()}


def pairs(engine: str) -> dict[str, tuple[Call, Call]]:
    """By op, the call through qframe and the call of the kernel itself."""
    codes = np.arange(ELEMENTS, dtype=np.uint8)
    a, b = qframe.QTensor.per_tensor(codes, 0.1, 3), qframe.QTensor.per_tensor(codes[::-1].copy(), 0.2, 5)
    kernel = partial(dispatcher.kernel, engine=engine)
    return {
        "add": (partial(ops.add, a, b, *OUTPUT), partial(kernel("add"), a, b, *OUTPUT)),
        "mul": (partial(ops.mul, a, b, *OUTPUT), partial(kernel("mul"), a, b, *OUTPUT)),
        "relu": (partial(ops.relu, a), partial(kernel("clamp"), a, 3, 255)),
        f"linear 1x{ELEMENTS}x{ELEMENTS}": packed_linear(kernel("linear_pack")),
    }


def packed_linear(pack: Kernel) -> tuple[Call, Call]:
    """A tiny linear layer: qframe's holder of the weights against the engine's packed form."""
    codes = np.arange(ELEMENTS**2, dtype=np.uint8).astype(np.int8).reshape(ELEMENTS, ELEMENTS)
    scales, zero_points = np.full(ELEMENTS, 0.05), np.zeros(ELEMENTS, np.int64)
    weight = qframe.QTensor.per_channel(codes, scales, zero_points, 0)
    bias = np.zeros(ELEMENTS, np.float32)
    x = qframe.QTensor.per_tensor(np.arange(ELEMENTS, dtype=np.uint8).reshape(1, ELEMENTS), 0.1, 3)
    return partial(PackedLinear(weight, bias), x, *OUTPUT), partial(pack(weight, bias), x, *OUTPUT)
