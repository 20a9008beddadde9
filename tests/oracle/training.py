"""What the comparisons of quantization-aware training share."""

from __future__ import annotations

from typing import Any

import numpy as np
from golden.qat_models import build, layers

from qframe import nn, quantization
from qframe.autograd import value_and_grad

Array = np.ndarray[Any, Any]
#: Below this a gradient is what rounding leaves of zero.
NOTHING = 2e-7


def prepared(name: str, qconfig: Any, state: dict[str, Array]) -> Any:
    """The layer in qframe, from float weights."""
    model = build(nn, quantization, name)
    model.load_state_dict(state)
    positions = layers(nn)[name][1]
    if positions:
        model = quantization.fuse_modules(model, positions)
    model.qconfig = qconfig
    return quantization.prepare_qat(model)


def loss_and_gradients(model: Any, x: Array, target: Array) -> Any:
    """Mean squared error of one batch."""
    step = value_and_grad(model, lambda x, target: nn.functional.mse_loss(model(x), target))
    return step(x, target)


def assert_gradients(ours: Any, theirs: dict[str, Array]) -> None:
    """Every gradient is the same to 1e-4 of its largest element."""
    assert set(ours) == set(theirs)
    for name, gradient in theirs.items():
        bound = 1e-4 * np.abs(gradient).max() + NOTHING
        np.testing.assert_allclose(ours[name], gradient, rtol=0, atol=bound, err_msg=name)


def assert_buffers(ours: dict[str, Any], theirs: dict[str, Array]) -> None:
    """Statistics of observers and batch norms agree to a few last places, zero points exactly."""
    assert {key for key in ours if key in theirs}
    for key, value in theirs.items():
        exact = value.dtype.kind in "iu"
        np.testing.assert_allclose(
            np.ravel(ours[key]),
            np.ravel(value),
            rtol=0 if exact else 1e-5,
            atol=0 if exact else 1e-6,
            err_msg=key,
        )
