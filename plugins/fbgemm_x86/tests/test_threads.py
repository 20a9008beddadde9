"""Threads: the same bytes for any number of them, after fork, and under several Python threads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import qframe_fbgemm
from qframe_fbgemm import conv, convert, fake_quantize, linear, recurrent, resize
from qframe_fbgemm.normalization import group_norm, layer_norm

import qframe
from qframe.plugin import QTensor, quint8

RNG = np.random.default_rng(3)


def _tensor(shape: tuple[int, ...], kind: Any) -> QTensor:
    info = np.iinfo(kind)
    return QTensor.per_tensor(RNG.integers(info.min, info.max, shape, dtype=kind, endpoint=True), 0.02, 3)


def _calls() -> dict[str, Callable[[], bytes]]:
    x, floats = _tensor((150, 300), np.uint8), RNG.standard_normal((150, 300)).astype(np.float32)
    image = _tensor((2, 48, 30, 30), np.uint8)
    last = _tensor((2, 30, 30, 48), np.uint8).permute(0, 3, 1, 2)
    packed = linear.linear_pack(_tensor((200, 300), np.int8), None)
    half = linear.linear_pack_fp16(RNG.standard_normal((200, 300)).astype(np.float32), None)
    dense = conv.conv2d_pack(_tensor((48, 48, 3, 3), np.int8), None, (1, 1), (1, 1), (1, 1), 1)
    depthwise = conv.conv2d_pack(_tensor((48, 1, 3, 3), np.int8), None, (1, 1), (1, 1), (1, 1), 48)
    lstm = recurrent.lstm_pack(_tensor((400, 300), np.int8), _tensor((400, 100), np.int8), None, None)
    states = (np.zeros((50, 100), np.float32),) * 2
    many = RNG.standard_normal(500_000).astype(np.float32)
    codes, doubled = _tensor((500_000,), np.uint8), ((60, 60), (2.0, 2.0))
    rows, scales, points = many.reshape(-1, 50), np.full(50, 0.02, np.float32), np.arange(50)
    return {
        "linear": lambda: packed(x, 0.5, 3).int_repr().tobytes(),
        "one-row": lambda: packed(x[:1], 0.5, 3).int_repr().tobytes(),
        "dynamic": lambda: packed.dynamic(floats).tobytes(),
        "half": lambda: half(floats).tobytes(),
        "lstm": lambda: b"".join(part.tobytes() for part in lstm(floats, (50,) * 3, states)),
        "conv": lambda: dense(image, 0.5, 3).int_repr().tobytes(),
        "depthwise": lambda: depthwise(image, 0.5, 3).int_repr().tobytes(),
        "layer-norm": lambda: layer_norm(x, (300,), many[:300], None, 1e-5, 0.03, 3).int_repr().tobytes(),
        "group-norm": lambda: group_norm(image, 6, None, None, 1e-5, 0.03, 3).int_repr().tobytes(),
        "group-norm-last": lambda: group_norm(last, 6, None, None, 1e-5, 0.03, 3).int_repr().tobytes(),
        "quantize": lambda: convert.quantize_per_tensor(many, 0.02, 3, quint8).int_repr().tobytes(),
        "requantize": lambda: convert.requantize(codes, 0.03, 9, quint8).int_repr().tobytes(),
        "nearest": lambda: resize.interpolate_nearest(image, *doubled).int_repr().tobytes(),
        "bilinear": lambda: (
            resize.interpolate_bilinear(image, doubled[0], False, doubled[1]).int_repr().tobytes()
        ),
        "fake-quantize": lambda: b"".join(
            part.tobytes()
            for part in fake_quantize.fake_quantize_per_channel(rows, scales, points, 1, 0, 255)
        ),
    }


CALLS = _calls()


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = qframe_fbgemm.get_num_threads()
    yield
    qframe_fbgemm.set_num_threads(before)


@pytest.mark.parametrize("name", CALLS)
def test_any_number_of_threads_gives_the_same_bytes(name: str) -> None:
    qframe_fbgemm.set_num_threads(1)
    expected = CALLS[name]()
    for number in (2, 3, 8, 2, 1, 5):
        qframe_fbgemm.set_num_threads(number)
        assert all(CALLS[name]() == expected for _ in range(10)), f"{number} threads"


def test_several_python_threads_at_once() -> None:
    qframe_fbgemm.set_num_threads(3)
    expected = {name: call() for name, call in CALLS.items()}
    with ThreadPoolExecutor(6) as pool:
        for name, result in pool.map(lambda name: (name, CALLS[name]()), list(CALLS) * 12):
            assert result == expected[name]


FORK = """
import os, numpy as np
import qframe_fbgemm
from qframe_fbgemm import linear
from qframe.plugin import QTensor
qframe_fbgemm.set_num_threads(3)
codes = np.arange(400 * 300).astype(np.int8).reshape(400, 300)
packed = linear.linear_pack(QTensor.per_tensor(codes, 0.1, 0), None)
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
def test_a_forked_child_computes_on_with_threads_of_its_own() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], check=True, timeout=60)


def test_the_core_tells_how_many() -> None:
    before = qframe.get_num_threads()
    with qframe.use_engine("fbgemm"):
        qframe.set_num_threads(5)
        assert qframe_fbgemm.get_num_threads() == 5
        qframe.set_num_threads(before)
    assert qframe_fbgemm.get_num_threads() == before


AFFINITY = """
import os, time
import numpy as np, qframe
from qframe_fbgemm import convert
qframe.set_num_threads(3)
x = np.zeros(500_000, np.float32)
allowed = os.sched_getaffinity(0)
for _ in range(5):
    convert.quantize_per_tensor(x, 0.1, 3, qframe.quint8)  # wakes the workers, with one core taken from them
    time.sleep(0.02)
end = time.monotonic() + 10
while any(os.sched_getaffinity(int(t)) != allowed for t in os.listdir("/proc/self/task")):
    assert time.monotonic() < end, "a worker has lost a core"
    time.sleep(0.01)
"""


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux tells affinities")
def test_workers_get_back_the_core_on_which_they_were_not_to_wake() -> None:
    subprocess.run(
        [sys.executable, "-c", AFFINITY], check=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    )
