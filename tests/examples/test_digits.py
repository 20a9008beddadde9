"""The digits example: the figures that it prints are those of a working quantization."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")
rich_console = pytest.importorskip("rich.console")

EXAMPLES = Path(__file__).parents[2] / "examples"
MODELS = ("cnn", "mlp")
FORMS = ("float", "static int8", "dynamic int8", "dynamic float16")
LAYERS = {"cnn": ["quant", "conv1", "conv2", "skip", "fc"], "mlp": ["quant", "fc1", "fc2", "fc3"]}
#: What remains of float's size: dynamic quantization leaves the CNN's convolutions alone.
SMALLER_THAN = {
    ("cnn", "static int8"): 0.35,
    ("mlp", "static int8"): 0.35,
    ("mlp", "dynamic int8"): 0.35,
    ("mlp", "dynamic float16"): 0.6,
    ("cnn", "dynamic int8"): 0.85,
    ("cnn", "dynamic float16"): 0.95,
}


@pytest.fixture(scope="module")
def figures(example: ModuleType, printed: io.StringIO) -> dict[str, Any]:
    """One run of the whole example on the reference engine."""
    return example.run("reference", console=rich_console.Console(file=printed, width=120))


def test_every_form_of_both_models_is_measured(figures: dict[str, Any]) -> None:
    assert figures["engine"] == "reference"
    assert {model: tuple(results) for model, results in figures["results"].items()} == dict.fromkeys(
        MODELS, FORMS
    )


@pytest.mark.parametrize(("model", "accuracy"), [("cnn", 98.5), ("mlp", 96.0)])
def test_shipped_float_weights_are_well_trained(figures: dict[str, Any], model: str, accuracy: float) -> None:
    assert figures["results"][model]["float"].accuracy >= accuracy


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("form", FORMS[1:])
def test_quantization_costs_at_most_half_a_percentage_point(
    figures: dict[str, Any], model: str, form: str
) -> None:
    results = figures["results"][model]
    assert abs(results[form].accuracy - results["float"].accuracy) <= 0.5


@pytest.mark.parametrize(("model", "form"), SMALLER_THAN)
def test_quantized_state_is_smaller_on_disk(figures: dict[str, Any], model: str, form: str) -> None:
    results = figures["results"][model]
    assert results[form].kilobytes < SMALLER_THAN[model, form] * results["float"].kilobytes


@pytest.mark.parametrize("model", MODELS)
def test_float_size_is_that_of_all_its_weights(
    figures: dict[str, Any], example: ModuleType, model: str
) -> None:
    state = example.load_models()[model].state_dict()
    bare = sum(np.asarray(value).nbytes for value in state.values()) / 1024
    assert bare < figures["results"][model]["float"].kilobytes < 1.1 * bare


@pytest.mark.parametrize("model", MODELS)
def test_every_layer_with_an_output_scale_is_listed_in_order(figures: dict[str, Any], model: str) -> None:
    assert list(figures["layers"][model]) == LAYERS[model]


@pytest.mark.parametrize("model", MODELS)
def test_layers_carry_little_quantization_noise(figures: dict[str, Any], model: str) -> None:
    noise = {path: layer.sqnr for path, layer in figures["layers"][model].items()}
    assert min(noise.values()) > 30
    assert max(noise.values()) < 60  # 8 bits cannot do better: a higher value compares a layer with itself


@pytest.mark.parametrize("model", MODELS)
def test_layers_run_on_the_engine_that_was_asked_for(figures: dict[str, Any], model: str) -> None:
    assert all(layer.kernel.startswith("reference: ") for layer in figures["layers"][model].values())


def test_tables_show_the_figures(figures: dict[str, Any], printed: io.StringIO) -> None:
    text = printed.getvalue()
    for results in figures["results"].values():
        for result in results.values():
            assert f"{result.accuracy:.2f}" in text
            assert f"{result.kilobytes:.1f}" in text
            assert f"{result.milliseconds:.2f}" in text
    for layers in figures["layers"].values():
        assert all(f"{layer.scale:.6f}" in text for layer in layers.values())


def test_output_that_is_no_terminal_is_plain_text(figures: dict[str, Any], printed: io.StringIO) -> None:
    assert "\x1b" not in printed.getvalue()
    assert "Calibrating" not in printed.getvalue()


def test_calibration_shows_its_progress_on_a_terminal(example: ModuleType) -> None:
    screen = io.StringIO()
    seen: list[int] = []
    console = rich_console.Console(file=screen, force_terminal=True, width=80)
    example.calibrate(
        lambda images: seen.append(len(images)), np.zeros((1000, 1, 8, 8)), "Calibrating", console
    )
    assert seen == [32] * 10
    assert "Calibrating" in screen.getvalue()
    assert "100%" in screen.getvalue()


def test_held_out_third_is_disjoint_and_stratified(example: ModuleType) -> None:
    split = example.load_split()
    assert (len(split.train_labels), len(split.test_labels)) == (1198, 599)
    shares = [np.bincount(labels) / len(labels) for labels in (split.train_labels, split.test_labels)]
    np.testing.assert_allclose(*shares, atol=0.002)
    train, test = ({image.tobytes() for image in part} for part in (split.train_images, split.test_images))
    assert len(train & test) == 0


def test_weights_are_small_plain_arrays(example: ModuleType) -> None:
    path = EXAMPLES / "digits_weights.npz"
    assert path.stat().st_size <= 200 * 1024
    with np.load(path, allow_pickle=False) as weights:
        assert {key.split(".")[0] for key in weights} == set(MODELS)
        assert all(weights[key].dtype in (np.float32, np.int64) for key in weights)
