"""Upsampling layers, for float arrays and quantized tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError
from . import functional
from .functional_resize import check_mode
from .module import Module


class Upsample(Module):
    """Resize the spatial dimensions (mirrors ``torch.nn.Upsample``).

    Args:
        size: an int, or one for each spatial dimension.
        scale_factor: a number, or one for each; give one of both.
        mode, align_corners: see :func:`qframe.nn.functional.interpolate`.

    ``forward`` takes (N, C, L), (N, C, H, W) or (N, C, D, H, W), as the mode allows.

    Raises:
        ArgumentError: arguments that do not fit together, or an input that they do not fit.
        UnsupportedArgument: a mode that is not supported (also a NotImplementedError).
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
    ) -> None:
        super().__init__()
        check_mode(type(self).__name__, mode, align_corners)
        if (size is None) == (scale_factor is None):
            raise ArgumentError(
                f"{type(self).__name__} takes a size or a scale_factor, got size={size} and "
                f"scale_factor={scale_factor}",
                fix="Give exactly one of them",
            )
        self.size = size
        self.scale_factor = _floats(scale_factor)
        self.mode = mode
        self.align_corners = align_corners

    def forward(self, input: Any) -> Any:
        """Return the resized input."""
        return functional.interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners)

    def extra_repr(self) -> str:
        """Return the arguments."""
        given = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{given}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Upsampling of (N, C, H, W) from the nearest pixel (mirrors ``torch.nn.UpsamplingNearest2d``).

    Arguments as :class:`Upsample`.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Bilinear upsampling of (N, C, H, W), corners aligned (mirrors ``torch.nn.UpsamplingBilinear2d``).

    Arguments as :class:`Upsample`.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


def _floats(scale_factor: Any) -> Any:
    if isinstance(scale_factor, Iterable):
        return tuple(map(float, scale_factor))
    return None if scale_factor is None else float(scale_factor)
