"""Samples of conv1d_pack, conv2d_pack and conv3d_pack."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from qframe.numerics import Clamp
from qframe.qtensor import QTensor

from ..sample import Call, Sample
from .draw import Draw, Shape, product_scale


class Geometry(NamedTuple):
    """A convolution: input shape, output channels, kernel, and the rest one number for each dimension."""

    shape: Shape
    outputs: int
    kernel: Shape
    stride: int | Shape = 1
    padding: int | Shape = 0
    dilation: int | Shape = 1
    groups: int = 1


TWO_D = {
    "1x1": Geometry((2, 5, 6, 7), 9, (1, 1)),
    "1x1-wide": Geometry((1, 33, 5, 5), 65, (1, 1)),
    "1x1s2": Geometry((2, 16, 7, 8), 8, (1, 1), 2),
    "3x3": Geometry((1, 3, 8, 9), 5, (3, 3)),
    "3x3p1": Geometry((2, 7, 5, 6), 17, (3, 3), 1, 1),
    "3x3s2p1": Geometry((1, 8, 9, 9), 16, (3, 3), 2, 1),
    "3x3d2p2": Geometry((1, 4, 9, 8), 6, (3, 3), 1, 2, 2),
    "5x3-uneven": Geometry((1, 2, 11, 9), 3, (5, 3), (2, 1), (2, 1), (1, 3)),
    "7x7s2p3": Geometry((1, 3, 9, 11), 31, (7, 7), 2, 3),
    "3x3p1-large": Geometry((1, 16, 20, 19), 16, (3, 3), 1, 1),
    "depthwise-3x3p1-large": Geometry((1, 32, 20, 9), 32, (3, 3), 1, 1, 1, 32),
    "one-pixel": Geometry((1, 15, 1, 1), 7, (3, 3), 1, 1),
    "one-of-everything": Geometry((1, 1, 1, 1), 1, (1, 1)),
    "padding-beyond-kernel": Geometry((1, 2, 3, 3), 2, (1, 1), 1, 2),
    "stride-beyond-kernel": Geometry((1, 3, 9, 9), 4, (2, 2), 4),
    "groups2": Geometry((2, 6, 6, 5), 8, (3, 3), 1, 1, 1, 2),
    "groups3-1x1": Geometry((1, 9, 4, 4), 6, (1, 1), 1, 0, 1, 3),
    "groups4-16": Geometry((1, 16, 6, 6), 16, (3, 3), 1, 1, 1, 4),
    "depthwise-3x3p1": Geometry((2, 8, 7, 7), 8, (3, 3), 1, 1, 1, 8),
    "depthwise-3x3s2p1": Geometry((1, 17, 9, 8), 17, (3, 3), 2, 1, 1, 17),
    "depthwise-5x5p2": Geometry((1, 33, 4, 5), 33, (5, 5), 1, 2, 1, 33),
    "depthwise-3x3d2": Geometry((1, 7, 8, 8), 7, (3, 3), 1, 2, 2, 7),
    "depthwise-twice": Geometry((1, 8, 6, 6), 16, (3, 3), 1, 1, 1, 8),
    "depthwise-1x1": Geometry((1, 5, 3, 3), 5, (1, 1), 1, 0, 1, 5),
}  # fmt: skip
ONE_D = {
    "k1": Geometry((2, 5, 7), 3, (1,)),
    "k3p1": Geometry((2, 3, 9), 7, (3,), 1, 1),
    "k3s2": Geometry((1, 16, 33), 17, (3,), 2),
    "k5d2p4": Geometry((1, 4, 15), 5, (5,), 1, 4, 2),
    "groups2": Geometry((2, 6, 8), 4, (3,), 1, 1, 1, 2),
    "depthwise": Geometry((1, 9, 17), 9, (3,), 1, 1, 1, 9),
}
THREE_D = {
    "1x1x1": Geometry((1, 5, 2, 3, 4), 3, (1, 1, 1)),
    "3x3x3p1": Geometry((1, 2, 4, 5, 3), 3, (3, 3, 3), 1, 1),
    "2x3x1s2": Geometry((2, 3, 5, 6, 4), 5, (2, 3, 1), (2, 2, 1), (0, 1, 0)),
    "3x3x3d2p2": Geometry((1, 2, 5, 6, 5), 3, (3, 3, 3), 1, 2, 2),
    "groups2": Geometry((1, 4, 3, 3, 3), 6, (2, 2, 2), 1, 1, 1, 2),
    "depthwise": Geometry((1, 7, 3, 4, 3), 7, (3, 3, 3), 1, 1, 1, 7),
}


def _all(geometries: dict[str, Geometry]) -> Iterator[Sample]:
    for name, geometry in geometries.items():
        for per_channel in (False, True):
            scheme = "per_channel" if per_channel else "per_tensor"
            yield _sample(f"{name}-{scheme}", geometry, per_channel=per_channel)


def _variants(name: str, geometry: Geometry) -> Iterator[Sample]:
    yield _sample(f"{name}-no-bias", geometry, with_bias=False)
    yield _sample(f"{name}-no-bias-per_channel", geometry, with_bias=False, per_channel=True)
    yield _sample(f"{name}-asymmetric-weight", geometry, weight_zero_point=-7)
    yield _sample(f"{name}-asymmetric-weight-per_channel", geometry, weight_zero_point=-7, per_channel=True)
    yield _sample(f"{name}-relu", geometry, clamp=Clamp(128, 255))
    yield _sample(f"{name}-relu6", geometry, clamp=Clamp(128, 170))
    for input_zero_point in (0, 255):
        for zero_point in (0, 255):
            yield _sample(
                f"{name}-zero_points-{input_zero_point}-{zero_point}",
                geometry,
                input_zero_point=input_zero_point,
                zero_point=zero_point,
            )
    yield from _constant(name, geometry)


def _constant(name: str, geometry: Geometry) -> Iterator[Sample]:
    """Yield products of the largest magnitude, where narrow accumulators would overflow."""
    fan_in = geometry.shape[1] // geometry.groups * math.prod(geometry.kernel)
    x = QTensor.per_tensor(np.full(geometry.shape, 255, dtype=np.uint8), 1.0, 0)
    for word, code in (("positive", 127), ("negative", -128)):
        weight = QTensor.per_tensor(np.full(_weight_shape(geometry), code, dtype=np.int8), 1.0, 0)
        call = Call((x, fan_in * 128.0, 0 if code > 0 else 255), {}, rows=(0,))
        yield Sample(f"{name}-full-range-{word}", (call,), (weight, None, *_numbers(geometry)))


def _ties(*spatial: int) -> Iterator[Sample]:
    """Yield every code times one half, dense and depthwise: half of the results are ties."""
    dims = len(spatial)
    x = QTensor.per_tensor(np.arange(256, dtype=np.uint8).reshape(1, 4, *spatial), 1.0, 128)
    dense, depthwise = np.eye(4, dtype=np.int8), np.ones((4, 1), dtype=np.int8)
    for name, matrix, groups in (("dense", dense, 1), ("depthwise", depthwise, 4)):
        codes = matrix.reshape(*matrix.shape, *(1,) * dims)
        geometry = ((1,) * dims, (0,) * dims, (1,) * dims, groups)
        call = Call((x, 2.0, 7), {}, rows=(0,))
        yield Sample(f"ties-{name}", (call,), (QTensor.per_tensor(codes, 1.0, 0), None, *geometry))


def _weight_shape(geometry: Geometry) -> Shape:
    return geometry.outputs, geometry.shape[1] // geometry.groups, *geometry.kernel


def _numbers(geometry: Geometry) -> tuple[Any, ...]:
    dims = len(geometry.kernel)
    stride, padding, dilation = (
        (n,) * dims if isinstance(n, int) else n
        for n in (geometry.stride, geometry.padding, geometry.dilation)
    )
    return stride, padding, dilation, geometry.groups


def _sample(
    name: str,
    geometry: Geometry,
    *,
    per_channel: bool = False,
    with_bias: bool = True,
    weight_zero_point: int = 0,
    input_zero_point: int = 120,
    zero_point: int = 128,
    clamp: Clamp | None = None,
) -> Sample:
    draw = Draw(f"conv-{name}-{len(geometry.kernel)}")
    weight = draw.weight(_weight_shape(geometry), per_channel, weight_zero_point)
    bias = draw.floats((geometry.outputs,), 2) if with_bias else None
    scale = product_scale(math.prod(weight.shape[1:]))
    options = {} if clamp is None else {"clamp": clamp}
    calls = tuple(
        Call((draw.tensor(shape, zero_point=input_zero_point), scale, zero_point), options, rows=(0,))
        for shape in (geometry.shape, (geometry.shape[0] + 1, *geometry.shape[1:]))
    )
    return Sample(name, calls, (weight, bias, *_numbers(geometry)))


def conv1d_pack() -> Iterator[Sample]:
    """Yield geometries, per tensor and per channel, variants of one, and ties."""
    yield from _all(ONE_D)
    yield from _variants("k3p1", ONE_D["k3p1"])
    yield from _ties(64)


def conv2d_pack() -> Iterator[Sample]:
    """Yield geometries, per tensor and per channel, variants of dense and of depthwise ones, and ties."""
    yield from _all(TWO_D)
    for name in ("3x3p1", "1x1", "groups2", "depthwise-3x3p1"):
        yield from _variants(name, TWO_D[name])
    yield from _ties(4, 16)


def conv3d_pack() -> Iterator[Sample]:
    """Yield geometries, per tensor and per channel, variants of one, and ties."""
    yield from _all(THREE_D)
    yield from _variants("3x3x3p1", THREE_D["3x3x3p1"])
    yield from _ties(2, 4, 8)


SAMPLES = {"conv1d_pack": conv1d_pack, "conv2d_pack": conv2d_pack, "conv3d_pack": conv3d_pack}
