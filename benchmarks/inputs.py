"""The numbers that every peer computes with: normally distributed floats from fixed seeds, and qparams."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Scale and zero point of normally distributed activations, and of a second operand that differs: no round
#: numbers, as observers find none either (ratios like 1/2 make many sums lie between two codes exactly).
ACTIVATION = (0.0297, 128)
OTHER = (0.0243, 120)
#: Of a sum, product or nonlinear function of such.
RESULT = (0.0511, 100)
EPS = 1e-5


def floats(*shape: int, seed: int = 0) -> Array:
    """Return a normally distributed float32 array."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def weight_scale(weight: Array) -> float:
    """Return the scale that takes the largest weight to 127."""
    return float(np.abs(weight).max() / 127)


def weight_scales(weight: Array) -> Array:
    """Return such a scale for each output channel, float64."""
    scales: Array = np.abs(weight.reshape(len(weight), -1)).max(axis=1).astype(np.float64) / 127
    return scales


def output_qparams(weight: Array) -> tuple[float, int]:
    """Return scale and zero point for the sums of a normally distributed weight's products."""
    return float(np.sqrt(weight[0].size)) / 30, 128


def affine(channels: int) -> tuple[Array, Array]:
    """Return the weight and bias of a normalization, not trivial."""
    return 1 + floats(channels, seed=3) / 10, floats(channels, seed=4) / 10


def recurrent_state(gates: int, inputs: int, hidden: int) -> dict[str, Array]:
    """Return the state of a float LSTM (4 gates) or GRU (3) of one layer, by PyTorch's names."""
    shapes = {
        "weight_ih_l0": (gates * hidden, inputs),
        "weight_hh_l0": (gates * hidden, hidden),
        "bias_ih_l0": (gates * hidden,),
        "bias_hh_l0": (gates * hidden,),
    }
    bound = np.float32(hidden**-0.5)
    return {name: bound * floats(*shape, seed=i) for i, (name, shape) in enumerate(shapes.items())}
