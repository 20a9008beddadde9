"""fuse, prepare, calibrate, convert: qparams and integers of PyTorch 1.6, three models by three qconfigs.

No float32 operation of these models rounds (see tests/golden), so that there is nothing to tolerate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from golden.models import MODELS, qconfigs
from golden.store import Case, load
from oracle.compare import assert_codes, golden

import qframe
import qframe.nn
import qframe.quantization


@golden("workflow", op="fold")
def test_batch_norm_folds_to_the_same_bits(case: Case) -> None:
    rank = case.params["rank"]
    conv = getattr(qframe.nn, f"Conv{rank}d")(4, 6, 3, bias=case.params["with_bias"], groups=2)
    norm = getattr(qframe.nn, f"BatchNorm{rank}d")(6, eps=1e-3)
    model = qframe.nn.Sequential(conv, norm, *([qframe.nn.ReLU()] if case.params["relu"] else [])).eval()
    for prefix, module in (("conv.", conv), ("bn.", norm)):
        state = dict(module.state_dict())
        state.update({key[len(prefix) :]: case[key] for key in case.keys(prefix)})
        module.load_state_dict(state)
    fused = qframe.quantization.fuse_modules(model, [str(i) for i in range(len(model))])[0]
    assert type(fused).__name__ == case.params["type"]
    folded = fused[0] if case.params["relu"] else fused
    np.testing.assert_array_equal(folded.weight, case["weight"])
    np.testing.assert_array_equal(folded.bias, case["bias"])


def float_model(case: Case) -> Any:
    model = MODELS[case.params["model"]](qframe).eval()
    model.load_state_dict({key[len("state/") :]: case[key] for key in case.keys("state/")})
    return model


def calibrated(case: Case) -> Any:
    model = float_model(case)
    fused = qframe.quantization.fuse_modules(model, model.fuse)
    fused.qconfig = qconfigs(qframe.quantization)[case.params["qconfig"]]
    prepared = qframe.quantization.prepare(fused)
    for batch in case["calibration"]:
        prepared(batch)
    return prepared


@golden("workflow", op="workflow")
def test_float_model(case: Case) -> None:
    """The state_dict of PyTorch loads as it is, and the float model gives the same bits."""
    np.testing.assert_array_equal(float_model(case)(case["evaluation"]), case["float_output"])


@golden("workflow", op="workflow")
def test_qparams_of_every_module(case: Case) -> None:
    modules = dict(qframe.quantization.convert(calibrated(case)).named_modules())
    found = {path: module for path, module in modules.items() if hasattr(module, "scale")}
    assert found.keys() == case.params["modules"].keys()
    for path, expected in case.params["modules"].items():
        module = found[path]
        assert type(module).__name__ == expected["type"], path
        assert np.float32(np.asarray(module.scale).item()) == np.float32(expected["scale"]), path
        assert np.asarray(module.zero_point).item() == expected["zero_point"], path
        if "per_channel" in expected:
            check_weight(module, path, case, expected["per_channel"])


def check_weight(module: Any, path: str, case: Case, per_channel: bool) -> None:
    """Codes, qparams and bias of a converted linear or convolution."""
    weight, bias = module.weight(), module.bias()
    assert_codes(weight, case[f"weight/{path}"])
    scales, zeros = case[f"weight_scale/{path}"], case[f"weight_zero_point/{path}"]
    if per_channel:
        np.testing.assert_array_equal(weight.q_per_channel_scales(), scales)
        np.testing.assert_array_equal(weight.q_per_channel_zero_points(), zeros)
        assert weight.q_per_channel_axis() == 0
    else:
        assert (weight.q_scale(), weight.q_zero_point()) == (scales.item(), zeros.item())
    if f"bias/{path}" in case:
        np.testing.assert_array_equal(bias, case[f"bias/{path}"])
    else:
        assert bias is None


def check_output(model: Any, case: Case) -> None:
    """Compare the integers that reach the DeQuantize module, and the floats that leave it."""
    reached: list[Any] = []
    model.dequant.register_forward_pre_hook(lambda module, arguments: reached.append(arguments[0]))
    output = model(case["evaluation"])
    assert_codes(reached[0], case["codes"])
    np.testing.assert_array_equal(output, case["output"])


@golden("workflow", op="workflow")
def test_integers_of_the_converted_model(case: Case) -> None:
    check_output(qframe.quantization.convert(calibrated(case)), case)


@golden("workflow", op="workflow", qconfig="default")
def test_converted_state_loads_into_a_fresh_conversion(case: Case) -> None:
    converted = qframe.quantization.convert(calibrated(case))
    fresh = float_model(case)
    fused = qframe.quantization.fuse_modules(fresh, fresh.fuse)
    fused.qconfig = qconfigs(qframe.quantization)[case.params["qconfig"]]
    prepared = qframe.quantization.prepare(fused)
    prepared(case["calibration"][0] * 0.5)
    second = qframe.quantization.convert(prepared)
    second.load_state_dict(converted.state_dict())
    check_output(second, case)


@golden("workflow", op="workflow", qconfig="fbgemm")
def test_quantize_in_one_call(case: Case) -> None:
    def run(model: Any, batches: Any) -> None:
        for batch in batches:
            model(batch)

    model = float_model(case)
    fused = qframe.quantization.fuse_modules(model, model.fuse)
    fused.qconfig = qconfigs(qframe.quantization)["fbgemm"]
    check_output(qframe.quantization.quantize(fused, run, [case["calibration"]]), case)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_each_model_has_each_qconfig(name: str) -> None:
    """The golden file is complete."""
    kinds = [c.params["qconfig"] for c in load("workflow") if c.params.get("model") == name]
    assert sorted(kinds) == ["default", "fbgemm", "qnnpack"]
