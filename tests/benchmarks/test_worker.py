"""The worker's answers to orders."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks import worker
from benchmarks.peers import NotBuilt, Prepared
from benchmarks.workloads import Workload


class FakePeer:
    """A peer whose workloads return a constant, or raise."""

    title = "fake"

    def __init__(self, call: Callable[[], Any], real: Any = None) -> None:
        self.prepared = Prepared(call, real=real)
        self.asked: list[str] = []

    def prepare(self, workload: Workload) -> Prepared:
        self.asked.append(workload.name)
        return self.prepared


def answers(peer: FakePeer, *orders: dict[str, Any]) -> list[dict[str, Any]]:
    """What the worker says to these orders."""
    said: list[dict[str, Any]] = []
    worker.serve(peer, io.StringIO("".join(json.dumps(order) + "\n" for order in orders)), said.append)
    return said


PREPARE = {"prepare": "add 1M", "seconds": 0.0001}


def test_preparing_answers_a_sample_and_repeating_the_time() -> None:
    peer = FakePeer(lambda: np.arange(3.0), real=np.ones(3))
    prepared, repeated = answers(peer, PREPARE, {})
    assert prepared == {"sample": [0.0, 1.0, 2.0], "real": [1.0, 1.0, 1.0]}
    assert repeated["seconds"] > 0
    assert peer.asked == ["add 1M"]


def test_long_results_are_sampled_evenly() -> None:
    (prepared,) = answers(FakePeer(lambda: np.arange(1_000_000.0)), PREPARE)
    assert prepared["sample"] == [1000.0 * i for i in range(1000)]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (NotBuilt("qframe.nn.X"), {"not built": "qframe.nn.X"}),
        (NotImplementedError("no such op. Try another"), {"not built": "no such op"}),
        (RuntimeError("bad\nstack"), {"failed": "RuntimeError: bad"}),
    ],
)
def test_errors_are_answers(error: Exception, answer: dict[str, str]) -> None:
    def fail() -> None:
        raise error

    assert answers(FakePeer(fail), PREPARE) == [answer]


def test_a_repetition_has_as_many_calls_as_its_time_takes() -> None:
    calls: list[None] = []
    prepared = Prepared(lambda: calls.append(None))
    assert worker.calls_in(prepared, 0.01) > 1000
    assert worker.calls_in(prepared, 0.0) == 1
    calls.clear()
    worker.seconds_per_call(prepared, 5)
    assert len(calls) == 6  # one of them is not timed
