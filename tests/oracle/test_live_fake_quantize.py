"""Fake quantization beside a living PyTorch 2: values and gradients over random shapes, scales and codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle.live import Array, tensor, torch

import qframe
from qframe import nn, quantization
from qframe.autograd import value_and_grad

tq = pytest.importorskip("torch.ao.quantization")
pytestmark = pytest.mark.filterwarnings("ignore")

CODES = [(0, 255), (-128, 127), (-8, 7), (0, 127), (3, 90)]


class Holder(nn.Module):
    """An array to differentiate by."""

    def __init__(self, x: Array) -> None:
        super().__init__()
        self.x = nn.Parameter(x)


def compare(ours: Any, theirs: Any, x: Array) -> None:
    """Same values, and same gradients of a weighted sum."""
    weights = np.float32(np.random.default_rng(1).normal(size=x.shape))
    holder, other = Holder(x.copy()), tensor(x).requires_grad_()
    _, gradients = value_and_grad(holder, lambda: (ours(holder.x) * weights).sum())()
    expected = theirs(other)
    (expected * tensor(weights)).sum().backward()
    np.testing.assert_allclose(ours(x), expected.detach().numpy(), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(gradients["x"], other.grad.numpy())


def draw(seed: int) -> tuple[Any, Array, tuple[int, int]]:
    """Shapes of one to four dimensions, values beyond the codes on both sides, exact halves among them."""
    rng = np.random.default_rng(seed)
    low, high = CODES[seed % len(CODES)]
    shape = tuple(rng.integers(1, 6, rng.integers(1, 5)))
    steps = np.where(
        rng.random(shape) < 0.3, rng.integers(-600, 600, shape) / 2, rng.normal(size=shape) * 200
    )
    return rng, np.float32(steps), (low, high)


@pytest.mark.parametrize("seed", range(40))
def test_per_tensor(seed: int) -> None:
    rng, steps, codes = draw(seed)
    scale, zero_point = float(np.float32(rng.uniform(0.001, 3))), int(rng.integers(*codes))
    compare(
        lambda x: qframe.fake_quantize_per_tensor_affine(x, scale, zero_point, *codes),
        lambda x: torch.fake_quantize_per_tensor_affine(x, scale, zero_point, *codes),
        steps * np.float32(scale),
    )


@pytest.mark.parametrize("seed", range(40))
def test_per_channel(seed: int) -> None:
    rng, steps, codes = draw(seed)
    axis = int(rng.integers(steps.ndim))
    channels = steps.shape[axis]
    scales, zeros = np.float32(rng.uniform(0.001, 3, channels)), rng.integers(*codes, channels)
    along = scales.reshape([-1 if i == axis else 1 for i in range(steps.ndim)])
    compare(
        lambda x: qframe.fake_quantize_per_channel_affine(x, scales, zeros, axis, *codes),
        lambda x: torch.fake_quantize_per_channel_affine(
            x, tensor(scales), tensor(zeros.astype(np.int32)), axis, *codes
        ),
        steps * along,
    )


@pytest.mark.parametrize("quant", [(-128, 127), (-8, 7), (-2, 1)])
@pytest.mark.parametrize("qscheme", ["per_tensor_symmetric", "per_tensor_affine", "per_channel_symmetric"])
def test_module(qscheme: str, quant: tuple[int, int]) -> None:
    """Three batches of growing range: the scale follows, for the codes between quant_min and quant_max."""
    name = "MovingAveragePerChannelMinMaxObserver" if "channel" in qscheme else "MovingAverageMinMaxObserver"
    fakes = [
        library.FakeQuantize(
            observer=getattr(library, name),
            quant_min=quant[0],
            quant_max=quant[1],
            dtype=framework.qint8,
            qscheme=getattr(framework, qscheme),
            averaging_constant=0.3,
        )
        for library, framework in ((quantization, qframe), (tq, torch))
    ]
    rng = np.random.default_rng(3)
    for batch in range(3):
        x = np.float32(rng.normal(size=(4, 5)) * (1 + batch))
        ours, theirs = fakes[0](x), fakes[1](tensor(x)).detach().numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(fakes[0].scale, fakes[1].scale.numpy(), rtol=1e-6)
        np.testing.assert_array_equal(fakes[0].zero_point, fakes[1].zero_point.numpy())
