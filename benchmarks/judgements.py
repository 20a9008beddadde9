"""What the measurements say about the targets, all of them for the CPU's own instruction set."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from . import targets
from .measurements import Measurement, Results
from .processes import NATIVE
from .tables import threads_of
from .targets import Judgement

#: What the note of a peer begins with that lacks an operation.
NOT_BUILT = "not built"
#: The share of the cores' peak that the peak's loop itself reaches on a machine that does nothing else.
UNDISTURBED = 0.85


def of_ratio(m: Measurement) -> Judgement:
    """Judge qframe's time through that of PyTorch's best engine; asked of one thread."""
    bound = targets.allowed_ratio(m.spec) if is_judged(m) else None
    return Judgement(f"{m.workload}: ratio to PyTorch", m.ratio(m.best_torch()), bound)


def of_share(results: Results, m: Measurement) -> Judgement:
    """Judge the share of the machine's peak; asked of one thread."""
    bound = targets.SHARES.get(m.workload) if is_judged(m) else None
    return Judgement(f"{m.workload}: share of the peak", results.share(m), bound, at_least=True)


def of_speed_up(one: Measurement, two: Measurement, peer: str | None) -> Judgement:
    """Judge how much faster a peer is with two threads than with one; asked of qframe."""
    value = quotient(one, two, peer)
    bound = targets.SPEED_UP if peer == "qframe" and targets.is_large(one.spec) else None
    return Judgement(f"{one.workload}: speed-up by a second thread", value, bound, at_least=True)


def of_slow_down(one: Measurement, two: Measurement, peer: str | None) -> Judgement:
    """Judge the time of two threads through that of one while a core is busy; asked of qframe."""
    bound = targets.SLOW_DOWN if peer == "qframe" else None
    return Judgement(f"{one.workload}: slow-down on a busy core", quotient(two, one, peer), bound)


def quotient(a: Measurement, b: Measurement, peer: str | None) -> float | None:
    """Return a peer's time in ``a`` through that in ``b``, or None where one of them is missing."""
    if peer not in a.seconds or peer not in b.seconds:
        return None
    return a.seconds[peer] / b.seconds[peer]


def is_judged(measurement: Measurement) -> bool:
    """Whether targets of ratio and share are meant for this condition."""
    return measurement.isa == NATIVE and measurement.threads == 1 and not measurement.busy


def pairs(results: Results, isa: str, busy: bool) -> list[tuple[Measurement, Measurement]]:
    """Return the measurements of one thread with those of two."""
    one, two = results.chosen(isa, 1, busy), results.chosen(isa, 2, busy)
    return [(one[name], two[name]) for name in one if name in two]


def all_judgements(results: Results) -> Iterator[Judgement]:
    """Judge everything that was measured and is asked for."""
    for measurement in results.chosen(NATIVE, 1).values():
        yield of_ratio(measurement)
        yield of_share(results, measurement)
    for one, two in pairs(results, NATIVE, busy=False):
        yield of_speed_up(one, two, "qframe")
    for one, two in pairs(results, NATIVE, busy=True):
        yield of_slow_down(one, two, "qframe")


def disturbance(results: Results) -> list[str]:
    """Return a line for one thread and for two, if other programs took the cores most of the time."""
    core = results.peak(NATIVE, 1)
    lines = []
    for threads in (1, 2):
        peaks = [m.peak for m in results.chosen(NATIVE, threads).values() if m.peak]
        if core is None or not peaks:
            continue
        reached = statistics.median(peaks) / (threads * core)
        if reached < UNDISTURBED:
            lines.append(
                f"Other programs ran meanwhile, and the figures are worth little: at {threads_of(threads)}, "
                f"even the peak's loop mostly stayed below {100 * reached:.0f} % of what the cores can do."
            )
    return lines


def summary(results: Results) -> list[str]:
    """Return how many targets are met, then a line for each that is missed or cannot be measured yet."""
    judged = [judgement for judgement in all_judgements(results) if judgement.verdict]
    missed = [str(judgement) for judgement in judged if judgement.verdict != "met"]
    not_built = [
        f"{m.workload}: {m.notes['qframe']}"
        for m in results.chosen(NATIVE, 1).values()
        if m.notes.get("qframe", "").startswith(NOT_BUILT)
    ]
    counted = f"{len(judged) - len(missed)} of {len(judged)} targets are met."
    return [counted, *missed, *not_built, *disturbance(results)]
