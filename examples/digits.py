"""Quantize two trained models of handwritten digits and measure what that costs and gains.

Run it with ``make demo``, or after ``pip install "qframe[demo]"``::

    python examples/digits.py [--engine NAME] [--batch N]

The models in ``digits_models.py`` come with trained float weights.  This file calibrates them on
images of the training set, converts them to 8 bits and prints tables of accuracy on the held-out
third, size on disk, time per batch and, layer by layer, the noise that quantization adds.
"""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from digits_data import Split, load_split
from digits_measure import accuracy, batches, layer_sqnr, milliseconds, stored_kilobytes
from digits_models import load_models
from rich.console import Console
from rich.progress import track
from rich.table import Table

import qframe
from qframe import nn, quantization
from qframe.engines import dispatcher, registry

CALIBRATION_IMAGES = 320
CALIBRATION_BATCH = 32
REPETITIONS = 15

#: The op that does the work of each kind of layer, or that packs its weights for the engine.
OPS = {
    nn.quantized.Quantize: "quantize_per_tensor",
    nn.quantized.Conv2d: "conv2d_pack",
    nn.quantized.Linear: "linear_pack",
    nn.quantized.QFunctional: "add",
}

Models = dict[str, nn.Module]


@dataclass(frozen=True)
class Result:
    """What was measured of one form of one model."""

    accuracy: float
    kilobytes: float
    milliseconds: float


@dataclass(frozen=True)
class Layer:
    """What was measured of one layer of a static model, and what runs it."""

    sqnr: float
    scale: float
    zero_point: int
    kernel: str


# 1. Quantize.


def fuse(model: nn.Module) -> nn.Module:
    """Make one module of each convolution or linear layer with its batch norm and ReLU."""
    return quantization.fuse_modules(model, [list(names) for names in model.fusable])


def calibrate(prepared: nn.Module, images: np.ndarray, title: str, console: Console) -> None:
    """Show sample images to the observers, which record the range of every activation."""
    parts = batches(images[:CALIBRATION_IMAGES], CALIBRATION_BATCH)
    for part in track(parts, title, console=console, disable=not console.is_terminal):
        prepared(part)


def quantize_statically(fused: nn.Module, images: np.ndarray, title: str, console: Console) -> nn.Module:
    """Return ``fused`` with 8-bit weights and with activations whose ranges come from ``images``."""
    fused.qconfig = quantization.get_default_qconfig(qframe.backends.quantized.engine)
    prepared = quantization.prepare(fused)
    calibrate(prepared, images, title, console)
    return quantization.convert(prepared)


def quantize_in_every_way(model: nn.Module, images: np.ndarray, title: str, console: Console) -> Models:
    """Return ``model`` as it is, and quantized in three ways; dynamic ones need no sample images."""
    return {
        "float": model,
        "static int8": quantize_statically(fuse(model), images, title, console),
        "dynamic int8": quantization.quantize_dynamic(model),
        "dynamic float16": quantization.quantize_dynamic(model, dtype=qframe.float16),
    }


# 2. Measure.


def measure(forms: Models, split: Split, batch: int) -> dict[str, Result]:
    """Measure every form of one model on the held-out images; they take turns for the time."""
    sample = split.test_images[:batch]
    times = milliseconds({name: partial(model, sample) for name, model in forms.items()}, REPETITIONS)
    return {
        name: Result(
            accuracy(model, split.test_images, split.test_labels, batch), stored_kilobytes(model), times[name]
        )
        for name, model in forms.items()
    }


def measure_layers(model: nn.Module, static: nn.Module, images: np.ndarray) -> dict[str, Layer]:
    """Compare the output of each quantized layer with that of the same layer in float."""
    modules = dict(static.named_modules())
    noise = layer_sqnr(fuse(model), static, images)
    return {path: describe(modules[path], decibels) for path, decibels in noise.items()}


def describe(module: nn.Module, decibels: float) -> Layer:
    """Put together what is known of one quantized layer."""
    scale, zero_point = np.asarray(module.scale).item(), np.asarray(module.zero_point).item()
    return Layer(decibels, scale, zero_point, kernel_of(module))


def kernel_of(module: nn.Module) -> str:
    """Name the engine whose kernel runs ``module``, which may be a fallback, and the op."""
    op = next(name for kind, name in OPS.items() if isinstance(module, kind))
    engine = dispatcher.provider(op, registry.current())
    return f"{engine}: {op}"


def run(engine: str | None = None, batch: int = 64, console: Console | None = None) -> dict[str, Any]:
    """Quantize and measure both models, print the tables and return the figures in them.

    Args:
        engine: name of the engine to run on; None takes what qframe chooses.
        batch: images per batch in accuracy and time.
        console: where to print; None is the standard output.

    Returns:
        ``engine``, ``summary``: its name and what it says of itself; ``results``: by model and form,
        a :class:`Result`; ``layers``: by model and path, a :class:`Layer`.
    """
    console = console or Console()
    split = load_split()
    with qframe.use_engine(engine) if engine else nullcontext():
        descriptor = registry.descriptor()
        figures: dict[str, Any] = {"engine": descriptor.name, "summary": descriptor.summary}
        figures |= {"results": {}, "layers": {}}
        for name, model in load_models().items():
            forms = quantize_in_every_way(model, split.train_images, f"Calibrating the {name}", console)
            figures["results"][name] = measure(forms, split, batch)
            figures["layers"][name] = measure_layers(model, forms["static int8"], split.test_images[:batch])
    print_results(figures, split, batch, console)
    print_layers(figures, console)
    return figures


# 3. Print.


def print_results(figures: dict[str, Any], split: Split, batch: int, console: Console) -> None:
    """Print one row for each form of each model."""
    title = f"{len(split.test_labels)} held-out digits on engine {figures['engine']}"
    table = Table("model", "form", title=title)
    for heading in ("accuracy %", "size KB", f"ms / {batch} images", "engine"):
        table.add_column(heading, justify="right")
    for model, results in figures["results"].items():
        for form, result in results.items():
            engine = "NumPy" if form == "float" else figures["engine"]
            numbers = f"{result.accuracy:.2f}", f"{result.kilobytes:.1f}", f"{result.milliseconds:.2f}"
            table.add_row(model, form, *numbers, engine)
        table.add_section()
    console.print(table)


def print_layers(figures: dict[str, Any], console: Console) -> None:
    """Print one table for each static model with a row for each layer, and what the engine says of itself."""
    for model, layers in figures["layers"].items():
        caption = f"{figures['engine']}: {figures['summary']}"
        table = Table("layer", title=f"{model}, static int8 against float, layer by layer", caption=caption)
        for heading in ("SQNR dB", "scale", "zero point", "kernel"):
            table.add_column(heading, justify="right")
        for path, layer in layers.items():
            table.add_row(
                path, f"{layer.sqnr:.1f}", f"{layer.scale:.6f}", str(layer.zero_point), layer.kernel
            )
        console.print(table)


def main() -> None:
    """Run the example as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", help="run on this engine instead of the one chosen automatically")
    parser.add_argument("--batch", type=int, default=64, help="images per batch (default: 64)")
    arguments = parser.parse_args()
    run(arguments.engine, arguments.batch)


if __name__ == "__main__":
    main()
