"""Quantization-aware training: losses, gradients, statistics and integers of PyTorch 1.6."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from golden.store import Case
from oracle.compare import golden
from oracle.training import assert_buffers, assert_gradients, loss_and_gradients, prepared

from qframe import quantization

RATE = np.float32(0.05)
QCONFIGS = {
    "default": quantization.default_qat_qconfig,
    "fbgemm": quantization.get_default_qat_qconfig("fbgemm"),
    "qnnpack": quantization.get_default_qat_qconfig("qnnpack"),
}


def entries(case: Case, prefix: str) -> dict[str, Any]:
    return {key[len(prefix) :]: case[key] for key in case.keys(prefix)}


def trained(case: Case) -> Any:
    """Two plain steps, compared on the way."""
    model = prepared(case.params["layer"], QCONFIGS[case.params["qconfig"]], entries(case, "state/"))
    for step, (x, target) in enumerate(zip(case["x"], case["target"], strict=True)):
        loss, gradients = loss_and_gradients(model, x, target)
        assert loss == pytest.approx(float(case[f"step{step}/loss"]), rel=1e-5)
        assert_gradients(gradients, entries(case, f"step{step}/grad/"))
        assert_buffers(model.state_dict(), entries(case, f"step{step}/buffer/"))
        for name, parameter in gradients.parameters.items():
            parameter -= RATE * gradients[name]
    return model


@golden("qat")
def test_steps_and_integers(case: Case) -> None:
    """Nothing is observed after the last step, so that both convert with the same weight ranges."""
    model = trained(case).eval()
    model.apply(quantization.disable_observer)
    scale, zero_point = case["qparams"]
    evaluated = model(case["x"][0])
    assert np.abs(evaluated - case["evaluated"]).max() <= 1.01 * scale
    assert np.mean(np.abs(evaluated - case["evaluated"]) > 0.1 * scale) < 0.01
    layer = quantization.convert(model)[1][0]
    assert type(layer).__name__ == case.params["type"]
    assert layer.scale == pytest.approx(scale, rel=1e-5)
    assert layer.zero_point == zero_point
    np.testing.assert_allclose(layer.bias(), case["bias"], rtol=1e-4, atol=1e-6)
    steps = np.abs(layer.weight().int_repr() - case["weight"].astype(int))
    assert steps.max() <= 1
    assert steps.mean() < 0.01
