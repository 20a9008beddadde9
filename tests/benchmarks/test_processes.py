"""The peers' processes: their environment, their answers, and what happens when they end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import processes
from benchmarks.peers import PEERS
from benchmarks.processes import Failed, Missing, Place, Process
from benchmarks.workloads import BY_NAME

TINY = BY_NAME["linear 1x16x16"]


def script(folder: Path, text: str) -> Place:
    """A program that is run in place of Python."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return Place(str(file), folder, "native")


def test_environment_sets_threads_and_limits() -> None:
    plain, limited = processes.environment(2, "native"), processes.environment(1, "avx2")
    assert plain["OMP_NUM_THREADS"] == plain["QFRAME_NUM_THREADS"] == "2"
    assert limited["ATEN_CPU_CAPABILITY"] == limited["QFRAME_ISA"] == "avx2"
    assert plain["QFRAME_STRICT"] == "1"


def test_only_networks_are_given_to_those_who_run_no_operations() -> None:
    assert "openvino" not in processes.able(list(PEERS), "native", networks=False)
    assert "openvino" in processes.able(list(PEERS), "avx2", networks=True)
    assert "onnxruntime" not in processes.able(list(PEERS), "avx2", networks=True)


def test_qframe_runs_in_a_process(tmp_path: Path) -> None:
    process = Process("qframe", 1, Place(sys.executable, tmp_path, "native"))
    try:
        assert process.title.startswith("qframe")
        answer = process.prepare(TINY, seconds=0.001)
        assert len(answer["sample"]) == 16
        assert process.repeat() > 0
    finally:
        process.close()


def test_missing_library_is_told_with_what_helps(tmp_path: Path) -> None:
    place = script(tmp_path, """echo '{"missing": "No module named torch"}'""")
    with pytest.raises(
        Missing, match=r"torch-x86 is left out: No module named torch\. Try: .* pip install torch"
    ):
        Process("torch-x86", 1, place)


def test_missing_interpreter_is_told(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="qframe is left out"):
        Process("qframe", 1, Place(str(tmp_path / "nothing"), tmp_path, "native"))


def test_a_process_that_ends_says_its_last_words_and_starts_again(tmp_path: Path) -> None:
    place = script(
        tmp_path, """echo start >>"$0.log"; echo '{"title": "it"}'; read order; echo end >&2; exit 3"""
    )
    process = Process("peak", 1, place)
    try:
        for _ in range(2):
            with pytest.raises(Failed, match=r"failed: its process ended with code 3 \(end\)"):
                process.prepare(TINY, seconds=0.001)
    finally:
        process.close()
    assert (tmp_path / "python.log").read_text().split() == ["start", "start"]


def test_those_that_cannot_start_are_listed_once(tmp_path: Path) -> None:
    pythons = {"torch": str(tmp_path / "nothing")}
    with processes.started(["torch-x86"], [1, 2], pythons, tmp_path, "native") as (running, problems):
        assert running == []
        assert len(problems) == 1
