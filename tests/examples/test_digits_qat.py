"""The example of quantization-aware training: what it prints is what training with rounding wins back."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import qframe

pytest.importorskip("sklearn")
rich_console = pytest.importorskip("rich.console")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def results(example: ModuleType, printed: io.StringIO) -> Any:
    """A run that is much too short, on the reference engine."""
    plans = example.Plan(2, 3e-3), example.Plan(2, 1e-3, settled=1)
    return example.run("reference", [3, 4], plans, rich_console.Console(file=printed, width=100))


def shipped(example: ModuleType) -> Any:
    """The float network with the weights of the repository."""
    return importlib.import_module("digits_models").load_models()["cnn"]


def test_every_seed_and_number_of_bits_is_measured(example: ModuleType, results: Any) -> None:
    assert set(results) == {(seed, bits) for seed in (3, 4) for bits in example.BITS}
    assert all(0 <= figure <= 100 for result in results.values() for figure in example.figures(result))
    assert min(results[seed, 8].float for seed in (3, 4)) > 50


def test_one_float_network_for_each_seed(example: ModuleType, results: Any) -> None:
    for seed in (3, 4):
        assert len({results[seed, bits].float for bits in example.BITS}) == 1


def test_integers_recognise_what_the_rounded_network_does(results: Any) -> None:
    assert all(abs(result.int8 - result.qat) <= 0.5 for result in results.values())


def test_table_shows_the_figures_and_their_means(
    example: ModuleType, results: Any, printed: io.StringIO
) -> None:
    text = printed.getvalue()
    for result in results.values():
        assert all(f"{figure:.2f}" in text for figure in example.figures(result))
    for bits in example.BITS:
        assert f"{np.mean([results[seed, bits].int8 for seed in (3, 4)]):.2f}" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_training_with_rounding_wins_back_at_least_half(example: ModuleType, bits: int) -> None:
    """From the shipped weights, in a few epochs; with 8 bits there is nothing to win back."""
    split, console = example.load_split(), rich_console.Console(file=io.StringIO())
    plan = example.Plan(epochs=4, rate=1e-3, settled=3)
    with qframe.use_engine("reference"):
        model = shipped(example)
        after = example.quantize_after_training(model, bits, split)
        trained = example.tq.convert(example.train_with_rounding(model, bits, plan, split, 0, console))
        accuracies = [
            example.accuracy(each, split.test_images, split.test_labels, example.BATCH)
            for each in (model, after, trained)
        ]
    whole, lost, regained = accuracies
    if bits == 8:
        assert abs(regained - whole) <= 0.5
    else:
        assert lost < whole - 0.3
        assert regained >= (whole + lost) / 2


def test_weights_stay_within_their_bits(example: ModuleType) -> None:
    with qframe.use_engine("reference"):
        converted = example.quantize_after_training(shipped(example), 2, example.load_split())
    for path in ("conv1", "conv2", "fc"):
        assert set(np.unique(converted.get_submodule(path).weight().int_repr())) <= {-2, -1, 0, 1}


def test_saved_weights_are_those_that_the_demo_loads(example: ModuleType, tmp_path: Path) -> None:
    plans, out = (example.Plan(1, 1e-3), example.Plan(1, 1e-3)), io.StringIO()
    path = tmp_path / "weights.npz"
    example.save_weights(path, example.load_split(), rich_console.Console(file=out), plans)
    with np.load(path) as saved, np.load(EXAMPLES / "digits_weights.npz") as kept:
        assert {key: saved[key].shape for key in saved} == {key: kept[key].shape for key in kept}
    assert "weights.npz" in out.getvalue()


def test_training_shows_its_progress_on_a_terminal(example: ModuleType) -> None:
    screen = io.StringIO()
    console = rich_console.Console(file=screen, force_terminal=True, width=90)
    model = importlib.import_module("digits_models").DigitsMLP()
    example.train(model, example.Plan(1, 1e-3), example.load_split(), 0, "Seed 0: float", console)
    assert "Seed 0: float" in screen.getvalue()
    assert "loss" in screen.getvalue()


def test_the_same_seed_trains_the_same_network(example: ModuleType) -> None:
    def trained() -> Any:
        model = example.new(example.DigitsMLP, 5)
        console = rich_console.Console(file=io.StringIO())
        return example.train(model, example.Plan(1, 1e-3), example.load_split(), 5, "", console).state_dict()

    first, second = trained(), trained()
    for key, value in first.items():
        np.testing.assert_array_equal(second[key], value)
