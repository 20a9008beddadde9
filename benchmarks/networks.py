"""Eager int8 ResNet-50 and MobileNetV2: qframe against PyTorch, onnxruntime and OpenVINO.

Run ``python benchmarks/networks.py``.  Weights are random but fixed, the batch is one image of 224x224.
Each peer runs in a process of its own, and they take turns, so that other load hits all alike.  A peer that
is not installed is left out with a line that says how to get it; ``--python torch=PATH`` names another
Python that has it.  ``--layers`` shows instead where qframe's time goes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from network_models.architectures import NETWORKS
from network_models.layers import layer_rows
from network_models.peers import NEEDS, PEERS
from network_models.processes import LIMITS, Measured, measure
from network_models.quantized import cosine, exported, float_model, images, quantized_model, random_weights
from timing import print_table

import qframe

COLUMNS = ("peer", "median ms", "fastest ms", "qframe / peer", "cosine with float")
LAYER_COLUMNS = ("layer", "ms", "share", "MMAC", "GOPS", "outside the kernel, µs")
LEAST_AGREEMENT = 0.93
DEFAULT_PEERS = [peer for peer in PEERS if peer != "torch-qnnpack"]


def main() -> None:
    """Prepare the networks, run the peers and print the tables."""
    arguments = parsed()
    os.environ.update(LIMITS.get(arguments.isa, {}))  # before the engine is chosen, here and in all processes
    results = []
    with tempfile.TemporaryDirectory() as folder:
        real = {network: prepare(network, Path(folder)) for network in arguments.networks}
        for network in arguments.networks:
            for threads in arguments.threads:
                if arguments.layers:
                    print_layers(network, Path(folder), threads, arguments)
                else:
                    results.append(compare(network, Path(folder), threads, real[network], arguments))
    if arguments.json:
        Path(arguments.json).write_text(
            json.dumps({"cpu": cpu_name(), "isa": arguments.isa, "results": results}, indent=1) + "\n"
        )


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=DEFAULT_PEERS)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--turns", type=int, default=11, help="of each peer")
    parser.add_argument("--runs", type=int, default=5, help="of the network in each turn")
    parser.add_argument("--python", nargs="+", default=[], type=library_path, metavar="LIBRARY=PATH")
    parser.add_argument(
        "--layers", type=int, nargs="?", const=20, metavar="N", help="show the N slowest layers"
    )
    parser.add_argument("--isa", choices=LIMITS, help="limit the libraries that can be limited")
    parser.add_argument("--json", metavar="FILE", help="store all times")
    return parser.parse_args()


def library_path(text: str) -> tuple[str, str]:
    """Split ``library=path``."""
    library, _, path = text.partition("=")
    if library not in NEEDS or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not LIBRARY=PATH with one of {', '.join(NEEDS)}")
    return library, path


def prepare(network: str, folder: Path) -> np.ndarray:
    """Write what the processes read; return the scores of the float network."""
    architecture = NETWORKS[network]()
    image, calibration = images(1, seed=7), images(4, seed=8)
    weights = random_weights(architecture)
    np.savez(folder / "images.npz", image=image, calibration=calibration)
    np.savez(folder / f"{network}-float.npz", **weights)
    quantized = exported(quantized_model(architecture, weights, calibration))
    np.savez(folder / f"{network}-quantized.npz", **quantized)
    scores: np.ndarray = float_model(architecture, weights)(image)
    return scores


def compare(
    network: str, folder: Path, threads: int, real: np.ndarray, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Measure and print one network with one number of threads; return what is stored."""
    pythons = dict(arguments.python)
    peers = dict.fromkeys(["qframe", *arguments.peers])
    done, problems = measure(list(peers), pythons, folder, network, threads, arguments.turns, arguments.runs)
    title = f"{NETWORKS[network]().title}, {threads} thread{'s' if threads > 1 else ''}, {cpu_name()}"
    print_table(title, COLUMNS, rows(done, real))
    print(*problems, *verdict(done), *warnings_about(done, real), sep="\n")
    stored = {result.title: result.seconds.tolist() for result in done.values()}
    return {"network": network, "threads": threads, "seconds": stored, "missing": problems}


def rows(done: dict[str, Measured], real: np.ndarray) -> list[tuple[str, ...]]:
    """One line for each peer."""
    ours = done.get("qframe")
    return [
        (
            result.title,
            f"{1000 * np.median(result.seconds):.2f}",
            f"{1000 * result.seconds.min():.2f}",
            f"{ratio(ours, result):.2f}" if ours else "",
            f"{agreement(result, real):.4f}",
        )
        for result in done.values()
    ]


def agreement(result: Measured, real: np.ndarray) -> float:
    """Return the cosine of a peer's scores with those of the float network (its own, if it has one)."""
    return cosine(result.scores, real if result.real is None else result.real)


def warnings_about(done: dict[str, Measured], real: np.ndarray) -> list[str]:
    """Name the peers whose network does not work, so that their times mean nothing."""
    return [
        f"{result.title} computes something else than the float network"
        for result in done.values()
        if agreement(result, real) < LEAST_AGREEMENT
    ]


def ratio(ours: Measured, theirs: Measured) -> float:
    """Return the median over the turns of the ratios of the turns' medians."""
    return float(np.median(np.median(ours.seconds, axis=1) / np.median(theirs.seconds, axis=1)))


def verdict(done: dict[str, Measured]) -> Sequence[str]:
    """Compare with PyTorch's best engine."""
    engines = {name: result for name, result in done.items() if name.startswith("torch-")}
    if "qframe" not in done or not engines:
        return []
    best = min(engines.values(), key=lambda result: float(np.median(result.seconds)))
    return [f"qframe / best PyTorch engine ({best.title}): {ratio(done['qframe'], best):.2f}"]


def print_layers(network: str, folder: Path, threads: int, arguments: argparse.Namespace) -> None:
    """Print where the time of qframe goes."""
    qframe.set_num_threads(threads)
    with np.load(folder / f"{network}-float.npz") as file:
        weights = dict(file)
    model = quantized_model(NETWORKS[network](), weights, images(1, seed=8))
    table, summary = layer_rows(model, images(1, seed=7), arguments.turns * arguments.runs, arguments.layers)
    print_table(f"{NETWORKS[network]().title}: slowest layers, {threads} threads", LAYER_COLUMNS, table)
    print("\n".join(summary))


def cpu_name() -> str:
    """Return what the CPU calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
