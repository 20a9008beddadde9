"""Adam, and Adam with decoupled weight decay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .optimizer import Array, Group, Optimizer


class Adam(Optimizer):
    """Adam (mirrors ``torch.optim.Adam``; Kingma and Ba, arXiv 1412.6980).

    Args:
        params: as :class:`Optimizer`.
        lr: learning rate.
        betas: how slowly the averages of the gradient and of its square forget.
        eps: added to the root of the average square.
        weight_decay: this times the parameter is added to the gradient.
        amsgrad: divide by the largest average square so far (Reddi et al., arXiv 1904.09237).
        maximize: go up, not down.

    Raises:
        ArgumentError: betas outside of 0..1, and as :class:`Optimizer`.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_options(self, group: Group) -> None:
        super()._check_options(group)
        if not all(0 <= beta < 1 for beta in group["betas"]):
            raise ArgumentError(
                f"{type(self).__name__}: betas={group['betas']}", fix="Give two numbers from 0 to below 1"
            )

    def _update(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        gradient = self._decayed(parameter, np.negative(gradient) if group["maximize"] else gradient, group)
        first, second = group["betas"]
        step = state["step"] = state.get("step", 0) + 1
        mean = _averaged(state, "exp_avg", gradient, first)
        square = _averaged(state, "exp_avg_sq", gradient * gradient, second)
        if group["amsgrad"]:
            largest = state.setdefault("max_exp_avg_sq", np.zeros_like(square))
            square = np.maximum(largest, square, out=largest)
        change = np.sqrt(square, out=np.empty_like(square))
        change /= np.float32(math.sqrt(1 - second**step))
        change += np.float32(group["eps"])
        np.divide(mean, change, out=change)
        change *= np.float32(group["lr"] / (1 - first**step))
        parameter -= change

    def _decayed(self, parameter: Array, gradient: Array, group: Group) -> Array:
        """Return the gradient with weight decay."""
        if not group["weight_decay"]:
            return gradient
        return np.asarray(gradient + np.float32(group["weight_decay"]) * parameter)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (mirrors ``torch.optim.AdamW``; arXiv 1711.05101).

    Arguments as :class:`Adam`, but ``weight_decay``: each step shrinks a parameter by ``lr * weight_decay``.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def _decayed(self, parameter: Array, gradient: Array, group: Group) -> Array:
        parameter *= np.float32(1 - group["lr"] * group["weight_decay"])
        return gradient


def _averaged(state: dict[str, Any], name: str, value: Array, beta: float) -> Array:
    """Move the average ``name`` of the state, which starts at 0, towards ``value``; return it."""
    average: Array = state.setdefault(name, np.zeros_like(value))
    average *= np.float32(beta)
    average += np.float32(1 - beta) * value
    return average
