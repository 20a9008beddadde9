"""Losses as modules."""

from __future__ import annotations

from typing import Any

from . import functional
from .functional_checks import Array, check_choice, check_probability
from .functional_loss import REDUCTIONS
from .module import Module


class _Loss(Module):
    """A loss with a reduction: ``none``, ``mean`` or ``sum``."""

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        check_choice("reduction", reduction, REDUCTIONS)
        self.reduction = reduction


class MSELoss(_Loss):
    """Squared difference (mirrors ``torch.nn.MSELoss``); see :func:`qframe.nn.functional.mse_loss`."""

    def forward(self, input: Array, target: Array) -> Any:
        """Return the loss of two arrays of one shape."""
        return functional.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """Absolute difference (mirrors ``torch.nn.L1Loss``); see :func:`qframe.nn.functional.l1_loss`."""

    def forward(self, input: Array, target: Array) -> Any:
        """Return the loss of two arrays of one shape."""
        return functional.l1_loss(input, target, reduction=self.reduction)


class _ClassLoss(_Loss):
    """A loss with a factor for each class, kept as the buffer ``weight``."""

    weight: Array | None

    def __init__(
        self, weight: Array | None = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index


class NLLLoss(_ClassLoss):
    """Negative log-likelihood (mirrors ``torch.nn.NLLLoss``); see :func:`qframe.nn.functional.nll_loss`."""

    def forward(self, input: Array, target: Array) -> Any:
        """Return the loss of log-probabilities (N, C, ...) and class numbers (N, ...)."""
        return functional.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class CrossEntropyLoss(_ClassLoss):
    """Cross entropy of logits (mirrors ``torch.nn.CrossEntropyLoss``).

    See :func:`qframe.nn.functional.cross_entropy`.

    Args:
        weight: a factor for each class, shape (C,).
        ignore_index: targets that do not count.
        reduction: ``none``, ``mean`` or ``sum``.
        label_smoothing: share of the target that is spread evenly over all classes.
    """

    def __init__(
        self,
        weight: Array | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)
        check_probability("CrossEntropyLoss (label_smoothing)", label_smoothing)
        self.label_smoothing = label_smoothing

    def forward(self, input: Array, target: Array) -> Any:
        """Return the loss of logits (N, C, ...) and class numbers (N, ...)."""
        return functional.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
