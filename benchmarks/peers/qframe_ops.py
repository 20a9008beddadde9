"""The operations in qframe, as calls of its public functions and holders of packed weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import qframe
from qframe import ops
from qframe.ops import PackedConv, PackedLinear

from .. import inputs
from . import Call, NotBuilt

Shape = tuple[int, ...]


def public(path: str) -> Any:
    """Return the public name at ``path`` inside qframe.

    Raises:
        NotBuilt: there is none yet.
    """
    value: Any = qframe
    for name in path.split("."):
        if not hasattr(value, name):
            raise NotBuilt(f"qframe.{path}")
        value = getattr(value, name)
    return value


def activations(*shape: int, qparams: tuple[float, int] = inputs.ACTIVATION, seed: int = 1) -> qframe.QTensor:
    """Return normally distributed quantized activations; images lie channels-last in memory."""
    return qframe.quantize_per_tensor(laid_out(inputs.floats(*shape, seed=seed)), *qparams, qframe.quint8)


def laid_out(x: inputs.Array) -> inputs.Array:
    """Return an image of shape (N, C, H, W) in channels-last memory, and anything else as it is."""
    if x.ndim != 4:
        return x
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def per_channel(weight: inputs.Array) -> qframe.QTensor:
    """Quantize a weight with a scale for each output channel, the default of static quantization."""
    scales = inputs.weight_scales(weight)
    return qframe.quantize_per_channel(weight, scales, np.zeros(len(scales), np.int64), 0, qframe.qint8)


def linear(m: int, k: int, n: int) -> Call:
    """A static linear layer."""
    weight = inputs.floats(n, k)
    packed = PackedLinear(per_channel(weight), inputs.floats(n, seed=2))
    return partial(packed, activations(m, k), *inputs.output_qparams(weight))


def dynamic(m: int, k: int, n: int) -> Call:
    """A dynamic linear layer; its weight has one scale, the default of dynamic quantization."""
    weight = inputs.floats(n, k)
    codes = qframe.quantize_per_tensor(weight, inputs.weight_scale(weight), 0, qframe.qint8)
    return partial(PackedLinear(codes, inputs.floats(n, seed=2)).dynamic, inputs.floats(m, k, seed=1))


def conv(channels: int, outputs: int, kernel: int, stride: int, size: int, groups: int) -> Call:
    """A convolution of one image."""
    weight = inputs.floats(outputs, channels // groups, kernel, kernel)
    bias = inputs.floats(outputs, seed=2)
    packed = PackedConv(per_channel(weight), bias, (stride,) * 2, (kernel // 2,) * 2, (1, 1), groups)
    return partial(packed, activations(1, channels, size, size), *inputs.output_qparams(weight))


def quantize(shape: Shape) -> Call:
    """Floats to quint8."""
    x = laid_out(inputs.floats(*shape, seed=1))
    return partial(qframe.quantize_per_tensor, x, *inputs.ACTIVATION, qframe.quint8)


def dequantize(shape: Shape) -> Call:
    """The reverse."""
    return partial(qframe.dequantize, activations(*shape))


def binary(run: Callable[..., Any], shape: Shape) -> Call:
    """A function of two tensors with qparams of their own."""
    return partial(
        run, activations(*shape), activations(*shape, qparams=inputs.OTHER, seed=2), *inputs.RESULT
    )


def relu(shape: Shape) -> Call:
    """Rectifier; the qparams stay."""
    return partial(qframe.relu, activations(*shape))


def hardswish(shape: Shape) -> Call:
    """Requantizing activation."""
    return partial(ops.hardswish, activations(*shape), *inputs.RESULT)


def cat(shape: Shape) -> Call:
    """Two tensors with qparams of their own, joined by their channels to one of the given shape."""
    batch, channels, *image = shape
    half = batch, channels // 2, *image
    parts = [activations(*half), activations(*half, qparams=inputs.OTHER, seed=2)]
    return partial(ops.cat, parts, 1, *inputs.RESULT)


def max_pool(shape: Shape, kernel: int, stride: int) -> Call:
    """Max pooling, padded by half its kernel."""
    pool = public("nn.quantized.functional.max_pool2d")
    return partial(pool, activations(*shape), kernel, stride, kernel // 2)


def global_average_pool(shape: Shape) -> Call:
    """Each channel's mean."""
    return partial(public("nn.quantized.functional.adaptive_avg_pool2d"), activations(*shape), 1)


def bilinear(shape: Shape, size: int) -> Call:
    """Bilinear interpolation to a square."""
    return partial(ops.interpolate_bilinear, activations(*shape), (size, size), False, (None, None))


def recurrent(kind: str, gates: int, dtype: str, steps: int, batch: int, features: int, hidden: int) -> Call:
    """A dynamically quantized recurrent layer."""
    public(f"nn.quantized.dynamic.{kind}")
    layer = getattr(qframe.nn, kind)(features, hidden)
    layer.load_state_dict(inputs.recurrent_state(gates, features, hidden))
    model = qframe.quantization.quantize_dynamic(qframe.nn.Sequential(layer), dtype=getattr(qframe, dtype))
    return partial(model, inputs.floats(steps, batch, features, seed=1))


def layer_norm(rows: int, features: int) -> Call:
    """Layer normalization of the last dimension."""
    norm = public("nn.quantized.LayerNorm")
    return partial(norm((features,), *inputs.affine(features), *inputs.RESULT), activations(rows, features))


def group_norm(shape: Shape, groups: int) -> Call:
    """Group normalization of an image."""
    norm = public("nn.quantized.GroupNorm")
    module = norm(groups, shape[1], *inputs.affine(shape[1]), *inputs.RESULT)
    return partial(module, activations(*shape))


def instance_norm(shape: Shape) -> Call:
    """Instance normalization of an image."""
    norm = public("nn.quantized.InstanceNorm2d")
    return partial(norm(shape[1], *inputs.affine(shape[1]), *inputs.RESULT), activations(*shape))


#: By the kind of a workload, what prepares it.
KINDS: dict[str, Callable[..., Call]] = {
    "linear": linear,
    "dynamic": dynamic,
    "conv": conv,
    "quantize": quantize,
    "dequantize": dequantize,
    "add": partial(binary, ops.add),
    "mul": partial(binary, ops.mul),
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
