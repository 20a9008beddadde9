"""Models and data that the tests of differentiation share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qframe import nn

Array = np.ndarray[Any, Any]
X = np.random.default_rng(0).standard_normal((4, 3), dtype=np.float32)


def network() -> nn.Sequential:
    """Two linear layers."""
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))


class Applying(nn.Module):
    """Calls a function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


def around(function: Callable[[Any], Any]) -> nn.Sequential:
    """A model with the function at the path ``body.inner``."""
    body = nn.Sequential({"inner": Applying(function)})
    return nn.Sequential({"first": nn.Linear(3, 4), "body": body})
