"""Time qframe's fbgemm engine against PyTorch: linear layers, convolutions, recurrent layers.

    python engine_ops.py                         qframe alone
    python engine_ops.py --torch PYTHON          and PyTorch, run by an interpreter that has it
    ... --isa avx2                               both limited to AVX2
    ... --threads 1 --only linear                one thread, some workloads

Each engine runs in a process of its own; repetitions are interleaved, and medians are compared, so that
other load on the machine meets both alike.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

LINEAR = [(1, 1024, 1024), (16, 768, 768), (128, 768, 3072), (256, 1024, 1024), (1, 16, 16)]
#: Name, input channels, output channels, kernel, stride, size, groups.
CONVS = [
    ("conv 3-64 k7s2 @224", 3, 64, 7, 2, 224, 1),
    ("conv 64-64 k3 @56", 64, 64, 3, 1, 56, 1),
    ("conv 128-128 k3 @28", 128, 128, 3, 1, 28, 1),
    ("conv 256-256 k3 @14", 256, 256, 3, 1, 14, 1),
    ("conv 512-512 k3 @7", 512, 512, 3, 1, 7, 1),
    ("conv 256-64 k1 @56", 256, 64, 1, 1, 56, 1),
    ("conv 1024-256 k1 @14", 1024, 256, 1, 1, 14, 1),
    ("conv 2048-512 k1 @7", 2048, 512, 1, 1, 7, 1),
    ("depthwise 96 k3s2 @112", 96, 96, 3, 2, 112, 96),
    ("depthwise 192 k3 @28", 192, 192, 3, 1, 28, 192),
    ("depthwise 960 k3 @7", 960, 960, 3, 1, 7, 960),
]
#: Steps, batch, inputs, hidden size.
RECURRENT = [(32, 1, 512, 512), (32, 8, 256, 256)]
ELEMENTS = 1_000_000
#: Weights are normally distributed; the largest are four and a half standard deviations away.
WEIGHT_SCALE = 4.5 / 127
#: Settings that keep PyTorch and its libraries from using more than AVX2.
AVX2_ONLY = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2"}

Workloads = dict[str, Callable[[], Any]]


def names() -> list[str]:
    """Return the names of all workloads."""
    linear = ["x".join(map(str, shape)) for shape in LINEAR]
    return [
        *(f"linear {shape}" for shape in linear),
        *(f"dynamic {shape}" for shape in linear),
        *(conv[0] for conv in CONVS),
        *(f"{kind} {_text(shape)}" for shape in RECURRENT for kind in ("lstm", "gru", "lstm float16")),
        "quantize 1M",
        "dequantize 1M",
    ]


def _text(shape: tuple[int, ...]) -> str:
    steps, batch, inputs, hidden = shape
    return f"{inputs}x{hidden} T{steps} N{batch}"


def qframe_workloads() -> Workloads:
    """Return the calls on qframe, packed and warm."""
    import numpy as np

    import qframe
    import qframe.quantization
    from qframe.ops import PackedConv, PackedLinear

    qframe.set_engine("fbgemm")
    rng = np.random.default_rng(0)

    def tensor(shape: tuple[int, ...], kind: Any) -> Any:
        floats = rng.standard_normal(shape).astype(np.float32)
        if kind is np.int8:
            return qframe.quantize_per_tensor(floats, WEIGHT_SCALE, 0, qframe.qint8)
        return qframe.quantize_per_tensor(floats, 0.02, 128, qframe.quint8)

    calls: Workloads = {}
    for m, k, n in LINEAR:
        packed, x = PackedLinear(tensor((n, k), np.int8), np.zeros(n, np.float32)), tensor((m, k), np.uint8)
        floats = rng.standard_normal((m, k)).astype(np.float32)
        calls[f"linear {m}x{k}x{n}"] = lambda p=packed, x=x: p(x, 0.5, 3)
        calls[f"dynamic {m}x{k}x{n}"] = lambda p=packed, x=floats: p.dynamic(x)
    for name, inputs, outputs, kernel, stride, size, groups in CONVS:
        weight = tensor((outputs, inputs // groups, kernel, kernel), np.int8)
        conv = PackedConv(weight, None, (stride,) * 2, (kernel // 2,) * 2, (1, 1), groups)
        image = tensor((1, size, size, inputs), np.uint8).permute(0, 3, 1, 2)
        calls[name] = lambda p=conv, x=image: p(x, 0.5, 3)
    for shape in RECURRENT:
        calls |= recurrent_workloads(qframe, np.ones, shape, "float32")
    x = rng.standard_normal(ELEMENTS).astype(np.float32)
    codes = tensor((ELEMENTS,), np.uint8)
    calls["quantize 1M"] = lambda: qframe.quantize_per_tensor(x, 0.02, 3, qframe.quint8)
    calls["dequantize 1M"] = lambda: qframe.dequantize(codes)
    return calls


def recurrent_workloads(
    framework: Any, ones: Callable[..., Any], shape: tuple[int, ...], dtype: Any
) -> Workloads:
    """Return the calls of layers with random weights, quantized dynamically; the same code for both."""
    steps, batch, inputs, hidden = shape
    quantize, x = framework.quantization.quantize_dynamic, ones((steps, batch, inputs), dtype=dtype)
    calls: Workloads = {}
    for name, kind, weights in (
        ("lstm", framework.nn.LSTM, framework.qint8),
        ("gru", framework.nn.GRU, framework.qint8),
        ("lstm float16", framework.nn.LSTM, framework.float16),
    ):
        try:
            layer = quantize(framework.nn.Sequential(kind(inputs, hidden)), {kind}, dtype=weights)[0]
        except RuntimeError:  # PyTorch's onednn and qnnpack have no float16 weights
            continue
        calls[f"{name} {_text(shape)}"] = lambda layer=layer: layer(x)
    return calls


def torch_workloads() -> Workloads:
    """Return the same calls on PyTorch's engine of this process."""
    import torch

    torch.backends.quantized.engine = os.environ["BENCH_TORCH_ENGINE"]
    torch.set_num_threads(int(os.environ["BENCH_THREADS"]))
    ops = torch.ops.quantized
    q = torch.quantize_per_tensor

    def weight(*shape: int) -> Any:
        return q(torch.randn(shape), WEIGHT_SCALE, 0, torch.qint8)

    calls: Workloads = {}
    for m, k, n in LINEAR:
        packed = ops.linear_prepack(weight(n, k), torch.zeros(n))
        floats = torch.randn(m, k)
        x = q(floats, 0.02, 128, torch.quint8)
        calls[f"linear {m}x{k}x{n}"] = lambda p=packed, x=x: ops.linear(x, p, 0.5, 3)
        calls[f"dynamic {m}x{k}x{n}"] = lambda p=packed, x=floats: ops.linear_dynamic(x, p)
    for name, inputs, outputs, kernel, stride, size, groups in CONVS:
        args = [stride] * 2, [kernel // 2] * 2, [1, 1], groups
        packed = ops.conv2d_prepack(weight(outputs, inputs // groups, kernel, kernel), None, *args)
        image = torch.randn(1, inputs, size, size).contiguous(memory_format=torch.channels_last)
        x = q(image, 0.02, 128, torch.quint8)
        calls[name] = lambda p=packed, x=x: ops.conv2d(x, p, 0.5, 3)
    torch.set_grad_enabled(False)
    for shape in RECURRENT:
        calls |= recurrent_workloads(torch, torch.ones, shape, torch.float32)
    x = torch.randn(ELEMENTS)
    codes = q(x, 0.02, 3, torch.quint8)
    calls["quantize 1M"] = lambda: q(x, 0.02, 3, torch.quint8)
    calls["dequantize 1M"] = codes.dequantize
    return calls


def serve(workloads: Workloads) -> None:
    """Answer names on standard input with seconds per call, or NaN for what the engine cannot do."""
    for line in sys.stdin:
        try:
            print(seconds_per_call(workloads[line.strip()]), flush=True)
        except (KeyError, RuntimeError):
            print("nan", flush=True)


def seconds_per_call(call: Callable[[], Any]) -> float:
    """Time as many calls in a row as take ten milliseconds, once warm."""
    call()
    repeats, spent = 1, 0.0
    while spent < 0.01:
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        spent = time.perf_counter() - start
        seconds, repeats = spent / repeats, repeats * 4
    return seconds


class Peer:
    """A process that times workloads when asked."""

    def __init__(self, name: str, python: str, environment: dict[str, str]) -> None:
        self._command = [python, __file__, "--serve", "qframe" if name == "qframe" else "torch"]
        self._environment = os.environ | environment
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # PyTorch's deprecation warnings
            text=True,
            env=self._environment,
        )

    def time(self, name: str) -> float:
        """Return the seconds of one call; NaN if the process crashed, which then starts again."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(name + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            self._start()
        return float(answer or "nan")


def median_of(times: list[float]) -> float:
    """Return the median of the rounds that succeeded."""
    return statistics.median([t for t in times if not math.isnan(t)] or [math.nan])


def compare(arguments: argparse.Namespace) -> None:
    """Run all peers and print the table."""
    threads = str(arguments.threads)
    limits = {"OMP_NUM_THREADS": threads, "QFRAME_NUM_THREADS": threads, "BENCH_THREADS": threads}
    if arguments.isa:
        limits |= {"QFRAME_ISA": arguments.isa} | (AVX2_ONLY if arguments.isa == "avx2" else {})
    peers = {"qframe": Peer("qframe", sys.executable, limits)}
    if arguments.torch:
        for engine in arguments.engines.split(","):
            peers[engine] = Peer(engine, arguments.torch, limits | {"BENCH_TORCH_ENGINE": engine})
    rivals = [name for name in peers if name != "qframe"]
    print(f"{'milliseconds':26}" + "".join(f"{name:>10}" for name in peers) + f"{'ratio':>8}")
    for name in names():
        if arguments.only and arguments.only not in name:
            continue
        rounds = [
            {peer: process.time(name) for peer, process in peers.items()} for _ in range(arguments.rounds)
        ]
        median = {peer: 1e3 * median_of([r[peer] for r in rounds]) for peer in peers}
        best = min((median[r] for r in rivals if not math.isnan(median[r])), default=math.nan)
        ratio = median["qframe"] / best
        print(f"{name:26}" + "".join(f"{median[p]:10.4f}" for p in peers) + f"{ratio:8.2f}", flush=True)


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", help="a Python interpreter with PyTorch")
    parser.add_argument("--engines", default="x86,fbgemm,onednn,qnnpack", help="PyTorch's engines to run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--isa", help="instruction set for qframe; avx2 limits PyTorch too")
    parser.add_argument("--only", help="part of the names of the workloads to run")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", choices=("qframe", "torch"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(qframe_workloads() if arguments.serve == "qframe" else torch_workloads())
    else:
        compare(arguments)


if __name__ == "__main__":
    main()
