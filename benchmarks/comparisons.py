"""The tables that compare qframe with its peers, made from measurements alone."""

from __future__ import annotations

from collections.abc import Iterable

from .judgements import of_ratio, of_share, of_slow_down, of_speed_up, pairs
from .measurements import Measurement, Results
from .processes import LIMITS, NATIVE
from .tables import Table, fraction, milliseconds, percent, threads_of
from .targets import is_large
from .workloads import NETWORK_WORKLOADS, OPERATIONS, TRAINING, Workload

RIVALS = {"onnxruntime": "onnxruntime", "openvino": "OpenVINO"}
Row = list[str]


def operations(results: Results, threads: int) -> Table:
    """Every operation against PyTorch's best engine, with further columns for further instruction sets."""
    first, *others = measured_isas(results, OPERATIONS, threads) or [NATIVE]
    columns = ["operation", "qframe ms", "PyTorch ms", "engine", "ratio", "allowed", "", "GOPS", "of peak"]
    rows = []
    for name, measurement in of_kind(results, OPERATIONS, first, threads).items():
        row = operation_row(results, measurement)
        for isa in others:
            row += short_row(of_kind(results, OPERATIONS, isa, threads).get(name))
        rows.append(row)
    for isa in others:
        columns += [f"{isa}: qframe ms", "PyTorch ms", "ratio"]
    limit = "" if first == NATIVE else f", limited to {first}"
    return Table(f"Operations, {threads_of(threads)}{limit}", columns, rows)


def operation_row(results: Results, m: Measurement) -> Row:
    """One operation under one condition."""
    ratio, share, gops = of_ratio(m), of_share(results, m), m.gops()
    return [
        m.workload,
        own_time(m),
        milliseconds(m.time(m.best_torch())),
        engine(m.best_torch()),
        fraction(ratio.value),
        fraction(ratio.bound),
        ratio.verdict,
        "" if gops is None else f"{gops:.0f}",
        f"{percent(share.value)} {share.verdict}".strip(),
    ]


def short_row(m: Measurement | None) -> Row:
    """The columns of a further instruction set."""
    if m is None:
        return ["", "", ""]
    best = m.best_torch()
    return [own_time(m), milliseconds(m.time(best)), fraction(m.ratio(best))]


def networks(results: Results) -> Table:
    """Every network against all peers, under all conditions."""
    columns = ["network", "limit", "threads", "qframe ms", "PyTorch ms", "engine", "ratio", "allowed", ""]
    for title in RIVALS.values():
        columns += [f"{title} ms", "ratio"]
    rows = [
        network_row(results, m)
        for isa in LIMITS
        for threads in measured_threads(results, isa)
        for m in of_kind(results, NETWORK_WORKLOADS, isa, threads).values()
    ]
    return Table("Networks", columns, rows)


def network_row(results: Results, m: Measurement) -> Row:
    """One network under one condition."""
    name, *compared = operation_row(results, m)[:7]
    rivals: Row = []
    for rival in RIVALS:
        rivals += [milliseconds(m.time(rival)), fraction(m.ratio(rival))]
    return [name, "" if m.isa == NATIVE else m.isa, str(m.threads), *compared, *rivals]


def training(results: Results) -> Table:
    """A training step, for each number of threads."""
    columns = ["workload", "threads", "qframe ms", "PyTorch ms", "ratio", "allowed", ""]
    rows = []
    for threads in measured_threads(results, NATIVE):
        for m in of_kind(results, TRAINING, NATIVE, threads).values():
            name, own, theirs, _, *compared = operation_row(results, m)[:7]
            rows.append([name, str(threads), own, theirs, *compared])
    return Table("Training", columns, rows)


def two_threads(results: Results) -> Table:
    """How much faster two threads are than one, where there is much to do."""
    columns = ["operation", "1 thread ms", "2 threads ms", "speed-up", "wanted", ""]
    columns += ["PyTorch's speed-up", "the peak's"]
    rows = [
        threads_row(one, two)
        for one, two in pairs(results, NATIVE, busy=False)
        if is_large(one.spec) or one.spec in NETWORK_WORKLOADS
    ]
    return Table("Two threads", columns, rows)


