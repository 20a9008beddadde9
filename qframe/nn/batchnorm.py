"""Batch normalization layers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from . import functional, init
from .functional_batchnorm import batch_norm_input
from .functional_checks import Array, check_channels, check_counts, check_ranks
from .module import Module
from .state import State


class NormBase(Module):
    """Parameters and statistics of batch and instance norms; subclasses tell the layouts they take."""

    _layouts: ClassVar[tuple[str, ...]]

    weight: Array | None
    bias: Array | None
    running_mean: Array | None
    running_var: Array | None
    num_batches_tracked: Array | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        super().__init__()
        check_counts(type(self).__name__, num_features=num_features)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        for name in ("weight", "bias"):
            self.register_parameter(name, np.empty(num_features, np.float32) if affine else None)
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, np.empty(num_features, np.float32) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", np.zeros((), np.int64) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the batches seen: mean 0, variance 1."""
        if self.running_mean is not None and self.running_var is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked[...] = 0

    def reset_parameters(self) -> None:
        """Set weight 1 and bias 0, and forget the batches seen."""
        self.reset_running_stats()
        if self.weight is not None and self.bias is not None:
            init.ones_(self.weight)
            init.zeros_(self.bias)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(NormBase):
    """What the batch norms share."""

    def forward(self, input: Any) -> Any:
        """Return the normalized input, of the same shape; while training, update the running statistics."""
        name = type(self).__name__
        x = batch_norm_input(name, input)
        check_ranks(name, x, *self._layouts)
        check_channels(name, x, self.num_features)
        tracking = self.training and self.track_running_stats and self.num_batches_tracked is not None
        out = functional.batch_norm(
            x,
            self.running_mean if not self.training or self.track_running_stats else None,
            self.running_var if not self.training or self.track_running_stats else None,
            self.weight,
            self.bias,
            self.training or (self.running_mean is None and self.running_var is None),
            self._momentum_now(),
            self.eps,
        )
        if tracking and self.num_batches_tracked is not None:
            self.num_batches_tracked[...] += 1
        return out

    def _momentum_now(self) -> float:
        """Return the momentum of this batch; without one the running statistics are plain averages."""
        if self.momentum is not None:
            return self.momentum
        return 0.0 if self.num_batches_tracked is None else 1.0 / (float(self.num_batches_tracked) + 1.0)

    def _upgrade_state_dict(self, state: State, prefix: str) -> None:
        """Models saved before PyTorch 0.4.1 do not count their batches."""
        if prefix + "running_mean" in state and self.num_batches_tracked is not None:
            state.setdefault(prefix + "num_batches_tracked", np.zeros((), np.int64))


class BatchNorm1d(_BatchNorm):
    """Batch normalization over (N, C) or (N, C, L) (mirrors ``torch.nn.BatchNorm1d``).

    Arguments as :class:`BatchNorm2d`.
    """

    _layouts = ("(N, C)", "(N, C, L)")


class BatchNorm2d(_BatchNorm):
    """Batch normalization over (N, C, H, W) (mirrors ``torch.nn.BatchNorm2d``).

    In training it uses the batch's mean and variance of each channel and moves the running ones
    towards them; in evaluation it uses the running ones, if it tracks them.

    Args:
        num_features: number of channels C.
        eps: added to the variance.
        momentum: share of the new batch in the running statistics; None: their plain average.
        affine: learn ``weight`` and ``bias``, shape (C,).
        track_running_stats: keep ``running_mean``, ``running_var`` and ``num_batches_tracked``.

    Raises:
        ArgumentError: another rank or number of channels; one value per channel while training.
        DTypeError: a quantized or integer input.
    """

    _layouts = ("(N, C, H, W)",)


class BatchNorm3d(_BatchNorm):
    """Batch normalization over (N, C, D, H, W) (mirrors ``torch.nn.BatchNorm3d``).

    Arguments as :class:`BatchNorm2d`.
    """

    _layouts = ("(N, C, D, H, W)",)
