"""Instance normalization layers."""

from __future__ import annotations

from typing import Any

from . import functional
from .batchnorm import NormBase
from .functional_checks import check_channels, check_ranks
from .functional_norms import norm_input


class _InstanceNorm(NormBase):
    """What the instance norms share."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats)

    def forward(self, input: Any) -> Any:
        """Return the normalized input, of the same shape; while training, update the running statistics."""
        name = type(self).__name__
        x = norm_input(name, input)
        check_ranks(name, x, *self._layouts)
        check_channels(name, x, self.num_features)
        return functional.instance_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )


class InstanceNorm1d(_InstanceNorm):
    """Instance normalization over (N, C, L) (mirrors ``torch.nn.InstanceNorm1d``).

    Arguments as :class:`InstanceNorm2d`.
    """

    _layouts = ("(N, C, L)",)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalization over (N, C, H, W) (mirrors ``torch.nn.InstanceNorm2d``).

    Each channel of each image is normalized by its own mean and variance; with running statistics, in
    evaluation, by those.

    Args:
        num_features: number of channels C.
        eps: added to the variance.
        momentum: share of the new batch in the running statistics.
        affine: learn ``weight`` and ``bias``, shape (C,).
        track_running_stats: keep ``running_mean``, ``running_var`` and ``num_batches_tracked``.

    Raises:
        ArgumentError: another rank or number of channels; one value per channel.
        DTypeError: a quantized or integer input.
    """

    _layouts = ("(N, C, H, W)",)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalization over (N, C, D, H, W) (mirrors ``torch.nn.InstanceNorm3d``).

    Arguments as :class:`InstanceNorm2d`.
    """

    _layouts = ("(N, C, D, H, W)",)
