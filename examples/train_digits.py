"""Train the two float models of the digits example and save their weights as plain arrays.

Only this script needs PyTorch; the weights it writes, ``digits_weights.npz``, are kept in the
repository, so the example itself runs without it.  The file holds one float32 array per entry of
each model's state_dict, under ``cnn.`` or ``mlp.`` and PyTorch's own name, and no pickles.

Run it from the repository (half a minute on two cores)::

    pip install torch==2.13.0 scikit-learn==1.9.1
    python examples/train_digits.py

The arrays in the repository were made with Python 3.11, PyTorch 2.13.0 (CPU), NumPy 2.4.6 and
scikit-learn 1.9.1.  Seeds are fixed; other versions or CPUs may round differently on the way.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from digits_data import load_split
from torch import nn

WEIGHTS = Path(__file__).with_name("digits_weights.npz")
SEED = 0
BATCH = 64
CHANNELS = 40
HIDDEN = 128
NOISE = 0.1


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
        self.fc = nn.Linear(CHANNELS * 4 * 4, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of shape (N, 10) for images of shape (N, 1, 8, 8)."""
        x = self.relu1(self.bn1(self.conv1(x)))
        x = x + self.relu2(self.bn2(self.conv2(x)))
        return self.fc(torch.flatten(self.pool(x), 1))


class DigitsMLP(nn.Module):
    """Three linear layers with ReLU between them."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(64, HIDDEN)
        self.relu1 = nn.ReLU()
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)
        self.relu2 = nn.ReLU()
        self.fc3 = nn.Linear(HIDDEN, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of shape (N, 10) for images of shape (N, 1, 8, 8)."""
        x = self.relu1(self.fc1(torch.flatten(x, 1)))
        return self.fc3(self.relu2(self.fc2(x)))


def train(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, epochs: int) -> nn.Module:
    """Minimise the cross entropy of noisy images with AdamW and a cosine learning rate."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    loss_function = nn.CrossEntropyLoss(label_smoothing=0.05)
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad()
            noisy = images[batch] + NOISE * torch.randn_like(images[batch])
            loss_function(model(noisy), labels[batch]).backward()
            optimizer.step()
        schedule.step()
    return model.eval()


def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Fraction of ``images`` that ``model`` classifies as ``labels`` say."""
    with torch.no_grad():
        return float((model(images).argmax(1) == labels).float().mean())


def arrays(prefix: str, model: nn.Module) -> dict[str, np.ndarray]:
    """The model's state_dict as NumPy arrays under ``prefix.``."""
    return {f"{prefix}.{name}": value.numpy() for name, value in model.state_dict().items()}


def main() -> None:
    """Train both models, report their held-out accuracy and save their weights."""
    split = load_split()
    train_images, train_labels = torch.from_numpy(split.train_images), torch.from_numpy(split.train_labels)
    test_images, test_labels = torch.from_numpy(split.test_images), torch.from_numpy(split.test_labels)
    weights: dict[str, np.ndarray] = {}
    for name, kind, epochs in (("cnn", DigitsCNN, 40), ("mlp", DigitsMLP, 80)):
        torch.manual_seed(SEED)
        model = train(kind(), train_images, train_labels, epochs)
        print(f"{name}: {100 * accuracy(model, test_images, test_labels):.2f} % on the held-out third")
        weights |= arrays(name, model)
    np.savez(WEIGHTS, **weights)
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
