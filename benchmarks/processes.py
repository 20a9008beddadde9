"""The benchmark's side of the peers' processes: start them, give them orders, read their answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from .peers import NEEDS, PEERS, library
from .workloads import Workload

ROOT = Path(__file__).resolve().parent.parent
NATIVE = "native"
#: What limits the libraries to an instruction set: qframe, PyTorch's own kernels, oneDNN inside PyTorch and
#: OpenVINO, FBGEMM inside PyTorch.  (Each was seen to work: under the last two, PyTorch's sums saturate as on
#: a CPU without VNNI.  onnxruntime offers nothing of the kind.)
LIMITS: dict[str, dict[str, str]] = {
    NATIVE: {},
    "avx2": {
        "QFRAME_ISA": "avx2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "FBGEMM_ENABLE_INSTRUCTIONS": "AVX2",
    },
}
THREAD_VARIABLES = ("QFRAME_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Missing(Exception):
    """A peer cannot run here; the text says why and what helps."""


class Failed(Exception):
    """A peer cannot run a workload; the text says why."""


class Place(NamedTuple):
    """Where a process runs: its interpreter, the folder with prepared files, the instruction set."""

    python: str
    folder: Path
    isa: str


class Process:
    """A peer in a process of its own.

    Args:
        name: in the table of peers.

    Raises:
        Missing: it is not installed where it is looked for.
    """

    def __init__(self, name: str, threads: int, place: Place) -> None:
        self.name, self.threads, self.place = name, threads, place
        self.title = self._start()

    def prepare(self, workload: Workload, seconds: float) -> dict[str, Any]:
        """Let the peer get a workload ready, for repetitions that last about so long.

        Returns:
            ``sample`` and ``real``, as lists of numbers.

        Raises:
            Failed: it cannot run it.
        """
        return self._ask({"prepare": workload.name, "seconds": seconds})

    def repeat(self) -> float:
        """Return the seconds of one call, from one repetition.

        Raises:
            Failed: the process broke off; it starts again for the next workload.
        """
        return float(self._ask({})["seconds"])

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):  # of an order that it did not live to read
                pipe.close()
        self._process.wait()
        self._errors.close()

    def _start(self) -> str:
        command = ["-m", "benchmarks.worker", self.name, str(self.threads), str(self.place.folder)]
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed with the process)
        try:
            self._process = subprocess.Popen(
                [self.place.python, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                cwd=ROOT,
                env=environment(self.threads, self.place.isa),
            )
        except OSError as error:
            self._errors.close()
            raise Missing(f"{self.name} is left out: {error}") from error
        answer = self._answer()
        if "title" in answer:
            return str(answer["title"])
        self.close()
        reason = answer.get("missing") or answer["failed"]
        raise Missing(f"{self.name} is left out: {reason}{advice(self.name, self.place.python)}")

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        if self._process.returncode is not None:
            self._restart()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the missing answer tells why
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        answer = self._answer()
        for reason in ("not built", "failed"):
            if reason in answer:
                raise Failed(f"{reason}: {answer[reason]}")
        return answer

    def _restart(self) -> None:
        self.close()
        try:
            self._start()
        except Missing as problem:
            raise Failed(str(problem)) from problem

    def _answer(self) -> dict[str, Any]:
        """Read a line; where there is none, wait for the end of the process and return its last words."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        code = self._process.wait()
        self._errors.seek(0)
        words = (self._errors.read().strip().splitlines() or ["no error text"])[-1]
        return {"failed": f"its process ended with code {code} ({words})"}


def environment(threads: int, isa: str) -> dict[str, str]:
    """Return the environment of a process that computes with so many threads and this instruction set.

    An operation that engine fbgemm lacks is an error there: the reference's time would say nothing.
    """
    fixed = {"QFRAME_STRICT": "1"} | LIMITS[isa]
    return os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)) | fixed


def advice(name: str, python: str) -> str:
    """Say how a peer is installed, and how a Python that has it is named."""
    if library(name) not in NEEDS:
        return ""
    install = f"{python} -m pip install {NEEDS[library(name)]}"
    return f". Try: {install} (or name a Python that has it: --python {library(name)}=PATH)"


@contextmanager
def started(
    names: Sequence[str], threads: Sequence[int], pythons: Mapping[str, str], folder: Path, isa: str
) -> Iterator[tuple[list[Process], list[str]]]:
    """Start each peer once for each number of threads.

    Args:
        pythons: by library, the interpreter that has it; this one otherwise.

    Yields:
        The processes, which end with the context, and a line for each peer that cannot run.
    """
    processes: list[Process] = []
    problems: dict[str, str] = {}
    try:
        for name in names:
            place = Place(pythons.get(library(name), sys.executable), folder, isa)
            for count in threads:
                try:
                    processes.append(Process(name, count, place))
                except Missing as problem:
                    problems[name] = str(problem)
        yield processes, list(problems.values())
    finally:
        for process in processes:
            process.close()


def able(names: Sequence[str], isa: str, networks: bool) -> list[str]:
    """Return those peers that run such workloads and can be kept to the instruction set."""
    entries = {name: PEERS[name] for name in names}
    return [
        name
        for name, entry in entries.items()
        if (entry.networks if networks else entry.operations) and (isa == NATIVE or entry.limited)
    ]
