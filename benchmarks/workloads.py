"""What is measured: operations, networks and training, as plain data that every process reads alike."""

from __future__ import annotations

from typing import Any, NamedTuple

from .network_models.architectures import IMAGE_SHAPE, NETWORKS, Conv, conv_products, products


class Workload(NamedTuple):
    """Something that peers run.

    Attributes:
        name: as tables and the command line show it.
        kind: which function of a peer prepares it.
        sizes: the arguments of that function.
        products: how many multiplications it sums up; 0 where it is no matter of multiplications.
    """

    name: str
    kind: str
    sizes: tuple[Any, ...]
    products: int = 0


#: Activations of M rows and K columns times a weight for N outputs.
LINEAR = ((1, 1024, 1024), (16, 768, 768), (128, 768, 3072), (256, 1024, 1024), (1, 16, 16))
#: Input channels, output channels, kernel, stride, image size, groups.
CONVS = (
    (3, 64, 7, 2, 224, 1),
    (64, 64, 3, 1, 56, 1),
    (128, 128, 3, 1, 28, 1),
    (256, 256, 3, 1, 14, 1),
    (512, 512, 3, 1, 7, 1),
    (256, 64, 1, 1, 56, 1),
    (1024, 256, 1, 1, 14, 1),
    (2048, 512, 1, 1, 7, 1),
    (96, 96, 3, 2, 112, 96),
    (192, 192, 3, 1, 28, 192),
    (960, 960, 3, 1, 7, 960),
)
#: An image of about a million elements.
MILLION = (1, 64, 128, 128)
SMALLER_IMAGE = (1, 64, 56, 56)
#: Sequence length, batch, inputs and hidden units.
SEQUENCE = (32, 1, 512, 512)
SEQUENCES = (32, 8, 256, 256)


def linear(kind: str, m: int, k: int, n: int) -> Workload:
    """A linear layer, static or dynamic."""
    return Workload(f"{kind} {m}x{k}x{n}", kind, (m, k, n), m * k * n)


def conv(inputs: int, outputs: int, kernel: int, stride: int, size: int, groups: int) -> Workload:
    """A convolution padded by half its kernel; depthwise where every channel is a group."""
    channels = f"depthwise {inputs}" if groups == inputs else f"conv {inputs}-{outputs}"
    steps = f" s{stride}" if stride > 1 else ""
    multiplications = conv_products(Conv(inputs, outputs, kernel, stride, groups), size)
    sizes = inputs, outputs, kernel, stride, size, groups
    return Workload(f"{channels} k{kernel}{steps} @{size}", "conv", sizes, multiplications)


def recurrent(kind: str, steps: int, batch: int, inputs: int, hidden: int) -> Workload:
    """A dynamically quantized layer over one or several sequences."""
    title, gates = {"lstm": ("LSTM", 4), "gru": ("GRU", 3), "lstm_fp16": ("LSTM float16", 4)}[kind]
    several = f" N{batch}" if batch > 1 else ""
    multiplications = steps * batch * gates * hidden * (inputs + hidden)
    sizes = steps, batch, inputs, hidden
    return Workload(f"{title} {inputs}x{hidden} T{steps}{several}", kind, sizes, multiplications)


OPERATIONS = (
    *(linear("linear", *sizes) for sizes in LINEAR),
    *(linear("dynamic", *sizes) for sizes in LINEAR),
    *(conv(*sizes) for sizes in CONVS),
    *(
        Workload(f"{kind} 1M", kind, (MILLION,))
        for kind in ("quantize", "dequantize", "add", "mul", "relu", "hardswish", "cat")
    ),
    Workload("max pool 3x3 s2 1M", "max_pool", (MILLION, 3, 2)),
    Workload("global average pool 1M", "global_average_pool", (MILLION,)),
    Workload("bilinear x2 1M", "bilinear", (MILLION, 256)),
    *(recurrent(kind, *sizes) for sizes in (SEQUENCE, SEQUENCES) for kind in ("lstm", "gru", "lstm_fp16")),
    Workload("layer norm 128x768", "layer_norm", (128, 768)),
    Workload("group norm 64/32 @56", "group_norm", (SMALLER_IMAGE, 32)),
    Workload("instance norm 64 @56", "instance_norm", (SMALLER_IMAGE,)),
)
NETWORK_WORKLOADS = tuple(
    Workload(make().title, "network", (key,), products(make(), IMAGE_SHAPE[-1]))
    for key, make in NETWORKS.items()
)
#: The float network of the digits example.
TRAINING = (Workload("training step, digits N64", "training", (64,)),)
BY_NAME = {workload.name: workload for workload in (*OPERATIONS, *NETWORK_WORKLOADS, *TRAINING)}
#: Run while another process keeps a core busy.
BUSY = tuple(BY_NAME[name] for name in ("linear 128x768x3072", "conv 64-64 k3 @56"))


def selected(workloads: tuple[Workload, ...], parts: list[str]) -> list[Workload]:
    """Return the workloads whose names contain one of the parts; all, if there are none."""
    return [w for w in workloads if not parts or any(part in w.name for part in parts)]
