"""The parts of a benchmark: each measures, prints its tables and keeps the results."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from . import calls, comparisons, import_time, reference
from .busy import busy_core
from .measurements import Results
from .network_models.prepared import prepare
from .processes import NATIVE, able, started
from .rounds import measure
from .tables import Table, show, threads_of
from .workloads import BUSY, NETWORK_WORKLOADS, OPERATIONS, TRAINING, Workload, selected

#: Seconds of a repetition: many calls of an operation, a few of a network; long enough to meet the scheduler.
SECONDS = {"operation": 0.01, "network": 0.1, "busy": 0.1, "training": 0.1}
#: PyTorch's engines whose threads are shown on a busy core.
BUSY_PEERS = ("qframe", "torch-x86", "torch-onednn")
#: To train floats, all of PyTorch's engines are the same.
TRAINING_PEERS = ("qframe", "torch-x86")


class Options(NamedTuple):
    """What the command line asks for.

    Attributes:
        only: parts of the names of the workloads to run; all, if empty.
        pythons: by library, the interpreter that has it.
    """

    isas: Sequence[str]
    threads: Sequence[int]
    rounds: int
    only: list[str]
    peers: Sequence[str]
    pythons: Mapping[str, str]


def compare_operations(options: Options, results: Results) -> None:
    """Every operation, for each instruction set."""
    chosen = selected(OPERATIONS, options.only)
    for isa in options.isas:
        compare(chosen, isa, able(options.peers, isa, networks=False), "operation", options, results)
    for threads in options.threads:
        show(comparisons.operations(results, threads))
    show(comparisons.two_threads(results))
    show(comparisons.peaks(results))


def compare_networks(options: Options, results: Results) -> None:
    """Both networks, for each instruction set."""
    chosen = selected(NETWORK_WORKLOADS, options.only)
    for isa in options.isas:
        compare(chosen, isa, able(options.peers, isa, networks=True), "network", options, results)
    show(comparisons.networks(results))


def compare_on_busy_core(options: Options, results: Results) -> None:
    """One and two threads while another process keeps a core busy."""
    names = [name for name in BUSY_PEERS if name in options.peers]
    compare(selected(BUSY, options.only), NATIVE, names, "busy", options._replace(threads=(1, 2)), results)
    show(comparisons.busy_core(results))


def compare_training(options: Options, results: Results) -> None:
    """A training step of a float network."""
    names = [name for name in TRAINING_PEERS if name in options.peers]
    compare(selected(TRAINING, options.only), NATIVE, names, "training", options, results)
    show(comparisons.training(results))


def compare(
    workloads: Sequence[Workload],
    isa: str,
    names: Sequence[str],
    kind: str,
    options: Options,
    results: Results,
) -> None:
    """Measure some workloads under one condition, and say what is missing."""
    with (
        tempfile.TemporaryDirectory() as name,
        busy_core() if kind == "busy" else nullcontext(),
    ):
        folder = Path(name)
        prepare([w.sizes[0] for w in workloads if w.kind == "network"], folder)
        with started(names, options.threads, options.pythons, folder, isa) as (processes, problems):
            for problem in problems:
                print(problem, file=sys.stderr)
            results.titles.setdefault(isa, {}).update({p.name: p.title for p in processes})
            done = []
            rounds, seconds = options.rounds, SECONDS[kind]
            for measurement in measure(processes, workloads, isa, rounds, seconds, kind == "busy"):
                progress(f"{measurement.workload}, {threads_of(measurement.threads)}, {isa}")
                done.append(measurement)
    progress("")
    results.add(done)
    for note in comparisons.notes(done):
        print(note)


def progress(text: str) -> None:
    """Overwrite a line on the terminal by what is being done; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r{text:70}", end="\r" if not text else "", file=sys.stderr, flush=True)


def keep(name: str, tables: list[Table], results: Results) -> None:
    """Show tables that compare no workloads, and keep them as they are."""
    results.tables[name] = tables
    for table in tables:
        show(table)


def cost_of_calls(options: Options, results: Results) -> None:
    """The Python side of one call."""
    keep("calls", [calls.table(options.rounds)], results)


def cost_of_import(options: Options, results: Results) -> None:
    """``import qframe``."""
    keep("import", import_time.tables(options.rounds), results)


def reference_engine(options: Options, results: Results) -> None:
    """The reference engine against float32."""
    keep("reference", [reference.table(options.rounds)], results)


SECTIONS: dict[str, Callable[[Options, Results], None]] = {
    "ops": compare_operations,
    "networks": compare_networks,
    "busy": compare_on_busy_core,
    "training": compare_training,
    "calls": cost_of_calls,
    "import": cost_of_import,
    "reference": reference_engine,
}
