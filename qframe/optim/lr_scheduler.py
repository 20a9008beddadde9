"""Schedules of the learning rate (mirrors ``torch.optim.lr_scheduler``)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..errors import ArgumentError, DTypeError
from .optimizer import Optimizer


class LRScheduler:
    """Base class of schedules: each :meth:`step` ends an epoch and sets the rates of the next one.

    Subclasses say which share of its first rate a group has in an epoch.

    Args:
        optimizer: whose groups' ``"lr"`` are set.
        last_epoch: the epoch that was finished before; -1 at the beginning of a training.

    Attributes:
        base_lrs: the rate with which each group began.
        last_epoch: how many epochs were finished.

    Raises:
        DTypeError: ``optimizer`` is none.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise DTypeError(
                f"{type(self).__name__} got a {type(optimizer).__name__}", fix="Give the optimizer"
            )
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.step()

    def _rate(self, base: float, epoch: int) -> float:
        """Return the rate in an epoch, counted from 0, of a group that began with ``base``."""
        raise NotImplementedError(f"{type(self).__name__} does not define _rate()")

    def step(self) -> None:
        """End an epoch."""
        self.last_epoch += 1
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self._rate(base, self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """Return the rate of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes but the optimizer."""
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` returned.  The rates are the optimizer's, and loaded with it."""
        self.__dict__.update(state_dict)


class StepLR(LRScheduler):
    """Multiply the rates by ``gamma`` every ``step_size`` epochs.

    Mirrors ``torch.optim.lr_scheduler.StepLR``.

    Raises:
        ArgumentError: ``step_size`` below 1.
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if step_size < 1:
            raise ArgumentError(f"StepLR: step_size={step_size}", fix="Give at least 1")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        return float(base * self.gamma ** (epoch // self.step_size))


class CosineAnnealingLR(LRScheduler):
    """Let the rates fall to ``eta_min`` in ``T_max`` epochs along half a cosine, and rise again.

    Mirrors ``torch.optim.lr_scheduler.CosineAnnealingLR``; Loshchilov and Hutter, arXiv 1608.03983.

    Raises:
        ArgumentError: ``T_max`` below 1.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        if T_max < 1:
            raise ArgumentError(f"CosineAnnealingLR: T_max={T_max}", fix="Give at least 1")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        share = (1 + math.cos(math.pi * epoch / self.T_max)) / 2
        return self.eta_min + (base - self.eta_min) * share
