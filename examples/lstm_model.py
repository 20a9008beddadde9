"""The model of the LSTM example, with qframe's modules and weights trained elsewhere.

It is written as a model for PyTorch would be; dynamic quantization asks for no marks in it.
``train_lstm.py`` made the weights; they load by name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from lstm_data import ALPHABET

from qframe import nn

WEIGHTS = Path(__file__).with_name("lstm_weights.npz")
EMBEDDED = 32
HIDDEN = 240

State = tuple[np.ndarray, np.ndarray]


class CharacterModel(nn.Module):
    """Predicts each next character from all before it."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), EMBEDDED)
        self.lstm = nn.LSTM(EMBEDDED, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, len(ALPHABET))

    def forward(self, characters: np.ndarray, state: State | None = None) -> tuple[np.ndarray, State]:
        """Logits of shape (N, T, characters) for numbers of shape (N, T), and the state to go on with."""
        hidden, state = self.lstm(self.embedding(characters), state)
        return self.head(hidden), state


def load_model() -> CharacterModel:
    """Return the trained float model, ready to run."""
    model = CharacterModel()
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        names = [name for name in stored if not name.endswith(".scale")]
        model.load_state_dict({name: stored[name] * stored[name + ".scale"] for name in names})
    return model.eval()
