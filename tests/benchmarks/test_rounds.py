"""Turns: who is asked when, and which times count."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import rounds
from benchmarks.peers.peak_peer import PRODUCTS
from benchmarks.processes import Failed
from benchmarks.workloads import BY_NAME

ADD = BY_NAME["add 1M"]


class FakeProcess:
    """A process with an answer to everything, which logs what it is asked."""

    def __init__(self, name: str, log: list[str], threads: int = 1, **answers: Any) -> None:
        self.name, self.threads, self.log = name, threads, log
        self.sample = answers.get("sample", [1.0, 2.0])
        self.real = answers.get("real")
        self.times = iter(answers.get("times", [3.0, 1.0, 2.0]))
        self.refuses = answers.get("refuses", "")

    def prepare(self, workload: Any, seconds: float) -> dict[str, Any]:
        self.log.append(f"{self.name} prepares")
        if self.refuses:
            raise Failed(self.refuses)
        return {"sample": self.sample, "real": self.real}

    def repeat(self) -> float:
        self.log.append(self.name)
        try:
            return next(self.times)
        except StopIteration:
            raise Failed("failed: gone") from None


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "PAUSE", 0)


def measured(*processes: Any, count: int = 3) -> list[Any]:
    """What the processes measure of one workload."""
    return list(rounds.measure(processes, [ADD], "native", count, 0.01))


def test_processes_take_turns() -> None:
    log: list[str] = []
    measured(FakeProcess("qframe", log), FakeProcess("torch-x86", log), count=2)
    assert log == ["qframe prepares", "torch-x86 prepares", *["qframe", "torch-x86"] * 2]


def test_medians_count_and_each_number_of_threads_is_a_measurement() -> None:
    one, two = measured(FakeProcess("qframe", []), FakeProcess("qframe", [], threads=2, times=[5, 7, 6]))
    assert (one.threads, one.seconds, one.rounds) == (1, {"qframe": 2.0}, 3)
    assert (two.threads, two.seconds) == (2, {"qframe": 6.0})


def test_peak_is_a_speed_and_no_peer() -> None:
    (one,) = measured(FakeProcess("peak", [], sample=[0.0]), FakeProcess("qframe", []))
    assert one.seconds == {"qframe": 2.0}
    assert one.peak == pytest.approx(2 * PRODUCTS / 2.0 / 1e9)


def test_a_peer_that_cannot_is_left_out_with_its_reason() -> None:
    log: list[str] = []
    (one,) = measured(FakeProcess("qframe", []), FakeProcess("torch-x86", log, refuses="not built: add"))
    assert one.seconds == {"qframe": 2.0}
    assert one.notes == {"torch-x86": "not built: add"}
    assert log == ["torch-x86 prepares"]


def test_a_peer_that_breaks_off_has_no_time() -> None:
    (one,) = measured(FakeProcess("qframe", []), FakeProcess("torch-x86", [], times=[1.0]))
    assert one.notes == {"torch-x86": "failed: gone"}
    assert "torch-x86" not in one.seconds


@pytest.mark.parametrize("sample", [[2.0, -1.0], [1.0], [1.0, float("nan")]])
def test_a_result_that_differs_from_qframes_is_refused(sample: list[float]) -> None:
    (one,) = measured(FakeProcess("qframe", []), FakeProcess("torch-x86", [], sample=sample))
    assert "computes something else" in one.notes["torch-x86"]


def test_networks_are_held_to_their_own_float_form() -> None:
    good = FakeProcess("torch-x86", [], sample=[5.0, 1.0], real=[5.0, 1.1])
    bad = FakeProcess("qframe", [], sample=[1.0, 5.0], real=[5.0, 1.0])
    (one,) = measured(bad, good)
    assert list(one.seconds) == ["torch-x86"]
    assert "computes something else" in one.notes["qframe"]


def test_cosine_of_nothing_but_zeros() -> None:
    assert rounds.cosine([0, 0], [0, 0]) == 1
    assert rounds.cosine([0, 0], [1, 0]) == 0
