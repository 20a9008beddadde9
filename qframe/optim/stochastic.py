"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .optimizer import Array, Group, Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent with momentum (mirrors ``torch.optim.SGD``).

    Args:
        params: as :class:`Optimizer`.
        lr: learning rate.
        momentum: share of the last direction in the next one.
        dampening: share of the gradient that is left out of the direction.
        weight_decay: this times the parameter is added to the gradient.
        nesterov: look ahead along the direction; needs momentum and no dampening.
        maximize: go up, not down.

    Raises:
        ArgumentError: options that do not go together, and as :class:`Optimizer`.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        super()._check_options(group)
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ArgumentError(
                f"SGD: nesterov with momentum={group['momentum']} and dampening={group['dampening']}",
                fix="Give a momentum above 0 and no dampening",
            )

    def _update(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        direction = gradient.copy()
        if group["maximize"]:
            direction *= -1
        if group["weight_decay"]:
            direction += np.float32(group["weight_decay"]) * parameter
        if group["momentum"]:
            direction = self._with_momentum(direction, state, group)
        direction *= np.float32(group["lr"])
        parameter -= direction

    def _with_momentum(self, direction: Array, state: dict[str, Any], group: Group) -> Array:
        """Return the direction that includes the earlier ones, an array of its own."""
        buffer = state.get("momentum_buffer")
        if buffer is None:
            buffer = state["momentum_buffer"] = direction.copy()
        else:
            buffer *= np.float32(group["momentum"])
            buffer += np.float32(1 - group["dampening"]) * direction
        if not group["nesterov"]:
            return np.array(buffer)
        direction += np.float32(group["momentum"]) * buffer
        return direction
