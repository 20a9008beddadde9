"""Modules that requantize: integers and text of PyTorch 1.6; averages and nearest elements of volumes."""

from __future__ import annotations

from golden.store import Case
from oracle.compare import assert_codes, assert_qparams, golden, per_tensor

from qframe.nn import quantized as nnq
from qframe.nn.quantized import functional


@golden("modules", op="module")
def test_module(case: Case) -> None:
    weights = [case.get("weight"), case.get("bias")] if case.params["takes_weights"] else []
    kind = getattr(nnq, case.params["kind"])
    module = kind(*case.params["sizes"], *weights, **case.params["further"])
    y = module(per_tensor(case["x"], case.params["x_scale"], case.params["x_zero_point"]))
    assert_codes(y, case["y"])
    assert_qparams(y, case.params["further"]["scale"], case.params["further"]["zero_point"])
    assert repr(module) == case.params["text"]


@golden("modules", op="avg_pool3d")
def test_avg_pool3d(case: Case) -> None:
    x = per_tensor(case["x"], 0.37, case.params["zero_point"])
    arguments = [tuple(a) if isinstance(a, list) else a for a in case.params["arguments"]]
    y = functional.avg_pool3d(x, *arguments)
    assert_codes(y, case["y"])
    assert_qparams(y, 0.37, case.params["zero_point"])


@golden("modules", op="volume")
def test_nearest_interpolation_of_volumes(case: Case) -> None:
    x = per_tensor(case["x"], 0.05, case.params["zero_point"])
    target = {key: tuple(value) for key, value in case.params["target"].items()}
    assert_codes(functional.interpolate(x, **target), case["y"])


@golden("modules", op="unchanged")
def test_factors_that_change_no_size_copy(case: Case) -> None:
    x = per_tensor(case["x"], 0.05, case.params["zero_point"])
    factor = case.params["scale_factor"]
    assert_codes(functional.interpolate(x, None, factor), case["nearest"])
    for align_corners in (False, True):
        y = functional.interpolate(x, None, factor, "bilinear", align_corners)
        assert_codes(y, case[f"bilinear-{align_corners:d}"])
