"""The network of the digits example, written once for qframe and PyTorch, and its first weights."""

from __future__ import annotations

from typing import Any

from .. import inputs

CHANNELS = 40
CLASSES = 10


def digits_network(nn: Any, flatten: Any) -> Any:
    """Return the float network in training mode, from images (N, 1, 8, 8) to scores (N, 10)."""

    class DigitsCNN(nn.Module):
        """Two convolutions, the second with a skip connection, pooling and a linear head."""

        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, CHANNELS, 3, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(CHANNELS)
            self.relu1 = nn.ReLU()
            self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(CHANNELS)
            self.relu2 = nn.ReLU()
            self.pool = nn.MaxPool2d(2)
            self.fc = nn.Linear(CHANNELS * 4 * 4, CLASSES)

        def forward(self, x: Any) -> Any:
            """Return the scores."""
            x = self.relu1(self.bn1(self.conv1(x)))
            x = x + self.relu2(self.bn2(self.conv2(x)))
            return self.fc(flatten(self.pool(x), 1))

    return DigitsCNN()


def first_weights(shapes: dict[str, tuple[int, ...]]) -> dict[str, inputs.Array]:
    """Return small random weights of the given shapes, the same for every library."""
    return {path: inputs.floats(*shape, seed=seed) / 10 for seed, (path, shape) in enumerate(shapes.items())}
