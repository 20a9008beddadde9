"""Quantize a language model dynamically and measure what that costs and gains.

Run it with ``make demo``, or after ``pip install "qframe[demo]"``::

    python examples/lstm.py [--engine NAME]

The model in ``lstm_model.py``, an LSTM of 240 units that predicts the next character, comes with trained
float weights.  This file quantizes it in one call, which needs no calibration data, and prints the perplexity
of held-out text (between how many characters the model wavers, on average), the size on disk and the time of
100 characters; then what the 8-bit model writes by itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from digits_measure import milliseconds, stored_kilobytes
from lstm_data import decode, encode, in_rows, load_texts
from lstm_model import load_model
from rich.console import Console
from rich.table import Table

import qframe
from qframe import nn, quantization
from qframe.engines import dispatcher, registry
from qframe.nn import functional

ROWS = 32
STEPS = 100
REPETITIONS = 15
BEGINNING = "The object is "
WRITTEN = 160
SEED = 1

Models = dict[str, nn.Module]


@dataclass(frozen=True)
class Result:
    """What was measured of one form of the model."""

    perplexity: float
    kilobytes: float
    milliseconds: float


def quantize_in_every_way(model: nn.Module) -> Models:
    """Return ``model`` as it is, and quantized in three ways; the embedding stays in float."""
    per_channel = quantization.per_channel_dynamic_qconfig
    return {
        "float": model,
        "int8": quantization.quantize_dynamic(model),
        "int8 per channel": quantization.quantize_dynamic(
            model, {nn.LSTM: per_channel, nn.Linear: per_channel}
        ),
        "float16": quantization.quantize_dynamic(model, dtype=qframe.float16),
    }


def pieces(rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield characters of shape (N, up to STEPS) and those that follow them."""
    for start in range(0, rows.shape[1] - 1, STEPS):
        piece = rows[:, start : start + STEPS + 1]
        yield piece[:, :-1], piece[:, 1:]


def perplexity(model: nn.Module, rows: np.ndarray) -> float:
    """Perplexity of every character but the first of each row, the state going on from piece to piece."""
    state, total, count = None, 0.0, 0
    for characters, following in pieces(rows):
        logits, state = model(characters, state)
        chances = functional.log_softmax(logits, dim=2)
        total -= float(np.take_along_axis(chances, following[..., np.newaxis], axis=2).sum(dtype=np.float64))
        count += following.size
    return float(np.exp(total / count))


def write(model: nn.Module, beginning: str, count: int, seed: int) -> str:
    """Let the model go on from ``beginning``, each character drawn from its three best."""
    random = np.random.default_rng(seed)
    characters, state, written = encode(beginning)[np.newaxis], None, []
    for _ in range(count):
        logits, state = model(characters, state)
        best = np.argsort(logits[0, -1])[-3:]
        chances = np.exp(logits[0, -1, best].astype(np.float64))
        characters = random.choice(best, size=(1, 1), p=chances / chances.sum())
        written.append(characters.item())
    return beginning + decode(np.array(written))


def measure(forms: Models, rows: np.ndarray) -> dict[str, Result]:
    """Measure every form on the held-out text; they take turns for the time."""
    sample = rows[:1, :STEPS]
    times = milliseconds({name: partial(model, sample) for name, model in forms.items()}, REPETITIONS)
    return {
        name: Result(perplexity(model, rows), stored_kilobytes(model), times[name])
        for name, model in forms.items()
    }


def run(engine: str | None = None, console: Console | None = None) -> dict[str, Any]:
    """Quantize and measure the model, print the table and return the figures in it.

    Args:
        engine: name of the engine to run on; None takes what qframe chooses.
        console: where to print; None is the standard output.

    Returns:
        ``engine``: its name; ``runs``: the engine that runs the LSTM, which may be a fallback;
        ``characters``: how many were held out; ``results``: by form, a :class:`Result`; ``text``: what the
        8-bit model wrote.
    """
    console = console or Console()
    rows = in_rows(encode(load_texts()[1]), ROWS)
    with qframe.use_engine(engine) if engine else nullcontext():
        forms = quantize_in_every_way(load_model())
        figures: dict[str, Any] = {
            "engine": registry.current(),
            "runs": dispatcher.provider("lstm_pack", registry.current()),
            "characters": rows.size,
            "results": measure(forms, rows),
            "text": write(forms["int8"], BEGINNING, WRITTEN, SEED),
        }
    print_results(figures, console)
    return figures


def print_results(figures: dict[str, Any], console: Console) -> None:
    """Print one row for each form of the model, and the text."""
    title = f"{figures['characters']} held-out characters on engine {figures['engine']}"
    table = Table("form", title=title, caption=f"lstm_pack: {figures['runs']}; one sequence at a time")
    for heading in ("perplexity", "size KB", f"ms / {STEPS} characters"):
        table.add_column(heading, justify="right")
    for form, result in figures["results"].items():
        numbers = f"{result.perplexity:.4f}", f"{result.kilobytes:.1f}", f"{result.milliseconds:.2f}"
        table.add_row(form, *numbers)
    console.print(table)
    console.print("\nThe 8-bit model writes:\n", style="bold")
    console.print(figures["text"], markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the example as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", help="run on this engine instead of the one chosen automatically")
    run(parser.parse_args().engine)


if __name__ == "__main__":
    main()
