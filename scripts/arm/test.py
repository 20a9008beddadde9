"""Test the engine qnnpack on emulated ARM machines: ``python scripts/arm/test.py [--quick] [--only TEXT]``.

``make test-arm`` sets the emulator up and runs this.  Each job is a process on one machine; as many run at
once as there are CPUs.  A line tells how each went; then comes what failing jobs have printed.  Exit code 1:
some failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
#: As in tests/native/builds.py.
NUMBERS = ("-k", "agrees or saturate or empty or position")
#: Jobs of their own, and a fork of a process with threads, in whose child this QEMU starts no threads.
ELSEWHERE = "not conformance_at_other_sets and not other_machines and not forked_child"


class Job(NamedTuple):
    """Something to run.

    Attributes:
        title: what, for people.
        machine: the CPU that QEMU emulates; empty for tests that start emulated processes themselves.
        command: the arguments of Python.
        isa: the instruction set to force; empty for the machine's best.
    """

    title: str
    machine: str
    command: tuple[str, ...]
    isa: str = ""


def conformance(machine: str, isa: str = "") -> Job:
    """The whole conformance suite."""
    return Job("conformance suite", machine, ("-m", "qframe.testing", "qnnpack"), isa)


def numbers(machine: str) -> Job:
    """What of the conformance suite depends on kernels; the rest is Python, the same on every machine."""
    return Job("numbers of the conformance suite", machine, ("-m", "qframe.testing", "qnnpack", *NUMBERS))


def pytest(title: str, machine: str, *arguments: str) -> Job:
    """Some of the project's tests."""
    return Job(title, machine, ("-m", "pytest", "-x", "-p", "no:cacheprovider", *arguments))


def kernels(machine: str) -> Job:
    """Random shapes, guard pages, microkernels, threads: at each instruction set that a machine has."""
    return pytest("kernels at every set", machine, "tests/native", "-k", f"qnnpack and {ELSEWHERE}")


MODELS = pytest("digits models, choice of the engine, counting", "", "tests/arm")
FEWER = (*MODELS.command, "-k", "not same_bytes or not (a64fx or neoverse)")
QUICK = (MODELS._replace(command=FEWER), numbers("max"), numbers("cortex-a76"), numbers("cortex-a53"))
#: Long ones first.
FULL = (
    kernels("max"),
    kernels("cortex-a76"),
    kernels("cortex-a53"),
    conformance("max"),
    conformance("cortex-a76"),
    conformance("cortex-a53"),
    conformance("max", "portable"),
    pytest("a build without kernels for ARM", "max", "tests/native/test_isa.py", "-k", "other_machines"),
    numbers("a64fx"),
    numbers("neoverse-n1"),
    MODELS,
    pytest("the plugin's own tests", "max", "plugins/qnnpack_arm/tests", "-k", "not TestQnnpack"),
)


class Outcome(NamedTuple):
    """How a job went."""

    job: Job
    code: int
    seconds: float
    output: str


def run(job: Job) -> Outcome:
    """Run a job to its end."""
    emulator = [str(ROOT / "scripts" / "arm" / "run"), "python3"] if job.machine else [sys.executable]
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("QFRAME_ISA", "QEMU_CPU"))
    }
    variables = {"QEMU_CPU": job.machine, "QFRAME_ISA": job.isa} if job.machine else {"QFRAME_TEST_ARM": "1"}
    start = time.monotonic()
    result = subprocess.run(
        [*emulator, *job.command],
        cwd=ROOT,
        env=clean | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(job, result.returncode, time.monotonic() - start, result.stdout)


def describe(outcome: Outcome) -> str:
    """One line for one job."""
    job, verdict = outcome.job, "passed" if outcome.code == 0 else f"FAILED ({outcome.code})"
    where = f"{job.machine or 'all'}{' ' if job.isa else ''}{job.isa}"
    return f"{verdict:<12}{outcome.seconds:7.0f} s  {where:<20}{job.title}"


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a part that takes a few minutes")
    parser.add_argument("--only", default="", help="jobs whose machine or title contains this")
    parser.add_argument(
        "--at-once", type=int, default=os.cpu_count(), help="processes (default: one per CPU)"
    )
    arguments = parser.parse_args()
    jobs = QUICK if arguments.quick else FULL
    jobs = [job for job in jobs if arguments.only in f"{job.machine} {job.isa} {job.title}"]
    return report(outcomes(jobs, arguments.at_once))


def outcomes(jobs: list[Job], at_once: int) -> list[Outcome]:
    """Run jobs, so many at once, and print a line when each has ended."""
    found = []
    with ThreadPoolExecutor(at_once) as pool:
        for future in as_completed([pool.submit(run, job) for job in jobs]):
            found.append(future.result())
            print(describe(found[-1]), flush=True)
    return found


def report(outcomes: list[Outcome]) -> int:
    """Print what failing jobs have printed; return the exit code."""
    failed = [outcome for outcome in outcomes if outcome.code]
    for outcome in failed:
        print(f"\n--- {describe(outcome)}\n{outcome.output[-6000:]}")
    print(f"\n{len(outcomes) - len(failed)} of {len(outcomes)} jobs passed")
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
