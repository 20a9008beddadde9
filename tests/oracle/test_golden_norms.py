"""Layer, group and instance norm give the integers of PyTorch 1.6."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from golden.store import Case
from oracle.compare import assert_codes, assert_qparams, golden, per_tensor

from qframe import ops
from qframe.qtensor import QTensor


def input_of(case: Case) -> QTensor:
    return per_tensor(case["x"], case.params["x_scale"], case.params["x_zero_point"])


def arguments_of(case: Case) -> tuple[Any, ...]:
    numbers = (case.params[name] for name in ("eps", "scale", "zero_point"))
    return (case.get("weight"), case.get("bias"), *numbers)


@golden("norms", op="layer_norm")
def test_layer_norm(case: Case) -> None:
    y = ops.layer_norm(input_of(case), tuple(case.params["normalized_shape"]), *arguments_of(case))
    assert_codes(y, case["y"])
    assert_qparams(y, case.params["scale"], case.params["zero_point"])


@pytest.mark.parametrize("last", [False, True], ids=["channels-first", "channels-last"])
@golden("norms", op="group_norm")
def test_group_norm_and_instance_norm(case: Case, last: bool) -> None:
    x = input_of(case)
    if last:
        codes = np.moveaxis(np.ascontiguousarray(np.moveaxis(x.int_repr(), 1, -1)), -1, 1)
        x = per_tensor(codes, x.q_scale(), x.q_zero_point())
    y = ops.group_norm(x, case.params["num_groups"], *arguments_of(case))
    assert_codes(y, case["group"])
    assert_qparams(y, case.params["scale"], case.params["zero_point"])
    assert_codes(ops.instance_norm(x, *arguments_of(case)), case["instance"])
