"""What is asked of qframe: the one table of allowed ratios and wanted speeds.

A ratio is qframe's time through that of PyTorch's best engine in the same run, with one thread.
"""

from __future__ import annotations

from typing import NamedTuple

from .workloads import Workload

#: From this many multiplications on a linear layer or convolution counts as large.
LARGE = 10_000_000
#: By the beginning of a workload's name, the allowed ratio; the first that fits counts.
RATIOS = {
    "linear 1x1024x1024": 0.8,
    "dynamic 1x1024x1024": 0.8,
    "linear 1x16x16": 0.4,
    "dynamic 1x16x16": 0.4,
    "dynamic 16x768x768": 0.9,
    "depthwise": 0.6,
    "quantize": 1.0,
    "dequantize": 1.0,
    "add": 0.4,
    "mul": 0.4,
    "relu": 1.0,
    "hardswish": 0.4,
    "cat": 0.4,
    "max pool": 1.0,
    "global average pool": 1.0,
    "bilinear": 0.1,
    "LSTM 512x512": 0.7,
    "layer norm": 1.0,
    "group norm": 1.0,
    "instance norm": 1.0,
    "ResNet-50": 1.0,
    "MobileNetV2": 0.7,
    "training step": 3.0,
}
#: Share of the machine's measured peak, with one thread.
SHARES = {"linear 128x768x3072": 0.8, "conv 64-64 k3 @56": 0.8}
#: How much faster two threads are than one, on large linear layers and convolutions.
SPEED_UP = 1.7
#: While another process keeps a core busy: the time of two threads through that of one.
SLOW_DOWN = 1.3
#: Microseconds that Python may take for one call of an op, and that dispatch and checks may take of it.
CALL = 5.0
DISPATCH = 2.0
#: Milliseconds that ``import qframe`` may take beyond ``import numpy``.
IMPORT = 60.0
#: The reference engine's convolution through a float32 one.
REFERENCE = 3.0


class Judgement(NamedTuple):
    """A measured value and what is asked of it; each may be None.

    Attributes:
        at_least: the bound is a lower one.
    """

    subject: str
    value: float | None
    bound: float | None
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """ "met", "**missed**", or nothing where value or bound is missing."""
        if self.value is None or self.bound is None:
            return ""
        good = self.value >= self.bound if self.at_least else self.value <= self.bound
        return "met" if good else "**missed**"

    def __str__(self) -> str:
        word = "at least" if self.at_least else "at most"
        return f"{self.subject} {self.value:.2f}, {word} {self.bound:.2f} is wanted"


def is_large(workload: Workload) -> bool:
    """Whether it is a linear layer or convolution that must use threads and the CPU's peak well."""
    return workload.kind in ("linear", "dynamic", "conv") and workload.products >= LARGE


def allowed_ratio(workload: Workload) -> float | None:
    """Return the allowed ratio, or None where nothing is asked."""
    for beginning, ratio in RATIOS.items():
        if workload.name.startswith(beginning):
            return ratio
    return 1.0 if is_large(workload) else None
