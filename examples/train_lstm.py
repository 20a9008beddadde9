"""Train the float model of the LSTM example and save its weights as plain arrays.

Only this script needs PyTorch; the weights it writes, ``lstm_weights.npz``, are kept in the repository, so
the example itself runs without it.  To keep the file small, each array of the model's state_dict is stored as
16-bit integers with one float32 scale, under PyTorch's own name and that name with ``.scale``; no pickles.

Run it from the repository::

    pip install torch==2.13.0
    python examples/train_lstm.py

The arrays in the repository were made with Python 3.11.7, PyTorch 2.13.0 (CPU) and NumPy 2.4.6.  Seeds are
fixed; other versions or CPUs may round differently on the way.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from lstm_data import ALPHABET, encode, in_rows, load_texts
from lstm_model import EMBEDDED, HIDDEN, WEIGHTS
from torch import nn

SEED = 0
EPOCHS = 24
BATCH = 32
STEPS = 100
DROPOUT = 0.2


class CharacterModel(nn.Module):
    """The model of ``lstm_model.py``, with dropout for training."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), EMBEDDED)
        self.lstm = nn.LSTM(EMBEDDED, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, len(ALPHABET))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, characters: torch.Tensor, state: tuple[torch.Tensor, ...] | None = None) -> tuple:
        """Logits of shape (N, T, characters) for numbers of shape (N, T), and the state to go on with."""
        hidden, state = self.lstm(self.embedding(characters), state)
        return self.head(self.dropout(hidden)), state


def loss_of(model: CharacterModel, rows: torch.Tensor, start: int, state: tuple | None) -> tuple:
    """Mean cross entropy of the next characters from column ``start`` on, and the state behind them."""
    logits, state = model(rows[:, start : start + STEPS], state)
    following = rows[:, start + 1 : start + 1 + STEPS]
    logits = logits[:, : following.shape[1]]
    return nn.functional.cross_entropy(logits.flatten(0, 1), following.flatten()), state


def train(model: CharacterModel, rows: torch.Tensor) -> CharacterModel:
    """Go through the text ``EPOCHS`` times, from another place each time, with AdamW and a cosine rate."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for epoch in range(EPOCHS):
        state, losses = None, []
        for start in range(int(torch.randint(STEPS, ())), rows.shape[1] - STEPS, STEPS):
            loss, state = loss_of(model, rows, start, state)
            state = tuple(part.detach() for part in state)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        schedule.step()
        print(f"epoch {epoch + 1}: perplexity {math.exp(np.mean(losses)):.3f}", flush=True)
    return model.eval()


def perplexity(model: CharacterModel, rows: torch.Tensor) -> float:
    """Perplexity of each character but the first of every row."""
    with torch.no_grad():
        logits, _ = model(rows[:, :-1])
        return math.exp(nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()))


def in_16_bits(name: str, value: np.ndarray) -> dict[str, np.ndarray]:
    """One array as integers and their scale."""
    scale = np.float32(np.abs(value).max() / 32767)
    return {name: np.rint(value / scale).astype(np.int16), f"{name}.scale": scale}


def main() -> None:
    """Train, report the perplexity of the held-out text and save the weights."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # sums in the same order on every machine
    training, held_out = (encode(text) for text in load_texts())
    model = train(CharacterModel(), torch.from_numpy(in_rows(training, BATCH)))
    print(f"held-out perplexity {perplexity(model, torch.from_numpy(in_rows(held_out, BATCH))):.3f}")
    arrays = [in_16_bits(name, value.numpy()) for name, value in model.state_dict().items()]
    np.savez_compressed(WEIGHTS, **{name: array for entry in arrays for name, array in entry.items()})
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