def threads_row(one: Measurement, two: Measurement) -> Row:
    """One workload with one thread and with two."""
    ours, theirs = of_speed_up(one, two, "qframe"), of_speed_up(one, two, one.best_torch())
    return [
        one.workload,
        own_time(one),
        own_time(two),
        fraction(ours.value),
        fraction(ours.bound),
        ours.verdict,
        f"{fraction(theirs.value)} ({engine(one.best_torch())})" if theirs.value else "",
        fraction(two.peak / one.peak) if one.peak and two.peak else "",
    ]


def busy_core(results: Results) -> Table:
    """One thread and two while another process keeps a core busy."""
    columns = ("operation", "library", "1 thread ms", "2 threads ms", "slow-down", "allowed", "")
    rows = [
        busy_row(peer, one, two)
        for one, two in pairs(results, NATIVE, busy=True)
        for peer in one.seconds
        if peer in two.seconds
    ]
    return Table("While another process keeps a core busy", columns, rows)


def busy_row(peer: str, one: Measurement, two: Measurement) -> Row:
    """One operation and peer."""
    slower = of_slow_down(one, two, peer)
    return [
        one.workload,
        peer if peer == "qframe" else f"PyTorch {engine(peer)}",
        milliseconds(one.time(peer)),
        milliseconds(two.time(peer)),
        fraction(slower.value),
        fraction(slower.bound),
        slower.verdict,
    ]


def peaks(results: Results) -> Table:
    """The machine's peak under each condition, over all workloads; where it varies, other load was there."""
    rows = []
    for isa in LIMITS:
        for threads in measured_threads(results, isa):
            values = sorted(m.peak for m in results.chosen(isa, threads).values() if m.peak)
            if values:
                instructions = results.titles[isa]["peak"].removeprefix("peak of ")
                found = (f"{value:.0f}" for value in (values[len(values) // 2], values[0], values[-1]))
                rows.append([instructions, str(threads), *found])
    return Table("Measured peak", ("instructions", "threads", "median GOPS", "lowest", "highest"), rows)


def peers(results: Results) -> Table:
    """What was compared, by version."""
    titles = {title: None for by_peer in results.titles.values() for title in by_peer.values()}
    return Table("Compared", ("library",), [[title] for title in titles if not title.startswith("peak")])


def notes(measurements: Iterable[Measurement]) -> list[str]:
    """Return why peers have no time, each reason once."""
    reasons: dict[str, list[str]] = {}
    for measurement in measurements:
        for peer, note in measurement.notes.items():
            reasons.setdefault(f"{peer}: {note}", []).append(measurement.workload)
    return [f"{reason} ({', '.join(dict.fromkeys(names))})" for reason, names in reasons.items()]


def of_kind(
    results: Results, workloads: tuple[Workload, ...], isa: str, threads: int
) -> dict[str, Measurement]:
    """Return by name what was measured of these workloads under one condition."""
    chosen = results.chosen(isa, threads)
    return {name: measurement for name, measurement in chosen.items() if measurement.spec in workloads}


def measured_isas(results: Results, workloads: tuple[Workload, ...], threads: int) -> list[str]:
    """Return the instruction sets for which there is a measurement."""
    return [isa for isa in LIMITS if of_kind(results, workloads, isa, threads)]


def measured_threads(results: Results, isa: str) -> list[int]:
    """Return the numbers of threads for which there is a measurement."""
    return sorted({m.threads for m in results.measurements.values() if m.isa == isa})


def own_time(m: Measurement) -> str:
    """Return qframe's time, or the reason why there is none."""
    return milliseconds(m.time("qframe")) or m.notes.get("qframe", "").partition(":")[0]


def engine(peer: str | None) -> str:
    """Return the engine of a peer that is PyTorch."""
    return (peer or "").removeprefix("torch-")
