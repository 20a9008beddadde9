"""The networks in qframe: weights that make them work, and their quantized form."""

from __future__ import annotations

from typing import Any

import numpy as np

import qframe
from qframe import nn, quantization
from qframe.quantization import MinMaxObserver, PerChannelMinMaxObserver, QConfig

from .architectures import IMAGE_SHAPE, Architecture
from .eager import Framework, build, fusable

Arrays = dict[str, Any]
FRAMEWORK = Framework(nn, quantization, qframe.flatten)

#: What get_default_qconfig("fbgemm") asks for, with an observer that calibrates quickly.
QCONFIG = QConfig(
    activation=MinMaxObserver.with_args(reduce_range=True),
    weight=PerChannelMinMaxObserver.with_args(dtype=qframe.qint8, qscheme=qframe.per_channel_symmetric),
)


def images(count: int, seed: int) -> np.ndarray:
    """Return random images, each of a smooth and a rough part."""
    generator = np.random.default_rng(seed)
    _, channels, height, width = IMAGE_SHAPE
    coarse = generator.normal(size=(count, channels, height // 16, width // 16))
    smooth = coarse.repeat(16, axis=2).repeat(16, axis=3)
    return (smooth + 0.5 * generator.normal(size=smooth.shape)).astype(np.float32)


def random_weights(architecture: Architecture, seed: int = 0) -> Arrays:
    """Return the state of a float model: random weights, and batch norms that know their inputs' statistics.

    A batch norm's statistics come from images; without them activations would grow from layer to layer until
    nothing of the input is left.
    """
    generator = np.random.default_rng(seed)
    model = build(architecture, FRAMEWORK)
    state = {name: drawn(name, np.asarray(value), generator) for name, value in model.state_dict().items()}
    model.load_state_dict(state)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0  # the statistics of the last batch alone
    model.train()
    model(images(2, seed + 1))
    return dict(model.state_dict())


def drawn(name: str, value: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return a random array in place of ``value``, as an entry of that name needs it."""
    if name.endswith(("conv.weight", "fc.weight")):
        fan_in = value[0].size
        return generator.normal(0, np.sqrt(2 / fan_in), value.shape).astype(np.float32)
    if name.endswith("bn.weight"):
        return generator.uniform(0.5, 1.5, value.shape).astype(np.float32)
    if name.endswith("bias"):
        return generator.normal(0, 0.3, value.shape).astype(np.float32)
    return value


def float_model(architecture: Architecture, weights: Arrays) -> nn.Module:
    """Return the float model with these weights."""
    model: nn.Module = build(architecture, FRAMEWORK)
    model.load_state_dict(weights)
    return model


def quantized_model(architecture: Architecture, weights: Arrays, calibration: np.ndarray) -> nn.Module:
    """Return the network fused, calibrated and statically quantized."""
    model = float_model(architecture, weights)
    model = quantization.fuse_modules(model, fusable(architecture), inplace=True)
    model.qconfig = QCONFIG
    quantization.prepare(model, inplace=True)
    for image in calibration:
        model(image[np.newaxis])
    return quantization.convert(model, inplace=True)


def exported(model: nn.Module) -> Arrays:
    """Return the integers, scales and zero points of a quantized model by path, as plain arrays."""
    arrays: Arrays = {}
    for path, module in model.named_modules():
        if hasattr(module, "zero_point"):
            arrays[f"{path}.scale"] = np.float64(np.asarray(module.scale).item())
            arrays[f"{path}.zero_point"] = np.uint8(np.asarray(module.zero_point).item())
        if hasattr(module, "set_weight_bias"):
            weight = module.weight()
            arrays[f"{path}.weight"] = np.ascontiguousarray(weight.int_repr())
            arrays[f"{path}.weight_scales"] = np.asarray(weight.q_per_channel_scales())
            arrays[f"{path}.bias"] = module.bias()
    return arrays


def imported(architecture: Architecture, arrays: Arrays) -> nn.Module:
    """Return the quantized model of these arrays, the same in every process.

    (Calibrating again would not do: the float products' last bits depend on the number of threads.)
    """
    weights = {name: np.asarray(value) for name, value in build(architecture, FRAMEWORK).state_dict().items()}
    model = quantized_model(architecture, weights, images(1, 0)[:, :, :32, :32])
    for path, module in model.named_modules():
        if isinstance(module, nn.quantized.Quantize):
            module.scale[0], module.zero_point[0] = arrays[f"{path}.scale"], arrays[f"{path}.zero_point"]
        elif hasattr(module, "zero_point"):
            module.scale = float(arrays[f"{path}.scale"])
            module.zero_point = int(arrays[f"{path}.zero_point"])
        if hasattr(module, "set_weight_bias"):
            scales = arrays[f"{path}.weight_scales"]
            zero_points = np.zeros(len(scales), np.int64)
            weight = qframe.QTensor.per_channel(arrays[f"{path}.weight"], scales, zero_points, 0)
            module.set_weight_bias(weight, arrays[f"{path}.bias"])
    return model


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Return how well two outputs agree: 1 for the same direction."""
    a, b = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
