"""The handwritten digits of scikit-learn, split once and for all into two thirds and one third."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 2026


@dataclass(frozen=True)
class Split:
    """Images of shape (N, 1, 8, 8), float32 in [0, 1], and labels of shape (N,), int64."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load_split() -> Split:
    """Load the 1,797 digits; the held-out third is stratified and fixed by the seed."""
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[:, np.newaxis]
    labels = digits.target.astype(np.int64)
    train_images, test_images, train_labels, test_labels = train_test_split(
        images, labels, test_size=1 / 3, random_state=SEED, stratify=labels
    )
    return Split(train_images, train_labels, test_images, test_labels)
