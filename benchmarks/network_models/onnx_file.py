"""A quantized network as an ONNX file in the QDQ form, which onnxruntime and OpenVINO read.

Around each operation stand DequantizeLinear and QuantizeLinear; the readers make integer operations of
such groups.  An activation is no node of its own where the output's zero point is the smallest code:
saturating there is a ReLU.  (ReLU6's bound is left to the largest code, which spares these peers work.)
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .architectures import IMAGE_SHAPE, Architecture, Conv, Layer, MaxPool, Residual

Arrays = dict[str, Any]
OPSET = 17


class Value(NamedTuple):
    """A quantized tensor of the graph: its name and the names of its scale and zero point."""

    name: str
    scale: str
    zero_point: str


class Graph:
    """Nodes and constants, collected while the network is written down.

    Args:
        arrays: what ``quantized.exported`` returns.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.onnx: Any = importlib.import_module("onnx")
        self.arrays = arrays
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node and return the name of its only output."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        """Add a constant and return its name."""
        self.constants[name] = self.onnx.numpy_helper.from_array(np.asarray(value), name)
        return name

    def quantized(self, real: str, path: str) -> Value:
        """Quantize to the qparams of the module at ``path``."""
        names = f"{path}.scale", f"{path}.zero_point"
        for name in names:
            value = np.asarray(self.arrays[name])
            self.constant(name, value.astype(np.float32) if name.endswith("scale") else value)
        return Value(self.node("QuantizeLinear", [real, *names]), *names)

    def requantized(self, real: str, like: Value) -> Value:
        """Quantize to the qparams of ``like``."""
        return like._replace(name=self.node("QuantizeLinear", [real, like.scale, like.zero_point]))

    def real(self, value: Value) -> str:
        """Dequantize."""
        return self.node("DequantizeLinear", list(value))

    def weight_and_bias(self, path: str, x: Value) -> list[str]:
        """Dequantize the weight, per output channel, and the bias, in the steps of the sums of products."""
        weight, bias = self.arrays[f"{path}.weight"], self.arrays[f"{path}.bias"]
        scales = self.arrays[f"{path}.weight_scales"].astype(np.float32)
        steps = (np.float32(self.arrays[x.scale]) * scales).astype(np.float32)
        codes = np.rint(bias / steps).astype(np.int32)
        return [
            self.channels(f"{path}.weight", weight, scales),
            self.channels(f"{path}.bias", codes, steps),
        ]

    def channels(self, name: str, codes: np.ndarray, scales: np.ndarray) -> str:
        """Dequantize a constant with one scale for each entry of its first axis."""
        names = [
            self.constant(name, codes),
            self.constant(f"{name}_scales", scales),
            self.constant(f"{name}_zero_points", np.zeros(len(scales), codes.dtype)),
        ]
        return self.node("DequantizeLinear", names, axis=0)


def layer(graph: Graph, spec: Layer, path: str, x: Value) -> Value:
    """Write one layer down and return its output."""
    if isinstance(spec, Conv):
        return convolution(graph, spec, path, x)
    if isinstance(spec, MaxPool):
        pads = [spec.padding] * 4
        sizes = {"kernel_shape": [spec.kernel] * 2, "strides": [spec.stride] * 2}
        return graph.requantized(graph.node("MaxPool", [graph.real(x)], pads=pads, **sizes), x)
    return residual(graph, spec, path, x)


def convolution(graph: Graph, spec: Conv, path: str, x: Value) -> Value:
    """Convolution with its batch norm folded in and its activation left to saturation."""
    real = graph.node(
        "Conv",
        [graph.real(x), *graph.weight_and_bias(f"{path}.conv", x)],
        kernel_shape=[spec.kernel] * 2,
        strides=[spec.stride] * 2,
        pads=[spec.kernel // 2] * 4,
        group=spec.groups,
    )
    return graph.quantized(real, f"{path}.conv")


def residual(graph: Graph, spec: Residual, path: str, x: Value) -> Value:
    """Body plus shortcut."""
    ends = []
    for part, convolutions in (("body", spec.body), ("shortcut", spec.shortcut)):
        end = x
        for index, conv in enumerate(convolutions):
            end = convolution(graph, conv, f"{path}.{part}.{index}", end)
        ends.append(end)
    return graph.quantized(graph.node("Add", [graph.real(end) for end in ends]), f"{path}.skip")


def write(architecture: Architecture, arrays: Arrays, file: str) -> None:
    """Write the network to ``file``, checked; needs the package ``onnx``."""
    graph = Graph(arrays)
    check_activations(architecture, arrays)
    x = graph.quantized("image", "quant")
    for index, spec in enumerate(architecture.layers):
        x = layer(graph, spec, f"layers.{index}", x)
    x = graph.requantized(graph.node("GlobalAveragePool", [graph.real(x)]), x)
    x = graph.requantized(graph.node("Flatten", [graph.real(x)]), x)
    scores = graph.node("Gemm", [graph.real(x), *graph.weight_and_bias("fc", x)], transB=1)
    output = graph.real(graph.quantized(scores, "fc"))
    save(graph, output, architecture.classes, file)


def check_activations(architecture: Architecture, arrays: Arrays) -> None:
    """Stop if an activation cannot be left to saturation."""
    for index, spec in enumerate(architecture.layers):
        path = f"layers.{index}"
        if isinstance(spec, Residual) and spec.relu and arrays[f"{path}.skip.zero_point"]:
            raise ValueError(f"{path}.skip has zero point {arrays[f'{path}.skip.zero_point']}, not 0")
        if isinstance(spec, Conv) and spec.activation and arrays[f"{path}.conv.zero_point"]:
            raise ValueError(f"{path}.conv has zero point {arrays[f'{path}.conv.zero_point']}, not 0")


def save(graph: Graph, output: str, classes: int, file: str) -> None:
    """Put the graph into a model of one image and write it."""
    onnx, helper = graph.onnx, graph.onnx.helper
    tensor = onnx.TensorProto.FLOAT
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "network",
            [helper.make_tensor_value_info("image", tensor, IMAGE_SHAPE)],
            [helper.make_tensor_value_info(output, tensor, (1, classes))],
            list(graph.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=9,
    )
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, file)
