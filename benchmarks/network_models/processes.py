"""The benchmark's side of the processes: start them, let them take turns, collect their times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .peers import NEEDS

WORKER = Path(__file__).with_name("worker.py")
#: What limits the libraries to an instruction set; onnxruntime offers nothing of the kind.
LIMITS = {
    "avx2": {
        "QFRAME_ISA": "avx2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "FBGEMM_ENABLE_INSTRUCTIONS": "AVX2",
    }
}
#: Seconds between turns, in which the threads of the last one go to sleep.
PAUSE = 0.05


class Missing(Exception):
    """A peer cannot run here; the text says why and what helps."""


class Measured(NamedTuple):
    """What one peer did: its title, its scores, the float network's where it knows them, and its seconds."""

    title: str
    scores: np.ndarray
    real: np.ndarray | None
    seconds: np.ndarray


class Process:
    """A peer that runs one network in a process of its own.

    Args:
        python: the interpreter where the peer is installed.

    Raises:
        Missing: it is not, or the process failed.
    """

    def __init__(self, peer: str, python: str, folder: Path, network: str, threads: int) -> None:
        self.peer, self.python = peer, python
        command = [python, str(WORKER), peer, str(folder), network, str(threads)]
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed with the process)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment(threads),
        )
        try:
            self.introduction: dict[str, Any] = self._answer()
            if "missing" in self.introduction:
                raise Missing(f"{peer} is left out: {self.introduction['missing']}. {advice(peer, python)}")
        except Missing:
            self.close()
            raise

    def run(self, count: int) -> list[float]:
        """Return the seconds of ``count`` runs, one after the other."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the missing answer tells why
            self._process.stdin.write(f"{count}\n")
            self._process.stdin.flush()
        seconds: list[float] = self._answer()
        return seconds

    def close(self) -> None:
        """End the process."""
        with suppress(BrokenPipeError):
            self._process.communicate()
        self._errors.close()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._process.wait()
        self._errors.seek(0)
        reason = (self._errors.read().strip().splitlines() or ["no error text"])[-1]
        raise Missing(f"{self.peer} is left out: its process ended with {reason!r}")


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a process that computes with so many threads."""
    names = ("QFRAME_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return os.environ | dict.fromkeys(names, str(threads))


def advice(peer: str, python: str) -> str:
    """Say how a peer is installed, and how a Python that has it is named."""
    library = peer.partition("-")[0]
    install = f"{python} -m pip install {NEEDS[library]}"
    return f"Try: {install} (or name a Python that has it: --python {library}=PATH)"


def measure(
    peers: Sequence[str],
    pythons: Mapping[str, str],
    folder: Path,
    network: str,
    threads: int,
    turns: int,
    runs: int,
) -> tuple[dict[str, Measured], list[str]]:
    """Let the peers take turns at one network.

    Args:
        pythons: by library, the interpreter that has it; this one otherwise.
        turns: how often each peer's turn comes.
        runs: how often it runs the network in a turn.

    Returns:
        What each peer did, and a line for each that could not run.
    """
    processes, problems = started(peers, pythons, folder, network, threads)
    try:
        seconds, failures = in_turns(processes, turns, runs)
    finally:
        for process in processes:
            process.close()
    done = {p.peer: measured(p, seconds[p.peer]) for p in processes if p.peer in seconds}
    return done, [*problems, *failures]


def started(
    peers: Iterable[str], pythons: Mapping[str, str], folder: Path, network: str, threads: int
) -> tuple[list[Process], list[str]]:
    """Start the peers one after the other; return those that run, and what the others lack."""
    processes, problems = [], []
    for peer in peers:
        python = pythons.get(peer.partition("-")[0], sys.executable)
        try:
            processes.append(Process(peer, python, folder, network, threads))
        except Missing as problem:
            problems.append(str(problem))
        except OSError as problem:
            problems.append(f"{peer} is left out: {problem}")
    return processes, problems


def in_turns(processes: Sequence[Process], turns: int, runs: int) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return each peer's seconds, one row for each turn, and a line for each that broke off."""
    rows: dict[str, list[list[float]]] = {process.peer: [] for process in processes}
    failures = []
    for _ in range(turns):
        for process in [process for process in processes if process.peer in rows]:
            time.sleep(PAUSE)
            try:
                rows[process.peer].append(process.run(runs))
            except Missing as problem:
                failures.append(str(problem))
                del rows[process.peer]
    return {peer: np.array(times) for peer, times in rows.items()}, failures


def measured(process: Process, seconds: np.ndarray) -> Measured:
    """Return a process's introduction and times as one value."""
    said = process.introduction
    real = None if said["real"] is None else np.array(said["real"])
    return Measured(said["title"], np.array(said["scores"]), real, seconds)
