"""What qframe adds to a kernel: checking arguments and finding the engine, in microseconds.

Run ``python benchmarks/dispatch.py``.  Each op runs on tiny tensors, once through ``qframe.ops``
and once by calling the kernel that the dispatcher has resolved.  The goal is at most 2 µs more.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from timing import medians, print_table

import qframe
from qframe import ops
from qframe.engines import dispatcher, registry
from qframe.ops.packed import PackedLinear

Call = Callable[[], Any]


def main() -> None:
    """Time each op and its bare kernel in turn, and print the difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", help="instead of the one chosen automatically")
    parser.add_argument("--repetitions", type=int, default=201)
    parser.add_argument("--inner", type=int, default=100, help="calls in a row that are timed together")
    arguments = parser.parse_args()
    engine = arguments.engine or registry.current()
    with qframe.use_engine(engine):
        rows = [row(name, *pair, arguments) for name, pair in pairs(engine).items()]
    title = f"Dispatch on engine {engine} (medians, µs per call)"
    print_table(title, ("op", "through qframe", "bare kernel", "difference", "ratio"), rows)


def row(name: str, dispatched: Call, bare: Call, arguments: argparse.Namespace) -> tuple[str, ...]:
    """Time one op both ways."""
    times = medians({"dispatched": dispatched, "bare": bare}, arguments.repetitions, arguments.inner)
    through, direct = 1e6 * times["dispatched"], 1e6 * times["bare"]
    return name, f"{through:.2f}", f"{direct:.2f}", f"{through - direct:.2f}", f"{through / direct:.2f}"


def pairs(engine: str) -> dict[str, tuple[Call, Call]]:
    """By name: the call through qframe and the call of the kernel itself."""
    a = qframe.QTensor.per_tensor(np.arange(8, dtype=np.uint8), 0.1, 3)
    b = qframe.QTensor.per_tensor(np.arange(8, dtype=np.uint8)[::-1].copy(), 0.2, 5)
    add, mul, clamp = (dispatcher.kernel(name, engine) for name in ("add", "mul", "clamp"))
    return {
        "add": (lambda: ops.add(a, b, 0.3, 4), lambda: add(a, b, 0.3, 4)),
        "mul": (lambda: ops.mul(a, b, 0.3, 4), lambda: mul(a, b, 0.3, 4)),
        "clamp": (lambda: ops.clamp(a, 2, 6), lambda: clamp(a, 2, 6)),
        "packed linear": packed_linear(engine),
    }


def packed_linear(engine: str) -> tuple[Call, Call]:
    """A 1x8 by 8x8 linear layer: qframe's holder of the weights against the engine's packed form."""
    codes = np.arange(64, dtype=np.int8).reshape(8, 8)
    weight = qframe.QTensor.per_channel(codes, np.full(8, 0.05), np.zeros(8, np.int64), 0)
    bias = np.zeros(8, np.float32)
    x = qframe.QTensor.per_tensor(np.arange(8, dtype=np.uint8).reshape(1, 8), 0.1, 3)
    holder = PackedLinear(weight, bias)
    bare = dispatcher.kernel("linear_pack", engine)(weight, bias)
    return lambda: holder(x, 0.3, 4), lambda: bare(x, 0.3, 4)


if __name__ == "__main__":
    main()
