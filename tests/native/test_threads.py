"""Threads: the same bytes for any number of them, after fork, and under several Python threads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qframe
from qframe.native import NativeEngine
from qframe.plugin import QTensor, quint8

from ..compiler import COMPILER

RNG = np.random.default_rng(3)
Calls = dict[str, Callable[[], bytes]]


def _tensor(shape: tuple[int, ...], kind: Any) -> QTensor:
    info = np.iinfo(kind)
    return QTensor.per_tensor(RNG.integers(info.min, info.max, shape, dtype=kind, endpoint=True), 0.02, 3)


@lru_cache
def _calls(engine: NativeEngine) -> Calls:
    run = engine.kernels
    x, floats = _tensor((150, 300), np.uint8), RNG.standard_normal((150, 300)).astype(np.float32)
    image = _tensor((2, 48, 30, 30), np.uint8)
    last = _tensor((2, 30, 30, 48), np.uint8).permute(0, 3, 1, 2)
    packed = run["linear_pack"](_tensor((200, 300), np.int8), None)
    half = run["linear_pack_fp16"](RNG.standard_normal((200, 300)).astype(np.float32), None)
    dense = run["conv2d_pack"](_tensor((48, 48, 3, 3), np.int8), None, (1, 1), (1, 1), (1, 1), 1)
    depthwise = run["conv2d_pack"](_tensor((48, 1, 3, 3), np.int8), None, (1, 1), (1, 1), (1, 1), 48)
    lstm = run["lstm_pack"](_tensor((400, 300), np.int8), _tensor((400, 100), np.int8), None, None)
    states = (np.zeros((50, 100), np.float32),) * 2
    many = RNG.standard_normal(500_000).astype(np.float32)
    codes, doubled = _tensor((500_000,), np.uint8), ((60, 60), (2.0, 2.0))
    rows, scales, points = many.reshape(-1, 50), np.full(50, 0.02, np.float32), np.arange(50)
    norm = None, None, 1e-5, 0.03, 3
    results: dict[str, Callable[[], Any]] = {
        "linear": lambda: packed(x, 0.5, 3),
        "one-row": lambda: packed(x[:1], 0.5, 3),
        "dynamic": lambda: packed.dynamic(floats),
        "half": lambda: half(floats),
        "lstm": lambda: lstm(floats, (50,) * 3, states),
        "conv": lambda: dense(image, 0.5, 3),
        "depthwise": lambda: depthwise(image, 0.5, 3),
        "layer-norm": lambda: run["layer_norm"](x, (300,), many[:300], *norm[1:]),
        "group-norm": lambda: run["group_norm"](image, 6, *norm),
        "group-norm-last": lambda: run["group_norm"](last, 6, *norm),
        "quantize": lambda: run["quantize_per_tensor"](many, 0.02, 3, quint8),
        "requantize": lambda: run["requantize"](codes, 0.03, 9, quint8),
        "nearest": lambda: run["interpolate_nearest"](image, *doubled),
        "bilinear": lambda: run["interpolate_bilinear"](image, doubled[0], False, doubled[1]),
        "fake-quantize": lambda: run["fake_quantize_per_channel"](rows, scales, points, 1, 0, 255),
    }
    return {name: lambda call=call: _bytes(call()) for name, call in results.items()}


def _bytes(result: Any) -> bytes:
    if isinstance(result, tuple):
        return b"".join(map(_bytes, result))
    return (result.int_repr() if isinstance(result, QTensor) else result).tobytes()


NAMES = [
    *("linear", "one-row", "dynamic", "half", "lstm", "conv", "depthwise"),
    *("layer-norm", "group-norm", "group-norm-last", "quantize", "requantize"),
    *("nearest", "bilinear", "fake-quantize"),
]


@pytest.fixture
def calls(chosen: NativeEngine) -> Iterator[Calls]:
    before = chosen.get_num_threads()
    yield _calls(chosen)
    chosen.set_num_threads(before)


@pytest.mark.parametrize("name", NAMES)
def test_any_number_of_threads_gives_the_same_bytes(chosen: NativeEngine, calls: Calls, name: str) -> None:
    chosen.set_num_threads(1)
    expected = calls[name]()
    for number in (2, 3, 8, 2, 1, 5):
        chosen.set_num_threads(number)
        assert all(calls[name]() == expected for _ in range(10)), f"{number} threads"


def test_several_python_threads_at_once(chosen: NativeEngine, calls: Calls) -> None:
    chosen.set_num_threads(3)
    assert list(calls) == NAMES
    expected = {name: call() for name, call in calls.items()}
    with ThreadPoolExecutor(6) as pool:
        for name, result in pool.map(lambda name: (name, calls[name]()), NAMES * 12):
            assert result == expected[name]


FORK = """
import os, sys, numpy as np
from importlib import import_module
from qframe.plugin import QTensor
engine = import_module("qframe_" + sys.argv[1]).engine
engine.set_num_threads(3)
codes = np.arange(400 * 300).astype(np.int8).reshape(400, 300)
packed = engine.kernels["linear_pack"](QTensor.per_tensor(codes, 0.1, 0), None)
x = QTensor.per_tensor(np.arange(200 * 300).astype(np.uint8).reshape(200, 300), 0.1, 5)
run = lambda: packed(x, 9.0, 3).int_repr().tobytes()
expected = run()
for _ in range(5):
    child = os.fork()
    if child == 0:
        os._exit(0 if all(run() == expected for _ in range(20)) else 1)
    assert run() == expected
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_computes_on_with_threads_of_its_own(chosen: NativeEngine) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORK, chosen.name]
    subprocess.run(command, check=True, timeout=120)


def test_the_core_tells_how_many(chosen: NativeEngine) -> None:
    before = qframe.get_num_threads()
    with qframe.use_engine(chosen.name):
        qframe.set_num_threads(5)
        assert chosen.get_num_threads() == 5
        qframe.set_num_threads(before)
    assert chosen.get_num_threads() == before


AFFINITY = """
import os, sys, time
import numpy as np, qframe
from importlib import import_module
engine = import_module("qframe_" + sys.argv[1]).engine
engine.set_num_threads(3)
x = np.zeros(500_000, np.float32)
allowed = os.sched_getaffinity(0)
for _ in range(5):
    engine.kernels["quantize_per_tensor"](x, 0.1, 3, qframe.quint8)  # wakes workers, a core taken from them
    time.sleep(0.02)
end = time.monotonic() + 10
while any(os.sched_getaffinity(int(t)) != allowed for t in os.listdir("/proc/self/task")):
    assert time.monotonic() < end, "a worker has lost a core"
    time.sleep(0.01)
"""


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux tells affinities")
def test_workers_get_back_the_core_on_which_they_were_not_to_wake(chosen: NativeEngine) -> None:
    command = [sys.executable, "-c", AFFINITY, chosen.name]
    subprocess.run(command, check=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"})


@pytest.mark.skipif(COMPILER is None or sys.platform != "linux", reason="needs a C compiler, on Linux")
def test_a_worker_woken_at_any_moment_keeps_all_its_cores(tmp_path: Path) -> None:
    program, source = tmp_path / "wake_often", Path(__file__).with_name("wake_often.c")
    compiler = [str(COMPILER), "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{qframe.get_include()}"]
    subprocess.run([*compiler, str(source), "-o", str(program), "-pthread"], check=True)
    done = subprocess.run([str(program)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
