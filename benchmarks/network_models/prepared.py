"""The files that the peers' processes read: images, weights, integers and scores of the networks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .architectures import NETWORKS
from .quantized import exported, float_model, images, quantized_model, random_weights


def prepare(keys: Iterable[str], folder: Path) -> None:
    """Write what the networks' workloads need into ``folder``: random but fixed weights, and what follows."""
    image, calibration = images(1, seed=7), images(4, seed=8)
    np.savez(folder / "images.npz", image=image, calibration=calibration)
    for key in keys:
        architecture = NETWORKS[key]()
        weights = random_weights(architecture)
        np.savez(folder / f"{key}-float.npz", **weights)
        np.savez(folder / f"{key}-scores.npz", scores=float_model(architecture, weights)(image))
        quantized = exported(quantized_model(architecture, weights, calibration))
        np.savez(folder / f"{key}-quantized.npz", **quantized)
