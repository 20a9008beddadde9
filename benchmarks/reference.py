"""The reference engine's integer convolution and linear layers against float32 NumPy and BLAS.

The float convolution lowers the image to a matrix (im2col) and multiplies once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import qframe
from qframe.ops.packed import PackedConv, PackedLinear

from . import targets
from .tables import Table
from .targets import Judgement
from .timing import interleaved

Call = Callable[[], Any]
ENGINE = "reference"


def table(rounds: int) -> Table:
    """Time each quantized layer in turn with its float counterpart."""
    generator = np.random.default_rng(0)
    layers = {
        "conv 64-64 k3 @56": (conv_pair, targets.REFERENCE),
        "linear 128x768x3072": (linear_pair, None),
        "dynamic 128x768x3072": (dynamic_linear_pair, None),
    }
    with qframe.use_engine(ENGINE):
        rows = [row(name, make(generator), rounds, bound) for name, (make, bound) in layers.items()]
    columns = ("layer", "float32 ms", "int8 ms", "ratio", "allowed", "")
    return Table(f"Engine {ENGINE} against float32 NumPy", columns, rows)


def row(name: str, pair: tuple[Call, Call], rounds: int, bound: float | None) -> tuple[str, ...]:
    """Time the float and the quantized call of ``pair`` in turn."""
    plain, quantized = 1000 * np.median(interleaved(pair, rounds), axis=1)
    ratio = Judgement(name, float(quantized / plain), bound)
    numbers = (f"{number:.2f}" for number in (plain, quantized, quantized / plain))
    return name, *numbers, "" if bound is None else f"{bound:.0f}", ratio.verdict


def conv_pair(generator: np.random.Generator) -> tuple[Call, Call]:
    """The convolution of the goal in float32 and in 8 bits, per channel."""
    x = generator.normal(size=(1, 64, 56, 56)).astype(np.float32)
    weight = generator.normal(size=(64, 64, 3, 3)).astype(np.float32)
    bias = generator.normal(size=64).astype(np.float32)
    packed = PackedConv(per_channel(weight), bias, (1, 1), (1, 1), (1, 1), 1)
    codes = qframe.quantize_per_tensor(x, 0.03, 128, qframe.quint8)
    return lambda: conv2d(x, weight, bias), lambda: packed(codes, 1.0, 128)


def conv2d(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """3x3 convolution with padding 1 as one matrix product per image."""
    batch, channels, height, width = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    columns = windows.transpose(0, 1, 4, 5, 2, 3).reshape(batch, channels * 9, height * width)
    product = weight.reshape(len(weight), -1) @ columns
    product += bias[:, np.newaxis]
    return product.reshape(batch, len(weight), height, width)


def linear_pair(generator: np.random.Generator) -> tuple[Call, Call]:
    """A linear layer of a transformer's size in float32 and in 8 bits."""
    x, weight, bias = linear_data(generator)
    packed = PackedLinear(per_channel(weight), bias)
    codes = qframe.quantize_per_tensor(x, 0.03, 128, qframe.quint8)
    return lambda: np.matmul(x, weight.T) + bias, lambda: packed(codes, 1.0, 128)


def dynamic_linear_pair(generator: np.random.Generator) -> tuple[Call, Call]:
    """The same layer with float input, quantized on the way in."""
    x, weight, bias = linear_data(generator)
    packed = PackedLinear(per_channel(weight), bias)
    return lambda: np.matmul(x, weight.T) + bias, lambda: packed.dynamic(x)


def linear_data(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Input (128, 768), weight (3072, 768) and bias (3072,), normally distributed."""
    shapes = (128, 768), (3072, 768), (3072,)
    x, weight, bias = (generator.normal(size=shape).astype(np.float32) for shape in shapes)
    return x, weight, bias


def per_channel(weight: np.ndarray) -> qframe.QTensor:
    """Quantize ``weight`` to qint8 with one scale per output channel."""
    scales = np.abs(weight).reshape(len(weight), -1).max(axis=1) / 127.5
    zero_points = np.zeros(len(weight), np.int64)
    return qframe.quantize_per_channel(weight, scales, zero_points, 0, qframe.qint8)
