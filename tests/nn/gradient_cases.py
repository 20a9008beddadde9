"""Random calls of every float function, written once for qframe and for PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Draw = np.random.Generator


class Case(NamedTuple):
    """A call.

    Attributes:
        arrays: the float arrays that it is differentiated by.
        call: takes a library's functions, what makes a tensor of a constant array, and the arrays.
    """

    arrays: list[Array]
    call: Callable[..., Any]


def normal(draw: Draw, *shape: int) -> Array:
    return draw.standard_normal(shape)


def number(draw: Draw, low: int, high: int) -> int:
    return int(draw.integers(low, high + 1))


def numbers(draw: Draw, count: int, low: int, high: int) -> tuple[int, ...]:
    return tuple(number(draw, low, high) for _ in range(count))


def shape_of(draw: Draw, *ranks: int) -> tuple[int, ...]:
    return numbers(draw, int(draw.choice(ranks)), 1, 4)


def chance(draw: Draw) -> bool:
    return bool(draw.random() < 0.5)


# -- elementwise -----------------------------------------------------------------------------------


def elementwise(name: str, *options: Callable[[Draw], Any]) -> Callable[[Draw], Case]:
    """A function of one array, and of numbers that are drawn."""

    def make(draw: Draw) -> Case:
        given = [option(draw) for option in options]
        x = 3 * normal(draw, *shape_of(draw, 0, 1, 2, 4))
        return Case([x], lambda F, fixed, x: getattr(F, name)(x, *given))

    return make


def between(low: float, high: float) -> Callable[[Draw], float]:
    # as a float32, in which both libraries compute
    return lambda draw: float(np.float32(draw.uniform(low, high)))


def in_place(draw: Draw) -> Case:
    """What was computed from the array before keeps its gradient; what comes later sees the result."""
    name = draw.choice(["relu", "relu6", "elu", "hardswish", "leaky_relu"])

    def call(F: Any, fixed: Any, x: Any) -> Any:
        y = x * 2.0
        before = 3.0 * y
        z = getattr(F, name)(y, inplace=True)
        return before + y * z

    return Case([normal(draw, 3, 4)], call)


def along_a_dimension(name: str) -> Callable[[Draw], Case]:
    def make(draw: Draw) -> Case:
        x = normal(draw, *shape_of(draw, 1, 2, 3))
        dim = number(draw, -x.ndim, x.ndim - 1)
        return Case([x], lambda F, fixed, x: getattr(F, name)(x, dim))

    return make


# -- layers ----------------------------------------------------------------------------------------


def linear(draw: Draw) -> Case:
    inputs, outputs = numbers(draw, 2, 1, 5)
    arrays = [normal(draw, *shape_of(draw, 0, 1, 2), inputs), normal(draw, outputs, inputs)]
    if chance(draw):
        arrays.append(normal(draw, outputs))
    return Case(arrays, lambda F, fixed, *arrays: F.linear(*arrays))


def convolution(dims: int) -> Callable[[Draw], Case]:
    def make(draw: Draw) -> Case:
        groups = number(draw, 1, 3)
        inputs, outputs = number(draw, 1, 3), number(draw, 1, 3) * groups
        kernel, padding = numbers(draw, dims, 1, 3), numbers(draw, dims, 0, 3)
        dilation, stride = numbers(draw, dims, 1, 2), numbers(draw, dims, 1, 1 if chance(draw) else 3)
        spare = numbers(draw, dims, 0, 3)
        size = (
            max(1, d * (k - 1) + 1 - 2 * p + e)
            for d, k, p, e in zip(dilation, kernel, padding, spare, strict=True)
        )
        arrays = [normal(draw, 2, inputs * groups, *size), normal(draw, outputs, inputs, *kernel)]
        bias = [normal(draw, outputs)] if chance(draw) else []

        def call(F: Any, fixed: Any, x: Any, weight: Any, bias: Any = None) -> Any:
            return getattr(F, f"conv{dims}d")(x, weight, bias, stride, padding, dilation, groups)

        return Case(arrays + bias, call)

    return make


def embedding(draw: Draw, padded: bool = False) -> Case:
    """With a padding row, whose gradient is none although its values count."""
    rows, width = number(draw, 2, 6), number(draw, 1, 4)
    indices = draw.integers(0, rows, shape_of(draw, 1, 2))
    padding = number(draw, -rows, rows - 1) if padded else None
    weight = normal(draw, rows, width)
    return Case([weight], lambda F, fixed, weight: F.embedding(fixed(indices), weight, padding))


# -- normalization ---------------------------------------------------------------------------------


def affine(draw: Draw, *shape: int) -> list[Array]:
    """Weight and bias, or neither."""
    return [normal(draw, *shape), normal(draw, *shape)] if chance(draw) else []


def running_statistics(draw: Draw, channels: int) -> tuple[Array, Array]:
    return normal(draw, channels), draw.uniform(0.5, 2, channels)


def batch_norm(draw: Draw) -> Case:
    channels, training = number(draw, 1, 4), chance(draw)
    statistics = running_statistics(draw, channels)
    x = 2 * normal(draw, number(draw, 2, 4), channels, *shape_of(draw, 0, 1, 2, 3)) + 1

    def call(F: Any, fixed: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
        running = [fixed(array.copy()) for array in statistics]
        return F.batch_norm(x, *running, weight, bias, training, 0.1, 1e-3)

    return Case([x, *affine(draw, channels)], call)


def instance_norm(draw: Draw) -> Case:
    channels, own = number(draw, 1, 4), chance(draw)
    statistics = running_statistics(draw, channels)
    x = 2 * normal(draw, number(draw, 1, 3), channels, number(draw, 2, 3), number(draw, 2, 3)) + 1

    def call(F: Any, fixed: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
        running = [fixed(array.copy()) for array in statistics]
        return F.instance_norm(x, *running, weight, bias, own, 0.1, 1e-2)

    return Case([x, *affine(draw, channels)], call)


def layer_norm(draw: Draw) -> Case:
    inner = (*shape_of(draw, 0, 1), number(draw, 2, 5))
    x = 2 * normal(draw, *shape_of(draw, 0, 1, 2), *inner) + 1

    def call(F: Any, fixed: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
        return F.layer_norm(x, inner, weight, bias, 1e-2)

    return Case([x, *affine(draw, *inner)], call)


def group_norm(draw: Draw) -> Case:
    groups, size = numbers(draw, 2, 1, 3)
    x = 2 * normal(draw, 2, groups * size, number(draw, 2, 4), *shape_of(draw, 0, 1)) + 1

    def call(F: Any, fixed: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
        return F.group_norm(x, groups, weight, bias, 1e-2)

    return Case([x, *affine(draw, groups * size)], call)


# -- pooling and resizing --------------------------------------------------------------------------


def windows(draw: Draw, dims: int, dilated: bool) -> tuple[Any, ...]:
    """Sizes, kernel, stride, padding and dilation of a pooling that has an output."""
    kernel, stride = numbers(draw, dims, 1, 3), numbers(draw, dims, 1, 3)
    padding = tuple(number(draw, 0, k // 2) for k in kernel)
    dilation = numbers(draw, dims, 1, 2) if dilated else (1,) * dims
    spare = numbers(draw, dims, 0, 3)
    size = tuple(d * (k - 1) + 1 + e for k, d, e in zip(kernel, dilation, spare, strict=True))
    return size, kernel, stride, padding, dilation


def max_pool2d(draw: Draw) -> Case:
    size, *rest = windows(draw, 2, True)
    ceil_mode = chance(draw)
    x = normal(draw, *shape_of(draw, 1, 2), *size)
    return Case([x], lambda F, fixed, x: F.max_pool2d(x, *rest, ceil_mode))


def average_pool(dims: int) -> Callable[[Draw], Case]:
    def make(draw: Draw) -> Case:
        size, kernel, stride, padding, _ = windows(draw, dims, False)
        options = chance(draw), chance(draw), 5 if chance(draw) else None
        x = normal(draw, *shape_of(draw, 1, 2), *size)
        return Case(
            [x], lambda F, fixed, x: getattr(F, f"avg_pool{dims}d")(x, kernel, stride, padding, *options)
        )

    return make


def adaptive_avg_pool2d(draw: Draw) -> Case:
    x = normal(draw, *shape_of(draw, 1, 2), *numbers(draw, 2, 1, 6))
    output = numbers(draw, 2, 1, 7)
    return Case([x], lambda F, fixed, x: F.adaptive_avg_pool2d(x, output))


def interpolate(draw: Draw) -> Case:
    dims = number(draw, 1, 3)
    x = normal(draw, *numbers(draw, 2, 1, 2), *numbers(draw, dims, 1, 4))
    mode = "nearest" if chance(draw) else ("linear", "bilinear", "trilinear")[dims - 1]
    align = None if mode == "nearest" else chance(draw)
    target = (
        {"size": numbers(draw, dims, 1, 6)} if chance(draw) else {"scale_factor": float(number(draw, 1, 3))}
    )
    return Case([x], lambda F, fixed, x: F.interpolate(x, mode=mode, align_corners=align, **target))


def pad(draw: Draw) -> Case:
    dims = number(draw, 1, 3)
    mode = str(draw.choice(["constant", "reflect", "replicate", "circular"]))
    x = normal(draw, *numbers(draw, 2, 1, 2), *numbers(draw, dims, 3, 5))
    lengths = numbers(draw, 2 * dims, 0, 2)
    value = {"value": 1.5} if mode == "constant" else {}
    return Case([x], lambda F, fixed, x: F.pad(x, lengths, mode, **value))


# -- losses ----------------------------------------------------------------------------------------


def reduction(draw: Draw) -> str:
    return str(draw.choice(["none", "mean", "sum"]))


def of_two_arrays(name: str) -> Callable[[Draw], Case]:
    def make(draw: Draw) -> Case:
        shape, reduced = shape_of(draw, 1, 2, 3), reduction(draw)
        arrays = [normal(draw, *shape), normal(draw, *shape)]
        return Case(arrays, lambda F, fixed, x, y: getattr(F, name)(x, y, reduction=reduced))

    return make


def of_classes(name: str) -> Callable[[Draw], Case]:
    def make(draw: Draw) -> Case:
        batch, classes, *rest = numbers(draw, 2, 2, 5) + shape_of(draw, 0, 1, 2)
        target = draw.integers(0, classes, (batch, *rest))
        target.flat[0] = 1
        ignored = 0 if chance(draw) else -100
        weight = draw.uniform(0.5, 2, classes) if chance(draw) else None
        options = {"ignore_index": ignored, "reduction": reduction(draw)}
        if name == "cross_entropy" and chance(draw):
            options["label_smoothing"] = 0.25

        def call(F: Any, fixed: Any, x: Any) -> Any:
            factor = None if weight is None else fixed(weight)
            return getattr(F, name)(x, fixed(target), factor, **options)

        return Case([normal(draw, batch, classes, *rest)], call)

    return make


#: By the name of a function in ``nn.functional``.
FUNCTIONS: dict[str, Callable[[Draw], Case]] = {
    "adaptive_avg_pool2d": adaptive_avg_pool2d,
    "avg_pool2d": average_pool(2),
    "avg_pool3d": average_pool(3),
    "batch_norm": batch_norm,
    "conv1d": convolution(1),
    "conv2d": convolution(2),
    "conv3d": convolution(3),
    "cross_entropy": of_classes("cross_entropy"),
    "elu": elementwise("elu", between(0.5, 2)),
    "embedding": embedding,
    "group_norm": group_norm,
    "hardsigmoid": elementwise("hardsigmoid"),
    "hardswish": elementwise("hardswish"),
    "hardtanh": elementwise("hardtanh", between(-2, -1), between(0, 1)),
    "instance_norm": instance_norm,
    "interpolate": interpolate,
    "l1_loss": of_two_arrays("l1_loss"),
    "layer_norm": layer_norm,
    "leaky_relu": elementwise("leaky_relu", between(0, 1)),
    "linear": linear,
    "log_softmax": along_a_dimension("log_softmax"),
    "max_pool2d": max_pool2d,
    "mse_loss": of_two_arrays("mse_loss"),
    "nll_loss": of_classes("nll_loss"),
    "pad": pad,
    "relu": elementwise("relu"),
    "relu6": elementwise("relu6"),
    "sigmoid": elementwise("sigmoid"),
    "softmax": along_a_dimension("softmax"),
    "tanh": elementwise("tanh"),
    "threshold": elementwise("threshold", between(-1, 1), between(-3, 3)),
}
#: Functions of ``nn.functional`` whose gradients other tests look at.
ELSEWHERE = {
    "dropout": "random",
    "flatten": "in the namespace of the library",
    "upsample": "interpolate",
    "upsample_bilinear": "interpolate",
    "upsample_nearest": "interpolate",
}


# -- the library's own namespace -------------------------------------------------------------------


def cat(draw: Draw) -> Case:
    shape = list(shape_of(draw, 2, 3))
    dim = number(draw, -len(shape), len(shape) - 1)
    arrays = []
    for _ in range(number(draw, 1, 3)):
        shape[dim] = number(draw, 1, 3)
        arrays.append(normal(draw, *shape))
    return Case(arrays, lambda library, fixed, *arrays: library.cat(arrays, dim) ** 2)


def stack(draw: Draw) -> Case:
    shape = shape_of(draw, 1, 2)
    dim = number(draw, -len(shape) - 1, len(shape))
    arrays = [normal(draw, *shape) for _ in range(number(draw, 1, 3))]
    return Case(arrays, lambda library, fixed, *arrays: library.stack(arrays, dim) ** 2)


def mean(draw: Draw) -> Case:
    x = normal(draw, *numbers(draw, 3, 1, 4))
    dim = [1, -1, (0, 2), (0, 1, 2)][number(draw, 0, 3)]
    keep = chance(draw)
    return Case([x], lambda library, fixed, x: library.mean(x, dim, keep) ** 2)


def views(draw: Draw) -> Case:
    """Reordered and reshaped, one after the other."""
    x = normal(draw, 2, 3, 4, 2)
    order = tuple(map(int, draw.permutation(4)))

    def call(library: Any, fixed: Any, x: Any) -> Any:
        y = library.transpose(library.permute(x * x, order), 1, -1)
        return library.reshape(library.flatten(y, 1, 2), (4, -1)) ** 2

    return Case([x], call)


def parts(draw: Draw) -> Case:
    """Elements and slices, used more than once."""
    rows = draw.integers(0, 4, 6)

    def call(library: Any, fixed: Any, x: Any) -> Any:
        return x[:, 1] * x[:, 0].sum() + x[fixed(rows)].sum() + x[1:3, ::2].mean()

    return Case([normal(draw, 4, 3)], call)


def arithmetic(draw: Draw) -> Case:
    """Operators, which broadcast."""
    arrays = [normal(draw, 3, 1), draw.uniform(0.5, 2, (1, 4)), normal(draw, 4, 2)]
    return Case(arrays, lambda library, fixed, x, y, z: ((x * y - 2.0 * x / y + (-y) ** 2) @ z) ** 3)


NAMESPACE: dict[str, Callable[[Draw], Case]] = {
    "cat": cat,
    "stack": stack,
    "mean": mean,
    "views": views,
    "parts": parts,
    "arithmetic": arithmetic,
}
