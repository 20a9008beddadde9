"""A model built from an architecture; qframe spells as PyTorch does, so that this is written once."""

from __future__ import annotations

from typing import Any, NamedTuple

from .architectures import Architecture, Conv, Layer, MaxPool, Residual


class Framework(NamedTuple):
    """The parts of qframe or PyTorch that a model is made of."""

    nn: Any
    quantization: Any
    flatten: Any


def build(architecture: Architecture, framework: Framework, relu6: bool = True) -> Any:
    """Return the float model, with the marks that static quantization asks for.

    Args:
        relu6: whether ReLU6 is one; otherwise ReLU stands in for it.
    """
    nn = framework.nn
    activations = {"relu": nn.ReLU, "relu6": nn.ReLU6 if relu6 else nn.ReLU}

    class ConvBlock(nn.Module):  # type: ignore[name-defined]
        """Convolution, batch norm, activation."""

        def __init__(self, spec: Conv) -> None:
            super().__init__()
            numbers = spec.inputs, spec.outputs, spec.kernel, spec.stride, spec.kernel // 2
            self.conv = nn.Conv2d(*numbers, groups=spec.groups, bias=False)
            self.bn = nn.BatchNorm2d(spec.outputs)
            self.activation = activations[spec.activation]() if spec.activation else nn.Identity()

        def forward(self, x: Any) -> Any:
            """Return the activations."""
            return self.activation(self.bn(self.conv(x)))

    class ResidualBlock(nn.Module):  # type: ignore[name-defined]
        """The sum of body and shortcut."""

        def __init__(self, spec: Residual) -> None:
            super().__init__()
            self.body = nn.Sequential(*map(ConvBlock, spec.body))
            self.shortcut = nn.Sequential(*map(ConvBlock, spec.shortcut))
            self.skip = nn.quantized.FloatFunctional()
            self.relu = spec.relu

        def forward(self, x: Any) -> Any:
            """Return the sum."""
            add = self.skip.add_relu if self.relu else self.skip.add
            return add(self.body(x), self.shortcut(x))

    class Network(nn.Module):  # type: ignore[name-defined]
        """The whole network."""

        def __init__(self) -> None:
            super().__init__()
            self.quant = framework.quantization.QuantStub()
            self.layers = nn.Sequential(*map(layer, architecture.layers))
            self.pool = nn.AdaptiveAvgPool2d((1, 1))
            self.fc = nn.Linear(architecture.features, architecture.classes)
            self.dequant = framework.quantization.DeQuantStub()

        def forward(self, x: Any) -> Any:
            """Return the classes' scores."""
            x = self.pool(self.layers(self.quant(x)))
            return self.dequant(self.fc(framework.flatten(x, 1)))

    def layer(spec: Layer) -> Any:
        if isinstance(spec, MaxPool):
            return nn.MaxPool2d(*spec)
        return ConvBlock(spec) if isinstance(spec, Conv) else ResidualBlock(spec)

    return Network().eval()


def fusable(architecture: Architecture, relu6: bool = True) -> list[list[str]]:
    """Return what fuse_modules makes one module each.

    Args:
        relu6: whether the framework fuses what the model has in ReLU6's places.
    """
    fused = {"relu", "relu6"} if relu6 else {"relu"}
    return [
        [f"{path}.conv", f"{path}.bn", *([f"{path}.activation"] if spec.activation in fused else [])]
        for path, spec in convolutions(architecture)
    ]


def convolutions(architecture: Architecture) -> list[tuple[str, Conv]]:
    """Return each convolution's path in the model and its numbers."""
    found: list[tuple[str, Conv]] = []
    for index, spec in enumerate(architecture.layers):
        path = f"layers.{index}"
        if isinstance(spec, Conv):
            found.append((path, spec))
        elif isinstance(spec, Residual):
            for part in ("body", "shortcut"):
                found += [(f"{path}.{part}.{i}", conv) for i, conv in enumerate(getattr(spec, part))]
    return found
