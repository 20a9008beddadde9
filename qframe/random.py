"""The random numbers of initialisers and dropout come from one NumPy generator."""

from __future__ import annotations

import numpy as np

_current: list[np.random.Generator] = []


def manual_seed(seed: int) -> np.random.Generator:
    """Start the generator anew from ``seed`` and return it (mirrors ``torch.manual_seed``).

    The numbers repeat from run to run; they are NumPy's, not PyTorch's for the same seed.
    """
    _current[:] = [np.random.default_rng(seed)]
    return _current[0]


def generator() -> np.random.Generator:
    """Return the generator that initialisers and dropout draw from.

    Until :func:`manual_seed` is called it is seeded from the operating system.
    """
    if not _current:
        _current.append(np.random.default_rng())
    return _current[0]
