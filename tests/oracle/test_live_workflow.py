"""A state_dict of a living PyTorch 2, quantized by both: same qparams, same integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from golden.models import MODELS, qconfigs
from golden.store import load
from oracle.compare import assert_codes
from oracle.live import codes_of, fbgemm, tensor, torch

import qframe
import qframe.quantization

pytestmark = pytest.mark.filterwarnings("ignore")


def quantized(framework: Any, name: str, qconfig: str, state: Any, batch: Any) -> Any:
    """Build, load, fuse, calibrate on one batch and convert; the same steps in either framework."""
    model = MODELS[name](framework).eval()
    model.load_state_dict(state)
    fused = framework.quantization.fuse_modules(model, model.fuse)
    fused.qconfig = qconfigs(framework.quantization)[qconfig]
    prepared = framework.quantization.prepare(fused)
    prepared(batch)
    return framework.quantization.convert(prepared)


@pytest.mark.parametrize("qconfig", ["default", "fbgemm"])
@pytest.mark.parametrize("name", ["plain_cnn", "mlp"])
def test_calibrate_and_convert(name: str, qconfig: str) -> None:
    """Float32 sums of weights and calibration batch are exact (tests/golden); the other batch is random."""
    fbgemm()
    case = next(c for c in load("workflow") if c.name == f"{name}[{qconfig}]")
    state = {key[len("state/") :]: case[key] for key in case.keys("state/")}
    batch = case["calibration"][0]
    other = quantized(
        torch, name, qconfig, {key: tensor(value) for key, value in state.items()}, tensor(batch)
    )
    ours = quantized(qframe, name, qconfig, state, batch)
    compare_qparams(dict(ours.named_modules()), dict(other.named_modules()))
    x = np.float32(np.random.default_rng(9).uniform(-2, 2, batch.shape))
    seen: list[Any] = []
    for model in (ours, other):
        model.dequant.register_forward_pre_hook(lambda module, arguments: seen.append(arguments[0]))
    ours(x)
    other(tensor(x))
    assert_codes(seen[0], codes_of(seen[1]))


def compare_qparams(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Every quantized module has the same scale, zero point and weight."""
    names = [name for name, module in theirs.items() if hasattr(module, "scale")]
    assert names
    for name in names:
        a, b = ours[name], theirs[name]
        np.testing.assert_array_max_ulp(
            np.float32(np.ravel(a.scale)), np.float32(np.ravel(b.scale)), maxulp=1
        )
        assert np.asarray(a.zero_point).item() == int(b.zero_point)
        if hasattr(b, "weight"):
            assert_codes(a.weight(), codes_of(b.weight()))


@pytest.mark.parametrize("qconfig", ["default_dynamic_qconfig", "per_channel_dynamic_qconfig"])
def test_quantize_dynamic(qconfig: str) -> None:
    """Same weights; outputs differ, as PyTorch reduces the range of activations by default."""
    fbgemm()
    torch.manual_seed(4)
    model = MODELS["mlp"](torch)
    mine = MODELS["mlp"](qframe)
    mine.load_state_dict({key: value.numpy() for key, value in model.state_dict().items()})
    converted = []
    for framework, float_model in ((qframe, mine), (torch, model)):
        spec = {framework.nn.Linear: getattr(framework.quantization, qconfig)}
        converted.append(framework.quantization.quantize_dynamic(float_model, spec))
    for name in ("fc1", "fc2", "fc3"):
        ours, theirs = (getattr(each, name) for each in converted)
        assert_codes(ours.weight(), codes_of(theirs.weight()))
        if theirs.bias() is None:
            assert ours.bias() is None
        else:
            np.testing.assert_array_equal(ours.bias(), theirs.bias().detach().numpy())


@pytest.mark.parametrize("seed", range(3))
def test_random_floats_within_one_step(seed: int) -> None:
    """Ordinary weights: the order of sums moves a scale by a few last places, rarely an integer by a step."""
    fbgemm()
    torch.manual_seed(seed)
    model = MODELS["plain_cnn"](torch).eval()
    state = model.state_dict()
    rng = np.random.default_rng(seed)
    batch = np.float32(rng.normal(size=model.shape))
    other = quantized(torch, "plain_cnn", "default", state, tensor(batch))
    ours = quantized(qframe, "plain_cnn", "default", {k: v.numpy() for k, v in state.items()}, batch)
    for name, module in other.named_modules():
        if hasattr(module, "scale"):
            mine = dict(ours.named_modules())[name]
            assert np.asarray(mine.scale).item() == pytest.approx(float(module.scale), rel=1e-5)
            assert np.asarray(mine.zero_point).item() == int(module.zero_point)
    # The batch that was calibrated with: beyond its ranges codes exceed 127 and PyTorch's kernels saturate.
    difference = np.abs(ours(batch) - other(tensor(batch)).numpy()) / float(other.fc.scale)
    assert difference.max() <= 1.01
    assert np.mean(difference > 0.5) < 0.05
