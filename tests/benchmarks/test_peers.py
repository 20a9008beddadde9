"""The peers compute the same from the same numbers."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qframe
from benchmarks.network_models.digits import digits_network
from benchmarks.peers import NotBuilt, Setting, qframe_ops, qframe_peer, torch_ops, torch_peer, training
from benchmarks.processes import ROOT
from benchmarks.rounds import LEAST_AGREEMENT, cosine

# Here an operation may run on the reference engine; the benchmark's own processes forbid it.
pytestmark = pytest.mark.filterwarnings("ignore::qframe.errors.FallbackWarning")
IMAGE = (1, 4, 6, 6)
#: By kind, small sizes.
SMALL: dict[str, tuple[Any, ...]] = {
    "linear": (3, 32, 8),
    "dynamic": (3, 32, 8),
    "conv": (8, 8, 3, 2, 9, 4),
    **dict.fromkeys(("quantize", "dequantize", "add", "mul", "relu", "hardswish", "cat"), (IMAGE,)),
    "max_pool": (IMAGE, 3, 2),
    "global_average_pool": (IMAGE,),
    "bilinear": (IMAGE, 12),
    **dict.fromkeys(("lstm", "gru", "lstm_fp16"), (5, 2, 8, 16)),
    "layer_norm": (3, 32),
    "group_norm": (IMAGE, 2),
    "instance_norm": (IMAGE,),
}


def in_qframe(kind: str) -> np.ndarray:
    """The result's real numbers, unless the operation is still to come."""
    try:
        call = qframe_ops.KINDS[kind](*SMALL[kind])
    except NotBuilt as missing:
        pytest.skip(f"not built: {missing}")
    return np.asarray(qframe_peer.real_numbers(call()))


@pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning", "ignore:.*deprecated:DeprecationWarning")
@pytest.mark.parametrize("kind", qframe_ops.KINDS)
def test_pytorch_computes_the_same(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch: Any = pytest.importorskip("torch")
    monkeypatch.setattr(torch.backends.quantized, "engine", "fbgemm")
    with torch.inference_mode():  # as the benchmark's own processes
        theirs = torch_peer.real_numbers(torch_ops.KINDS[kind](torch, *SMALL[kind])())
    ours = in_qframe(kind)
    assert ours.shape == theirs.shape
    assert cosine(ours.ravel().tolist(), theirs.ravel().tolist()) > LEAST_AGREEMENT["operation"]


@pytest.mark.parametrize("kind", qframe_ops.KINDS)
def test_results_are_not_trivial(kind: str) -> None:
    result = in_qframe(kind)
    assert len(np.unique(result)) > 2
    assert np.isfinite(result).all()


def test_both_libraries_train_the_same_network() -> None:
    """The gradients of the first step, outside of the inference mode of PyTorch's process."""
    torch: Any = pytest.importorskip("torch")
    ours = training.qframe_step(16)
    with torch.inference_mode():
        theirs = training.torch_step(torch, 16)
        expected = theirs.numbers(theirs.call())
        later = theirs.numbers(theirs.call())
    found = ours.numbers(ours.call())
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())
    assert not np.allclose(found, ours.numbers(ours.call()))
    assert not np.allclose(expected, later)


def test_the_trained_network_is_that_of_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    example = importlib.import_module("digits_models").DigitsCNN()
    model = digits_network(qframe.nn, qframe.flatten)
    shapes = {path: array.shape for path, array in model.state_dict().items()}
    assert shapes == {path: array.shape for path, array in example.state_dict().items()}
    x = np.random.default_rng(0).random((2, 1, 8, 8), dtype=np.float32)
    model.load_state_dict(example.state_dict())
    np.testing.assert_array_equal(model.eval()(x), example.eval()(x))


def test_images_lie_channels_last() -> None:
    codes = qframe_ops.activations(*IMAGE).int_repr()
    assert codes.transpose(0, 2, 3, 1).flags.c_contiguous


def test_a_public_name_that_is_not_there_yet_is_named() -> None:
    assert qframe_ops.public("nn.quantized.Linear") is qframe.nn.quantized.Linear
    with pytest.raises(NotBuilt, match=r"qframe\.nn\.quantized\.NoSuchLayer"):
        qframe_ops.public("nn.quantized.NoSuchLayer")


@pytest.mark.skipif(shutil.which("gcc") is None, reason="the peak's loop needs gcc")
def test_peak_runs_the_loop_of_an_instruction_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peak_peer = importlib.import_module("benchmarks.peers.peak_peer")
    monkeypatch.delenv("QFRAME_ISA", raising=False)
    setting = Setting("", 2, tmp_path)
    try:
        peak = peak_peer.peer(setting)
    except ImportError as error:
        pytest.skip(str(error))
    assert peak.run(1000) == 0
    assert peak.title == f"peak of {peak.best()}"
    monkeypatch.setenv("QFRAME_ISA", "portable")
    with pytest.raises(ImportError, match="no loop for portable"):
        peak_peer.peer(setting)
