"""How the models of the digits examples are trained: by qframe itself, with noise on the images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from digits_data import Split
from digits_measure import batches
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from qframe import nn, optim, quantization
from qframe.autograd import value_and_grad

BATCH = 64
NOISE = 0.1
SMOOTHING = 0.05
WEIGHT_DECAY = 1e-2


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train, and after how many epochs ranges and statistics stay as they are."""

    epochs: int
    rate: float
    settled: int | None = None


#: From random weights, and from trained ones with rounding.
FLOAT = Plan(epochs=40, rate=3e-3)
FINE_TUNING = Plan(epochs=10, rate=1e-3, settled=7)


def train(model: nn.Module, plan: Plan, split: Split, seed: int, title: str, console: Console) -> nn.Module:
    """Minimise the cross entropy of noisy images with AdamW and a cosine learning rate; return ``model``."""
    rng = np.random.default_rng(seed)
    optimizer = optim.AdamW(model.parameters(), lr=plan.rate, weight_decay=WEIGHT_DECAY)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, plan.epochs)
    loss_and_gradients = value_and_grad(model.train(), lambda x, labels: loss_of(model(x), labels))
    with progress(console) as bar:
        task = bar.add_task(title, total=plan.epochs, loss=float("nan"))
        for epoch in range(plan.epochs):
            if epoch == plan.settled:
                settle(model)
            for chosen in batches(rng.permutation(len(split.train_labels)), BATCH):
                images = noisy(split.train_images[chosen], rng)
                loss, gradients = loss_and_gradients(images, split.train_labels[chosen])
                optimizer.step(gradients)
            schedule.step()
            bar.update(task, advance=1, loss=float(loss))
    return model.eval()


def loss_of(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The cross entropy, with a little of the target spread over all digits."""
    return nn.functional.cross_entropy(logits, labels, label_smoothing=SMOOTHING)


def settle(model: nn.Module) -> None:
    """Keep the ranges of quantization and the statistics of batch norms from now on."""
    model.apply(quantization.disable_observer)
    model.apply(nn.intrinsic.qat.freeze_bn_stats)


def noisy(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add normal noise, so that the small training set is not learned by heart."""
    return images + np.float32(NOISE) * rng.standard_normal(images.shape, dtype=np.float32)


def progress(console: Console) -> Progress:
    """A bar with the loss; nothing where the output is no terminal."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("loss {task.fields[loss]:.3f}")
    return Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal)
