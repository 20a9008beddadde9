"""The two models of the digits example, with qframe's modules and weights that qframe trained.

They are written as a model for PyTorch would be, with the marks that static quantization asks
for: a QuantStub and a DeQuantStub where float and quantized data meet, and FloatFunctional for an
operation that is no module.  ``digits_qat.py --save`` made the weights; they load by name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import qframe
from qframe import nn
from qframe.quantization import DeQuantStub, QuantStub

WEIGHTS = Path(__file__).with_name("digits_weights.npz")
CHANNELS = 40
HIDDEN = 128


class DigitsCNN(nn.Module):
    """Two convolutions, the second with a skip connection, pooling and a linear head."""

    #: What fuse_modules makes one module each.
    fusable = (("conv1", "bn1", "relu1"), ("conv2", "bn2", "relu2"))

    def __init__(self) -> None:
        super().__init__()
        self.quant = QuantStub()
        self.conv1 = nn.Conv2d(1, CHANNELS, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(CHANNELS)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(CHANNELS)
        self.relu2 = nn.ReLU()
        self.skip = nn.quantized.FloatFunctional()
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(CHANNELS * 4 * 4, 10)
        self.dequant = DeQuantStub()

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Logits of shape (N, 10) for images of shape (N, 1, 8, 8)."""
        x = self.quant(x)
        x = self.relu1(self.bn1(self.conv1(x)))
        x = self.skip.add(x, self.relu2(self.bn2(self.conv2(x))))
        x = self.fc(qframe.flatten(self.pool(x), 1))
        return self.dequant(x)


class DigitsMLP(nn.Module):
    """Three linear layers with ReLU between them."""

    fusable = (("fc1", "relu1"), ("fc2", "relu2"))

    def __init__(self) -> None:
        super().__init__()
        self.quant = QuantStub()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(64, HIDDEN)
        self.relu1 = nn.ReLU()
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)
        self.relu2 = nn.ReLU()
        self.fc3 = nn.Linear(HIDDEN, 10)
        self.dequant = DeQuantStub()

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Logits of shape (N, 10) for images of shape (N, 1, 8, 8)."""
        x = self.flatten(self.quant(x))
        x = self.relu1(self.fc1(x))
        x = self.relu2(self.fc2(x))
        return self.dequant(self.fc3(x))


def load_models() -> dict[str, nn.Module]:
    """Return both trained models by name, in evaluation mode."""
    models = {"cnn": DigitsCNN(), "mlp": DigitsMLP()}
    with np.load(WEIGHTS, allow_pickle=False) as weights:
        for name, model in models.items():
            prefix = f"{name}."
            model.load_state_dict(
                {key.removeprefix(prefix): weights[key] for key in weights if key.startswith(prefix)}
            )
            model.eval()
    return models
