"""States exported by a living PyTorch load into float modules, which then give PyTorch's outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden.models import MODELS
from oracle.live import Array, tensor, torch
from safetensors.torch import load_file, save_file

import qframe
from qframe import nn


def to_numpy_archive(state: Any, path: Path) -> None:
    """As docs/saving.md says."""
    with path.open("wb") as file:
        np.savez(file, **{key: value.numpy() for key, value in state.items()})


EXPORTS = [pytest.param(to_numpy_archive, id="npz"), pytest.param(save_file, id="safetensors")]
Export = Callable[[Any, Path], None]


def lstm(framework: Any) -> Any:
    """A recurrent layer, whose parameters have names of their own."""
    layers = framework if framework is nn else framework.nn
    return layers.LSTM(5, 4, 2, batch_first=True, bidirectional=True)


def batch(model: Any) -> Array:
    """An input for ``model``."""
    shape = getattr(model, "shape", (2, 7, 5))
    return np.random.default_rng(2).normal(size=shape).astype(np.float32)


def built(name: str, framework: Any) -> Any:
    """The model called ``name``, in evaluation mode."""
    return (lstm if name == "lstm" else MODELS[name])(framework).eval()


@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize("name", ["plain_cnn", "residual", "mlp", "lstm"])
def test_float_states(name: str, export: Export, tmp_path: Path) -> None:
    torch.manual_seed(1)
    theirs, ours = built(name, torch), built(name, nn if name == "lstm" else qframe)
    for buffer, value in theirs.named_buffers():
        if "running" in buffer:
            value.uniform_(0.5, 2)
    export(theirs.state_dict(), tmp_path / "state")
    assert qframe.load_into(ours, tmp_path / "state") == ([], [])
    x = batch(ours)
    with torch.no_grad():
        expected, found = theirs(tensor(x)), ours(x)
    if name == "lstm":
        expected, found = expected[0], found[0]
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)


def test_half_and_bfloat16_states(tmp_path: Path) -> None:
    theirs, ours = torch.nn.Linear(6, 3), nn.Linear(6, 3)
    for dtype in (torch.float16, torch.bfloat16):
        state = {key: value.to(dtype) for key, value in theirs.state_dict().items()}
        save_file(state, tmp_path / "state")
        qframe.load_into(ours, tmp_path / "state")
        np.testing.assert_array_equal(ours.weight, state["weight"].float().numpy())


def test_torch_reads_what_qframe_saves(tmp_path: Path) -> None:
    theirs, ours = torch.nn.Linear(6, 3), nn.Linear(6, 3)
    qframe.save(ours, tmp_path / "state")
    theirs.load_state_dict(load_file(tmp_path / "state"))
    np.testing.assert_array_equal(theirs.weight.detach().numpy(), ours.weight)


def test_a_state_of_torch_tensors_is_saved_as_it_is(tmp_path: Path) -> None:
    theirs, ours = torch.nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    theirs.running_mean.fill_(4)
    state = theirs.state_dict()
    qframe.save({key: value.detach() for key, value in state.items()}, tmp_path / "state")
    qframe.load_into(ours, tmp_path / "state")
    assert ours.running_mean.tolist() == [4, 4, 4]


def test_files_of_torch_save_are_refused(tmp_path: Path) -> None:
    for form in (True, False):
        torch.save(
            torch.nn.Linear(2, 2).state_dict(), tmp_path / "state", _use_new_zipfile_serialization=form
        )
        with pytest.raises(qframe.errors.FileFormatError, match="pickle, which qframe never loads"):
            qframe.load(tmp_path / "state")
