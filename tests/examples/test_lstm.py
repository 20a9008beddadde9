"""The LSTM example: the figures that it prints are those of a working quantization."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

rich_console = pytest.importorskip("rich.console")

EXAMPLES = Path(__file__).parents[2] / "examples"
#: Perplexity of the shipped model is 2.88; another version of Python has a slightly other text.
MOST = 3.2
FORMS = ("float", "int8", "int8 per channel", "float16")


@pytest.fixture(scope="module")
def data(example: ModuleType) -> ModuleType:
    return sys.modules["lstm_data"]


@pytest.fixture(scope="module")
def figures(example: ModuleType, printed: io.StringIO) -> dict[str, Any]:
    """One run of the whole example on the reference engine."""
    return example.run("reference", rich_console.Console(file=printed, width=120))


def test_every_form_is_measured_on_the_engine_that_was_asked_for(figures: dict[str, Any]) -> None:
    assert (figures["engine"], figures["runs"]) == ("reference", "reference")
    assert tuple(figures["results"]) == FORMS
    assert figures["characters"] > 20_000


def test_shipped_float_weights_are_well_trained(figures: dict[str, Any], example: ModuleType) -> None:
    """97 characters; their frequencies alone leave the choice between some twenty."""
    assert figures["results"]["float"].perplexity < MOST
    assert frequencies_alone(example) > 4 * MOST


def frequencies_alone(example: ModuleType) -> float:
    """Perplexity of a model that knows how often each character occurs, and nothing else."""
    training, held_out = (example.encode(text) for text in example.load_texts())
    shares = (np.bincount(training, minlength=97) + 1) / (training.size + 97)
    return float(np.exp(-np.log(shares[held_out]).mean()))


@pytest.mark.parametrize(
    ("form", "cost"), [("int8", 0.005), ("int8 per channel", 0.002), ("float16", 0.0005)]
)
def test_quantization_costs_little(figures: dict[str, Any], form: str, cost: float) -> None:
    ratio = figures["results"][form].perplexity / figures["results"]["float"].perplexity
    assert ratio != 1
    assert abs(ratio - 1) < cost


@pytest.mark.parametrize(("form", "share"), [("int8", 0.31), ("int8 per channel", 0.33), ("float16", 0.52)])
def test_quantized_state_is_smaller_on_disk(figures: dict[str, Any], form: str, share: float) -> None:
    results = figures["results"]
    assert results[form].kilobytes < share * results["float"].kilobytes


def test_float_size_is_that_of_all_its_weights(figures: dict[str, Any], example: ModuleType) -> None:
    bare = sum(np.asarray(value).nbytes for value in example.load_model().state_dict().values()) / 1024
    assert bare < figures["results"]["float"].kilobytes < 1.1 * bare


def test_table_and_text_are_printed(figures: dict[str, Any], printed: io.StringIO) -> None:
    text = printed.getvalue()
    assert "\x1b" not in text
    for result in figures["results"].values():
        assert f"{result.perplexity:.4f}" in text
        assert f"{result.kilobytes:.1f}" in text
        assert f"{result.milliseconds:.2f}" in text
    assert figures["text"] in text


def test_what_it_writes_goes_on_from_the_beginning_in_words_of_the_reference(
    figures: dict[str, Any], example: ModuleType
) -> None:
    text = figures["text"]
    assert text.startswith(example.BEGINNING)
    assert len(text) == len(example.BEGINNING) + example.WRITTEN
    known = set(" ".join(example.load_texts()).split())
    words = text.split()[:-1]
    assert sum(word in known for word in words) > 0.7 * len(words)


def test_writing_and_measuring_carry_the_state_on(example: ModuleType) -> None:
    """In pieces, characters are as likely as all at once."""
    model = example.load_model()
    rows = example.in_rows(example.encode(example.load_texts()[1])[:2002], 2)
    logits, _ = model(rows[:, :-1])
    chances = example.functional.log_softmax(logits, dim=2)
    whole = np.exp(-np.take_along_axis(chances, rows[:, 1:, np.newaxis], axis=2).mean())
    assert example.perplexity(model, rows) == pytest.approx(whole, rel=1e-5)


def test_the_held_out_tenth_is_disjoint_and_does_not_depend_on_the_rest(data: ModuleType) -> None:
    training, held_out = data.load_texts()
    assert 0.08 < len(held_out) / (len(training) + len(held_out)) < 0.12
    parts = data.paragraphs()
    words = [data.words_of(part) for part in parts]
    assert len(set(words)) == len(words)
    assert {part for part in parts if data.is_held_out(part)} == {
        part for part in held_out.split("\n\n") if part in set(parts)
    }


def test_characters_become_numbers_and_back(data: ModuleType) -> None:
    assert data.decode(data.encode("a b\n~")) == "a b\n~"
    assert data.encode("é").tolist() == [0]
    np.testing.assert_array_equal(data.in_rows(np.arange(7), 2), [[0, 1, 2], [3, 4, 5]])


def test_weights_are_small_plain_arrays(example: ModuleType) -> None:
    path = EXAMPLES / "lstm_weights.npz"
    assert path.stat().st_size <= 600 * 1024
    with np.load(path, allow_pickle=False) as weights:
        assert {weights[key].dtype for key in weights} == {np.dtype(np.int16), np.dtype(np.float32)}
