"""Train the digits network with qframe, quantize it, and win back by training what few bits cost.

Run it after ``pip install "qframe[demo]"``::

    python examples/digits_qat.py [--engine NAME] [--seeds N] [--save]

For each seed the float network is trained from random weights.  Then its weights are cut down to 8, 4 and
2 bits in two ways: after training, from ranges that a calibration found; and with rounding in the training,
which is quantization-aware training.  The table tells how many held-out digits are recognised.  ``--save``
writes the float weights of the first seed to ``digits_weights.npz``, which ``digits.py`` starts from.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from digits_data import Split, load_split
from digits_measure import accuracy, batches
from digits_models import WEIGHTS, DigitsCNN, DigitsMLP
from digits_training import BATCH, FINE_TUNING, FLOAT, Plan, train
from rich.console import Console
from rich.table import Table

import qframe
from qframe import nn
from qframe import quantization as tq
from qframe.engines import registry

SEEDS = 3
CALIBRATION_IMAGES = 320
BITS = (8, 4, 2)
MLP_PLAN = Plan(epochs=80, rate=3e-3)


@dataclass(frozen=True)
class Result:
    """Percentages of held-out digits that are recognised, for one seed and one number of bits.

    Attributes:
        float: by the float network.
        ptq: by its integers, quantized after training.
        qat: by the float network that was trained with rounding.
        int8: by the integers of that one.
    """

    float: float
    ptq: float
    qat: float
    int8: float


Results = dict[tuple[int, int], Result]


# 1. What is rounded to how many codes.


def codes(bits: int) -> dict[str, int]:
    """The smallest and the largest of the codes that weights of so many bits may have."""
    return {"quant_min": -(2 ** (bits - 1)), "quant_max": 2 ** (bits - 1) - 1}


def calibration_qconfig(bits: int) -> tq.QConfig:
    """For quantization after training: 8 bits as the engine likes them, or fewer with one scale for all."""
    qconfig = tq.get_default_qconfig(registry.current())
    if bits == 8:
        return qconfig
    weight = tq.default_weight_fake_quant.with_args(observer=tq.MinMaxObserver, **codes(bits))
    return tq.QConfig(qconfig.activation, weight)


def training_qconfig(bits: int) -> tq.QConfig:
    """For training with rounding: the same codes."""
    qconfig = tq.get_default_qat_qconfig(registry.current())
    if bits == 8:
        return qconfig
    return tq.QConfig(qconfig.activation, tq.default_weight_fake_quant.with_args(**codes(bits)))


# 2. Train and quantize.


def fused(model: nn.Module, qconfig: tq.QConfig) -> nn.Module:
    """A copy in which each convolution is one module with its batch norm and ReLU."""
    model = tq.fuse_modules(model, [list(names) for names in model.fusable])
    model.qconfig = qconfig
    return model


def quantize_after_training(model: nn.Module, bits: int, split: Split) -> nn.Module:
    """Return the integers of the trained ``model``, with ranges from a few images."""
    prepared = tq.prepare(fused(model, calibration_qconfig(bits)))
    for images in batches(split.train_images[:CALIBRATION_IMAGES], BATCH):
        prepared(images)
    return tq.convert(prepared)


def train_with_rounding(
    model: nn.Module, bits: int, plan: Plan, split: Split, seed: int, console: Console
) -> nn.Module:
    """Return a copy of ``model`` that was trained further while weights and outputs were rounded."""
    prepared = tq.prepare_qat(fused(deepcopy(model).train(), training_qconfig(bits)))
    return train(prepared, plan, split, seed, f"Seed {seed}: {bits} bits", console)


def new(kind: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A model with weights drawn from ``seed``."""
    qframe.manual_seed(seed)
    return kind()


def run_seed(seed: int, plans: tuple[Plan, Plan], split: Split, console: Console) -> dict[int, Result]:
    """Train one float network, quantize it in both ways and measure; return the results by bits."""
    model = train(new(DigitsCNN, seed), plans[0], split, seed, f"Seed {seed}: float", console)

    def measured(model: nn.Module) -> float:
        return accuracy(model, split.test_images, split.test_labels, BATCH)

    results = {}
    for bits in BITS:
        trained = train_with_rounding(model, bits, plans[1], split, seed, console)
        after = quantize_after_training(model, bits, split)
        results[bits] = Result(*map(measured, (model, after, trained, tq.convert(trained))))
    return results


def run(
    engine: str | None = None,
    seeds: Sequence[int] = range(SEEDS),
    plans: tuple[Plan, Plan] = (FLOAT, FINE_TUNING),
    console: Console | None = None,
) -> Results:
    """Do everything for each seed, print the table and return the figures in it, by (seed, bits).

    Args:
        engine: name of the engine to run on; None takes what qframe chooses.
        plans: for the float network and for training with rounding.
        console: where to print; None is the standard output.
    """
    console = console or Console()
    split = load_split()
    results: Results = {}
    with qframe.use_engine(engine) if engine else nullcontext():
        for seed in seeds:
            found = run_seed(seed, plans, split, console)
            results |= {(seed, bits): result for bits, result in found.items()}
        print_results(results, split, console)
    return results


# 3. Print and save.


def print_results(results: Results, split: Split, console: Console) -> None:
    """Print one row for each number of bits and seed, and one for the mean over the seeds."""
    title = f"% of {len(split.test_labels)} held-out digits on engine {registry.current()}"
    table = Table("weights", "seed", title=title)
    for heading in ("float", "PTQ int8", "QAT rounded", "QAT int8"):
        table.add_column(heading, justify="right")
    for bits in BITS:
        rows = [(str(seed), figures(result)) for (seed, other), result in results.items() if other == bits]
        rows.append(("mean", list(np.mean([row for _, row in rows], axis=0))))
        for seed, row in rows:
            table.add_row(f"{bits} bits", seed, *(f"{figure:.2f}" for figure in row))
        table.add_section()
    console.print(table)


def figures(result: Result) -> list[float]:
    """The columns of the table."""
    return [result.float, result.ptq, result.qat, result.int8]


def save_weights(
    path: Path, split: Split, console: Console, plans: tuple[Plan, Plan] = (FLOAT, MLP_PLAN)
) -> None:
    """Train both float models of ``digits.py`` from seed 0 and write their weights as plain arrays."""
    arrays = {}
    for name, kind, plan in (("cnn", DigitsCNN, plans[0]), ("mlp", DigitsMLP, plans[1])):
        model = train(new(kind, 0), plan, split, 0, f"{name} to save", console)
        arrays |= {f"{name}.{key}": np.asarray(value) for key, value in model.state_dict().items()}
    np.savez(path, **arrays)
    console.print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB")


def main() -> None:
    """Run the example as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", help="run on this engine instead of the one chosen automatically")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many networks (default: {SEEDS})")
    parser.add_argument("--save", action="store_true", help=f"write {WEIGHTS.name} anew, too")
    arguments = parser.parse_args()
    run(arguments.engine, range(arguments.seeds))
    if arguments.save:
        save_weights(WEIGHTS, load_split(), Console())


if __name__ == "__main__":
    main()
