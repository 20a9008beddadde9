"""Samples of linear_pack and linear_pack_fp16."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qframe.numerics import Clamp
from qframe.qparams import choose_dynamic_qparams
from qframe.qtensor import QTensor

from ..sample import Call, Sample
from .draw import Array, Draw, product_scale

#: Rows, inputs, outputs.
SIZES = (
    (1, 1, 1), (2, 3, 5), (3, 7, 2), (5, 17, 33), (4, 16, 8), (7, 31, 15), (1, 64, 65), (8, 63, 9),
    (3, 65, 31), (17, 5, 1), (2, 128, 16), (6, 129, 10), (33, 33, 33), (130, 300, 97),
)  # fmt: skip


def linear_pack() -> Iterator[Sample]:
    """Yield sizes, schemes, biases, fused clamps, qparams at both ends, long sums, ties, dynamic calls."""
    yield from _sizes()
    yield from _schemes()
    yield from _clamps()
    yield from _extremes()
    yield from _ties()
    yield from _dynamic()


def _sizes() -> Iterator[Sample]:
    for rows, inputs, outputs in SIZES:
        draw = Draw(f"linear{rows}x{inputs}x{outputs}")
        weights = draw.weight((outputs, inputs)), draw.floats((outputs,))
        calls = (_call(draw, (rows, inputs)), _dynamic_call(draw.floats((rows, inputs))))
        yield Sample(f"{rows}x{inputs}x{outputs}", calls, weights)


def _schemes() -> Iterator[Sample]:
    for per_channel in (False, True):
        for weight_zero_point in (0, 5):
            for with_bias in (False, True):
                words = ["per_channel" if per_channel else "per_tensor"]
                words += ["asymmetric"] * bool(weight_zero_point) + ["bias"] * with_bias
                name = "-".join(words)
                draw = Draw("linear-" + name)
                weight = draw.weight((9, 37), per_channel, weight_zero_point)
                bias = draw.floats((9,), 3) if with_bias else None
                calls = _call(draw, (6, 37)), _call(draw, (2, 3, 37)), _call(draw, (1, 2, 2, 37))
                yield Sample(name, calls, (weight, bias))


def _clamps() -> Iterator[Sample]:
    draw = Draw("linear-clamps")
    weights = draw.weight((11, 20), True), draw.floats((11,))
    for name, clamp in (("relu", Clamp(128, 255)), ("relu6", Clamp(128, 180)), ("one-code", Clamp(7, 7))):
        yield Sample(name, (_call(draw, (5, 20), clamp=clamp),), weights)


def _extremes() -> Iterator[Sample]:
    for input_zero_point in (0, 255):
        for output_zero_point in (0, 255):
            name = f"zero_points-{input_zero_point}-{output_zero_point}"
            draw = Draw("linear-" + name)
            call = _call(draw, (4, 40), zero_point=output_zero_point, input_zero_point=input_zero_point)
            yield Sample(name, (call,), (draw.weight((6, 40)), draw.floats((6,), 5)))
    for inputs in (515, 1200, 4099):
        draw = Draw(f"linear-long{inputs}")
        for name, code in (("positive", 127), ("negative", -128)):
            weight = QTensor.per_tensor(np.full((3, inputs), code, dtype=np.int8), 1.0, 0)
            full = QTensor.per_tensor(np.full((2, inputs), 255, dtype=np.uint8), 1.0, 0)
            zero_point = 0 if code > 0 else 255
            calls = (
                _static(full, inputs * 128.0, zero_point),
                _call(draw, (3, inputs), input_zero_point=255),
            )
            yield Sample(f"full-range-{name}-{inputs}", calls, (weight, draw.floats((3,), 1000)))
    draw = Draw("linear-scales")
    weights = draw.weight((5, 12)), draw.floats((5,))
    for output_scale in (1e-4, 1e3):
        yield Sample(f"output-scale{output_scale:g}", (_call(draw, (3, 12), scale=output_scale),), weights)
    yield Sample(
        "empty", (_static(draw.tensor((0, 12)), 0.1, 0), _dynamic_call(draw.floats((0, 12)))), weights
    )


def _ties() -> Iterator[Sample]:
    """Yield every code times one half, with and without a bias of one: half of the results are ties."""
    x = QTensor.per_tensor(np.arange(256, dtype=np.uint8).reshape(32, 8), 1.0, 128)
    identity = np.eye(8, dtype=np.int8)
    weights = {
        "per_tensor": QTensor.per_tensor(identity, 1.0, 0),
        "per_channel": QTensor.per_channel(identity, np.ones(8), np.zeros(8, dtype=np.int64), 0),
    }
    for name, weight in weights.items():
        for word, bias in (("", None), ("-bias", np.ones(8, dtype=np.float32))):
            yield Sample(f"ties-{name}{word}", (_static(x, 2.0, 7),), (weight, bias))


def _dynamic() -> Iterator[Sample]:
    draw = Draw("linear-dynamic")
    for per_channel in (False, True):
        weight = draw.weight((10, 45), per_channel)
        bias = draw.floats((10,))
        inputs: dict[str, Array] = {
            "mixed": draw.floats((7, 45)),
            "positive": np.abs(draw.floats((7, 45))),
            "negative": -np.abs(draw.floats((2, 3, 45))),
            "zeros": np.zeros((3, 45), dtype=np.float32),
            "ties": (np.append(np.arange(494), 510) / 2).astype(np.float32).reshape(11, 45),  # the scale is 1
        }
        scheme = "per_channel" if per_channel else "per_tensor"
        for name, x in inputs.items():
            calls = tuple(
                _dynamic_call(x, relu=relu, reduce_range=reduce_range)
                for relu in (False, True)
                for reduce_range in (False, True)
            )
            yield Sample(f"dynamic-{scheme}-{name}", calls, (weight, bias))
        yield Sample(f"dynamic-{scheme}-no-bias", (_dynamic_call(inputs["mixed"]),), (weight, None))


def _call(draw: Draw, shape: tuple[int, ...], **changes: Any) -> Call:
    scale = changes.pop("scale", product_scale(shape[-1]))
    zero_point = changes.pop("zero_point", 128)
    x = draw.tensor(shape, zero_point=changes.pop("input_zero_point", 120))
    return _static(x, scale, zero_point, **changes)


def _static(x: QTensor, scale: float, zero_point: int, **options: Any) -> Call:
    return Call((x, scale, zero_point), options, rows=(0,))


def _dynamic_call(x: Array, relu: bool = False, reduce_range: bool = False) -> Call:
    options = {"relu": relu, "reduce_range": reduce_range}
    return Call((x,), options, method="dynamic", error=dynamic_error)


def dynamic_error(weights: Any, call: Call, tolerance: int) -> float:
    """Allow each quantized activation to be off by the tolerance: no error for engines that claim zero."""
    x = call.args[0]
    if not x.size:
        return 0.0
    scale, _ = choose_dynamic_qparams(float(x.min()), float(x.max()), call.kwargs["reduce_range"])
    largest = float(np.abs(weights[0].dequantize()).sum(axis=1).max())
    return tolerance * scale * largest * 1.001


def linear_pack_fp16() -> Iterator[Sample]:
    """Yield sizes, with and without bias, and weights beyond the range of half precision."""
    for rows, inputs, outputs in SIZES:
        draw = Draw(f"fp16{rows}x{inputs}x{outputs}")
        yield _half(
            f"{rows}x{inputs}x{outputs}", draw.floats((rows, inputs)), draw.floats((outputs, inputs)), draw
        )
    draw = Draw("fp16")
    weight = draw.floats((5, 12))
    yield _half("no-bias", draw.floats((3, 12)), weight, None)
    yield _half("stacked", draw.floats((2, 3, 12)), weight, draw)
    yield _half("empty", draw.floats((0, 12)), weight, draw)
    beyond = np.array([[65504, 65519, 65520, 1e30], [-65504, -1e6, 6e-8, 1e-12]], dtype=np.float32)
    yield _half("saturating", draw.floats((3, 4)), beyond, draw)
    ties = (1 + np.arange(16, dtype=np.float32) / 2048).reshape(2, 8)  # between neighbouring halves
    yield _half("ties", np.eye(8, dtype=np.float32), ties, None)


def _half(name: str, x: Array, weight: Array, draw: Draw | None) -> Sample:
    bias = draw.floats((weight.shape[0],)) if draw else None
    calls = tuple(Call((x,), {"relu": relu}, rows=(0,), error=half_precision_error) for relu in (False, True))
    return Sample(name, calls, (weight, bias))


def half_precision_error(weights: Any, call: Call, tolerance: int) -> Array:
    """Return how far two float32 sums of the same products may lie apart, whatever their order.

    Each of the K + 1 additions and the product round once, by at most 2**-24 of the sum of magnitudes.
    """
    (weight, bias), x = weights, call.args[0]
    saturated = np.clip(weight, -65504, 65504).astype(np.float16).astype(np.float64)
    magnitude = np.abs(x).astype(np.float64) @ np.abs(saturated).T
    if bias is not None:
        magnitude = magnitude + np.abs(bias)
    return np.asarray(2 * (x.shape[-1] + 2) * 2.0**-24 * magnitude)


SAMPLES = {"linear_pack": linear_pack, "linear_pack_fp16": linear_pack_fp16}
