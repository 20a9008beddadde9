"""What the digits example measures: accuracy, size on disk, time per batch, noise per layer."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import qframe
from qframe import QTensor, nn

OBSERVED = ".activation_post_process"


def batches(images: np.ndarray, size: int) -> list[np.ndarray]:
    """Cut ``images`` into consecutive batches of ``size``; the last may be smaller."""
    return [images[start : start + size] for start in range(0, len(images), size)]


def accuracy(model: nn.Module, images: np.ndarray, labels: np.ndarray, batch: int) -> float:
    """Percentage of ``images`` that ``model`` classifies as ``labels`` say."""
    answers = np.concatenate([model(part).argmax(axis=1) for part in batches(images, batch)])
    return 100 * float(np.mean(answers == labels))


def stored_kilobytes(model: nn.Module) -> float:
    """Size of the file that holds the whole state_dict as plain, uncompressed arrays."""
    arrays = {key: part for name, value in model.state_dict().items() for key, part in plain(name, value)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.npz"
        np.savez(path, **arrays)
        return path.stat().st_size / 1024


def plain(name: str, value: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays that hold one entry of a state_dict, each under a name of its own."""
    if isinstance(value, QTensor):
        yield f"{name}.int_repr", value.int_repr()
        yield f"{name}.qparams", qparams(value)
    elif isinstance(value, tuple | list):
        for index, part in enumerate(value):
            yield from plain(f"{name}.{index}", part)
    elif isinstance(value, np.ndarray | np.generic | float | int):
        yield name, np.asarray(value)
    elif value is not None:
        yield name, np.asarray(str(value))


def qparams(tensor: QTensor) -> np.ndarray:
    """Return scales and zero points as one array: for each channel, or one for the whole tensor.

    A zero point is a code of the tensor and fits its integers; the channel axis, where there are
    channels, is the first in every weight.
    """
    if tensor.qscheme() == qframe.per_channel_affine:
        scales, zero_points = tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points()
    else:
        scales, zero_points = np.asarray(tensor.q_scale()), np.asarray(tensor.q_zero_point())
    records = np.empty(scales.shape, [("scale", np.float64), ("zero_point", tensor.dtype.numpy)])
    records["scale"], records["zero_point"] = scales, zero_points
    return records


def milliseconds(calls: Mapping[Any, Callable[[], Any]], repetitions: int) -> dict[Any, float]:
    """Median duration of each call; the calls take turns, so that a busy moment hits all alike."""
    times: dict[Any, list[float]] = {key: [] for key in calls}
    for _ in range(repetitions):
        for key, call in calls.items():
            start = time.perf_counter()
            call()
            times[key].append(1000 * (time.perf_counter() - start))
    return {key: float(np.median(durations)) for key, durations in times.items()}


def outputs(model: nn.Module, images: np.ndarray) -> dict[str, np.ndarray]:
    """Run ``model`` once and return the output of every module in it, as float arrays by path.

    The operations of a FloatFunctional are no modules; what they return passes through its child
    ``activation_post_process`` and is filed under the FloatFunctional's own path.
    """
    seen: dict[str, np.ndarray] = {}

    def recorder(path: str) -> Callable[..., None]:
        def record(module: nn.Module, inputs: Any, output: Any) -> None:
            seen[path] = output.dequantize() if isinstance(output, QTensor) else output

        return record

    handles = [
        module.register_forward_hook(recorder(path.removesuffix(OBSERVED)))
        for path, module in model.named_modules()
    ]
    model(images)
    for handle in handles:
        handle.remove()
    return seen


def sqnr(signal: np.ndarray, noisy: np.ndarray) -> float:
    """Ratio of signal to quantization noise in decibels; infinite where there is no noise."""
    power = float(np.sum(np.square(signal, dtype=np.float64)))
    noise = float(np.sum(np.square(signal - noisy, dtype=np.float64)))
    return 10 * math.log10(power / noise) if noise else math.inf


def layer_sqnr(float_model: nn.Module, quantized: nn.Module, images: np.ndarray) -> dict[str, float]:
    """SQNR of every layer that chooses an output scale, by path, in the order of the model."""
    expected, actual = outputs(float_model, images), outputs(quantized, images)
    layers = [path for path, module in quantized.named_modules() if hasattr(module, "scale")]
    return {path: sqnr(expected[path], actual[path]) for path in layers if path in expected}
