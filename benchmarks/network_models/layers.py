"""Where the time of a quantized network goes: ``python -m benchmarks.network_models.layers``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

import qframe
from qframe import nn
from qframe.ops.packed import Packed

from ..tables import Table, show
from .architectures import NETWORKS
from .quantized import images, quantized_model, random_weights

COLUMNS = ("layer", "ms", "share", "MMAC", "GOPS", "outside the kernel, µs")
Call = Callable[..., Any]


def main() -> None:
    """Print the slowest layers of a network."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=21)
    parser.add_argument("--count", type=int, default=20, help="how many layers to list")
    arguments = parser.parse_args()
    qframe.set_num_threads(arguments.threads)
    architecture = NETWORKS[arguments.network]()
    model = quantized_model(architecture, random_weights(architecture), images(1, seed=8))
    rows, lines = layer_rows(model, images(1, seed=7), arguments.repetitions, arguments.count)
    show(Table(f"{architecture.title}: slowest layers, threads: {arguments.threads}", COLUMNS, rows))
    print("", *lines, sep="\n")


class Timed:
    """A call that notes its seconds, in place of another one.

    Attributes:
        shape: of the last result.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.seconds: list[float] = []
        self.shape: tuple[int, ...] = ()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        start = time.perf_counter()
        result = self.call(*arguments, **options)
        self.seconds.append(time.perf_counter() - start)
        self.shape = result.shape
        return result


class Layer(NamedTuple):
    """A module that computes, with its clock and, where it has a packed weight, its kernel's."""

    path: str
    module: nn.Module
    clock: Timed
    kernel: Timed | None


def layer_rows(
    model: nn.Module, image: np.ndarray, repetitions: int, count: int
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the ``count`` slowest layers as lines of a table, and lines that sum up."""
    model(image)
    whole = []
    with watched(model) as layers:
        for _ in range(repetitions):
            start = time.perf_counter()
            model(image)
            whole.append(time.perf_counter() - start)
    ran = [layer for layer in layers if layer.clock.seconds]
    total = float(np.median(whole))
    ran.sort(key=lambda layer: -median(layer.clock))
    return [row(layer, total) for layer in ran[:count]], summary(ran, total)


@contextmanager
def watched(model: nn.Module) -> Iterator[list[Layer]]:
    """Put clocks around the leaves of the model and their kernels."""
    layers = [clocked(path, module) for path, module in model.named_modules() if is_layer(module)]
    yield layers
    for layer in layers:
        for name in ("forward", "add", "add_relu"):
            layer.module.__dict__.pop(name, None)
        holder = getattr(layer.module, "_packed_params", None)
        if layer.kernel is not None and isinstance(holder, Packed):
            holder._form = layer.kernel.call


def is_layer(module: nn.Module) -> bool:
    """Whether a module computes something itself."""
    if isinstance(module, nn.quantized.QFunctional):
        return True
    return not list(module.children()) and not isinstance(module, (nn.Identity, nn.Sequential))


def clocked(path: str, module: nn.Module) -> Layer:
    """Put a clock around a module, and around the packed form of its weight."""
    if isinstance(module, nn.quantized.QFunctional):
        clock = Timed(module.add)
        relu = Timed(module.add_relu)
        relu.seconds = clock.seconds
        module.__dict__.update(add=clock, add_relu=relu)
        return Layer(path, module, clock, None)
    clock = Timed(module.forward)
    module.__dict__["forward"] = clock
    holder = getattr(module, "_packed_params", None)
    kernel = None
    if isinstance(holder, Packed):
        kernel = holder._form = Timed(holder.form())
    return Layer(path, module, clock, kernel)


def median(clock: Timed) -> float:
    """Return the median of the seconds."""
    return float(np.median(clock.seconds))


def row(layer: Layer, total: float) -> tuple[str, ...]:
    """One line of the table."""
    seconds, products = median(layer.clock), multiplications(layer)
    outside = "" if layer.kernel is None else f"{1e6 * (seconds - median(layer.kernel)):.1f}"
    return (
        f"{layer.path} {described(layer)}",
        f"{1000 * seconds:.3f}",
        f"{100 * seconds / total:.1f} %",
        f"{products / 1e6:.1f}" if products else "",
        f"{2e-9 * products / seconds:.0f}" if products else "",
        outside,
    )


def multiplications(layer: Layer) -> int:
    """Return how many products a convolution or linear layer sums up."""
    holder = getattr(layer.module, "_packed_params", None)
    if not isinstance(holder, Packed):
        return 0
    outputs = int(np.prod(layer.clock.shape))
    return outputs * int(np.prod(holder.weight.shape[1:]))


def described(layer: Layer) -> str:
    """Say what the layer is in few characters."""
    module: Any = layer.module
    if not hasattr(module, "kernel_size") or not hasattr(module, "in_channels"):
        return type(module).__name__
    kind = (
        f"depthwise {module.in_channels}"
        if module.groups > 1
        else f"{module.in_channels}->{module.out_channels}"
    )
    return f"{kind} k{module.kernel_size[0]} s{module.stride[0]} @{layer.clock.shape[-1]}"


def summary(layers: list[Layer], total: float) -> list[str]:
    """Sum the layers up by kind, and name what none of them takes."""
    by_kind: dict[str, list[Layer]] = {}
    for layer in layers:
        by_kind.setdefault(kind_of(layer), []).append(layer)
    lines = [f"whole network: {1000 * total:.2f} ms (with clocks)"]
    for kind, members in sorted(by_kind.items()):
        seconds, products = sum(median(m.clock) for m in members), sum(map(multiplications, members))
        speed = f", {2e-9 * products / seconds:.0f} GOPS" if products else ""
        lines.append(f"  {kind}: {len(members)} layers, {1000 * seconds:.2f} ms{speed}")
    rest = total - sum(median(layer.clock) for layer in layers)
    lines.append(f"  between the layers: {1000 * rest:.2f} ms")
    outside = [median(m.clock) - median(m.kernel) for m in layers if m.kernel is not None]
    lines.append(
        f"  core's own time in a layer with a weight: {1e6 * float(np.median(outside)):.1f} µs (median)"
    )
    return lines


def kind_of(layer: Layer) -> str:
    """Return the heading that a layer is summed up under."""
    module: Any = layer.module
    if getattr(module, "groups", 1) > 1:
        return "depthwise convolutions"
    if hasattr(module, "in_channels"):
        return f"{module.kernel_size[0]}x{module.kernel_size[0]} convolutions"
    return type(module).__name__


if __name__ == "__main__":
    main()
