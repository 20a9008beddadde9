"""ResNet-50 and MobileNetV2 as plain lists of layers with numbers.

Everything else is built from these lists: the models of qframe and of PyTorch, and the ONNX file.
"""

from __future__ import annotations

from typing import NamedTuple


class Conv(NamedTuple):
    """A convolution without bias, padded by half its kernel, batch norm, and an activation or None."""

    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    groups: int = 1
    activation: str | None = None


class Residual(NamedTuple):
    """The sum of a body and a shortcut (empty: the input itself), with a ReLU or without."""

    body: tuple[Conv, ...]
    shortcut: tuple[Conv, ...] = ()
    relu: bool = False


class MaxPool(NamedTuple):
    """The largest value in each window."""

    kernel: int
    stride: int
    padding: int


Layer = Conv | Residual | MaxPool


class Architecture(NamedTuple):
    """Layers, then a global average and a linear classifier from ``features`` to ``classes``."""

    title: str
    layers: tuple[Layer, ...]
    features: int
    classes: int = 1000


def resnet50() -> Architecture:
    """ResNet-50 with the stride in the 3x3 convolutions, as most implementations have it."""
    layers: list[Layer] = [Conv(3, 64, 7, 2, activation="relu"), MaxPool(3, 2, 1)]
    inputs = 64
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            layers.append(bottleneck(inputs, width, stride if block == 0 else 1))
            inputs = 4 * width
    return Architecture("ResNet-50", tuple(layers), inputs)


def bottleneck(inputs: int, width: int, stride: int) -> Residual:
    """Narrow, 3x3, widen; the shortcut is a convolution where the shape changes."""
    outputs = 4 * width
    body = (
        Conv(inputs, width, 1, activation="relu"),
        Conv(width, width, 3, stride, activation="relu"),
        Conv(width, outputs, 1),
    )
    changes = stride != 1 or inputs != outputs
    return Residual(body, (Conv(inputs, outputs, 1, stride),) if changes else (), relu=True)


def mobilenet_v2() -> Architecture:
    """MobileNetV2 of width 1."""
    layers: list[Layer] = [Conv(3, 32, 3, 2, activation="relu6")]
    inputs = 32
    for expansion, outputs, blocks, stride in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):
        for block in range(blocks):
            layers += inverted_residual(inputs, outputs, expansion, stride if block == 0 else 1)
            inputs = outputs
    layers.append(Conv(inputs, 1280, 1, activation="relu6"))
    return Architecture("MobileNetV2", tuple(layers), 1280)


def inverted_residual(inputs: int, outputs: int, expansion: int, stride: int) -> tuple[Layer, ...]:
    """Widen, 3x3 depthwise, narrow; with a shortcut where input and output have one shape."""
    width = inputs * expansion
    widen = (Conv(inputs, width, 1, activation="relu6"),) if expansion != 1 else ()
    depthwise = Conv(width, width, 3, stride, groups=width, activation="relu6")
    body = (*widen, depthwise, Conv(width, outputs, 1))
    return (Residual(body),) if stride == 1 and inputs == outputs else body


NETWORKS = {"resnet50": resnet50, "mobilenetv2": mobilenet_v2}
IMAGE_SHAPE = (1, 3, 224, 224)


def products(architecture: Architecture, size: int) -> int:
    """Return how many multiplications an image of size x size takes."""
    total = architecture.features * architecture.classes
    for layer in architecture.layers:
        if isinstance(layer, MaxPool):
            size = shrunk(size, layer.stride)
        elif isinstance(layer, Conv):
            total += conv_products(layer, size)
            size = shrunk(size, layer.stride)
        else:
            total += sum(conv_products(conv, size) for conv in layer.shortcut)
            for conv in layer.body:
                total += conv_products(conv, size)
                size = shrunk(size, conv.stride)
    return total


def conv_products(conv: Conv, size: int) -> int:
    """Return how many multiplications a convolution of a size x size image takes."""
    weights = conv.outputs * (conv.inputs // conv.groups) * conv.kernel**2
    return shrunk(size, conv.stride) ** 2 * weights


def shrunk(size: int, stride: int) -> int:
    """Return the size after a layer that is padded by half its kernel."""
    return (size - 1) // stride + 1
