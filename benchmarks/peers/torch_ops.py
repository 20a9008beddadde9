"""The operations in PyTorch: the calls that its quantized modules make, with weights packed before."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

from .. import inputs
from . import Call

Shape = tuple[int, ...]


def activations(
    torch: Any, *shape: int, qparams: tuple[float, int] = inputs.ACTIVATION, seed: int = 1
) -> Any:
    """Return normally distributed quantized activations; images lie channels-last in memory."""
    return torch.quantize_per_tensor(laid_out(torch, *shape, seed=seed), *qparams, torch.quint8)


def laid_out(torch: Any, *shape: int, seed: int) -> Any:
    """Return normally distributed floats; images lie channels-last in memory."""
    x = floats(torch, *shape, seed=seed)
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


def floats(torch: Any, *shape: int, seed: int) -> Any:
    """Return normally distributed floats, those of every peer."""
    return torch.from_numpy(inputs.floats(*shape, seed=seed))


def per_channel(torch: Any, weight: inputs.Array) -> Any:
    """Quantize a weight with a scale for each output channel, the default of static quantization."""
    scales = torch.from_numpy(inputs.weight_scales(weight))
    zero_points = torch.zeros(len(weight), dtype=torch.int64)
    return torch.quantize_per_channel(torch.from_numpy(weight), scales, zero_points, 0, torch.qint8)


def linear(torch: Any, m: int, k: int, n: int) -> Call:
    """A static linear layer."""
    quantized, weight = torch.ops.quantized, inputs.floats(n, k)
    packed = quantized.linear_prepack(per_channel(torch, weight), floats(torch, n, seed=2))
    return partial(quantized.linear, activations(torch, m, k), packed, *inputs.output_qparams(weight))


def dynamic(torch: Any, m: int, k: int, n: int) -> Call:
    """A dynamic linear layer; its weight has one scale, the default of dynamic quantization."""
    quantized, weight = torch.ops.quantized, inputs.floats(n, k)
    codes = torch.quantize_per_tensor(torch.from_numpy(weight), inputs.weight_scale(weight), 0, torch.qint8)
    packed = quantized.linear_prepack(codes, floats(torch, n, seed=2))
    return partial(quantized.linear_dynamic, floats(torch, m, k, seed=1), packed)


def conv(torch: Any, channels: int, outputs: int, kernel: int, stride: int, size: int, groups: int) -> Call:
    """A convolution of one image."""
    quantized, weight = torch.ops.quantized, inputs.floats(outputs, channels // groups, kernel, kernel)
    geometry = [stride] * 2, [kernel // 2] * 2, [1, 1], groups
    bias = floats(torch, outputs, seed=2)
    packed = quantized.conv2d_prepack(per_channel(torch, weight), bias, *geometry)
    image = activations(torch, 1, channels, size, size)
    return partial(quantized.conv2d, image, packed, *inputs.output_qparams(weight))


def quantize(torch: Any, shape: Shape) -> Call:
    """Floats to quint8."""
    x = laid_out(torch, *shape, seed=1)
    return partial(torch.quantize_per_tensor, x, *inputs.ACTIVATION, torch.quint8)


def dequantize(torch: Any, shape: Shape) -> Call:
    """The reverse."""
    return partial(torch.dequantize, activations(torch, *shape))


def binary(name: str, torch: Any, shape: Shape) -> Call:
    """A function of two tensors with qparams of their own."""
    other = activations(torch, *shape, qparams=inputs.OTHER, seed=2)
    return partial(getattr(torch.ops.quantized, name), activations(torch, *shape), other, *inputs.RESULT)


def relu(torch: Any, shape: Shape) -> Call:
    """Rectifier; the qparams stay."""
    return partial(torch.relu, activations(torch, *shape))


def hardswish(torch: Any, shape: Shape) -> Call:
    """Requantizing activation."""
    return partial(torch.ops.quantized.hardswish, activations(torch, *shape), *inputs.RESULT)


def cat(torch: Any, shape: Shape) -> Call:
    """Two tensors with qparams of their own, joined by their channels to one of the given shape."""
    batch, channels, *image = shape
    half = batch, channels // 2, *image
    parts = [activations(torch, *half), activations(torch, *half, qparams=inputs.OTHER, seed=2)]
    return partial(torch.ops.quantized.cat, parts, 1, *inputs.RESULT)


def max_pool(torch: Any, shape: Shape, kernel: int, stride: int) -> Call:
    """Max pooling, padded by half its kernel."""
    return partial(torch.max_pool2d, activations(torch, *shape), kernel, stride, kernel // 2)


def global_average_pool(torch: Any, shape: Shape) -> Call:
    """Each channel's mean."""
    return partial(torch.nn.functional.adaptive_avg_pool2d, activations(torch, *shape), 1)


def bilinear(torch: Any, shape: Shape, size: int) -> Call:
    """Bilinear interpolation to a square."""
    options = {"size": (size, size), "mode": "bilinear", "align_corners": False}
    return partial(torch.nn.functional.interpolate, activations(torch, *shape), **options)


def recurrent(
    kind: str, gates: int, dtype: str, torch: Any, steps: int, batch: int, features: int, hidden: int
) -> Call:
    """A dynamically quantized recurrent layer."""
    layer = getattr(torch.nn, kind)(features, hidden)
    state = inputs.recurrent_state(gates, features, hidden)
    layer.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    quantization: Any = importlib.import_module("torch.ao.quantization")
    model = torch.nn.Sequential(layer)
    model = quantization.quantize_dynamic(model, {type(layer)}, dtype=getattr(torch, dtype))
    return partial(model, floats(torch, steps, batch, features, seed=1))


def layer_norm(torch: Any, rows: int, features: int) -> Call:
    """Layer normalization of the last dimension."""
    norm = torch.ops.quantized.layer_norm
    return partial(norm, activations(torch, rows, features), [features], *normalization(torch, features))


def group_norm(torch: Any, shape: Shape, groups: int) -> Call:
    """Group normalization of an image."""
    norm = torch.ops.quantized.group_norm
    return partial(norm, activations(torch, *shape), groups, *normalization(torch, shape[1]))


def instance_norm(torch: Any, shape: Shape) -> Call:
    """Instance normalization of an image."""
    norm = torch.ops.quantized.instance_norm
    return partial(norm, activations(torch, *shape), *normalization(torch, shape[1]))


def normalization(torch: Any, channels: int) -> tuple[Any, ...]:
    """Return what the normalizations share: weight, bias, epsilon and the output's qparams."""
    return *map(torch.from_numpy, inputs.affine(channels)), inputs.EPS, *inputs.RESULT


#: By the kind of a workload, what prepares it.
KINDS: dict[str, Callable[..., Call]] = {
    "linear": linear,
    "dynamic": dynamic,
    "conv": conv,
    "quantize": quantize,
    "dequantize": dequantize,
    "add": partial(binary, "add"),
    "mul": partial(binary, "mul"),
    "relu": relu,
    "hardswish": hardswish,
    "cat": cat,
    "max_pool": max_pool,
    "global_average_pool": global_average_pool,
    "bilinear": bilinear,
    "lstm": partial(recurrent, "LSTM", 4, "qint8"),
    "gru": partial(recurrent, "GRU", 3, "qint8"),
    "lstm_fp16": partial(recurrent, "LSTM", 4, "float16"),
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
}
