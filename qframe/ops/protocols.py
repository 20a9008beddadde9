"""What packed weights look like from outside: callables that one engine made for itself."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..numerics import Clamp
from ..qtensor import QTensor

Array = np.ndarray[Any, Any]


class PackedLinearKernel(Protocol):
    """A packed weight of shape (N, K) with its bias."""

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Multiply quint8 ``x`` of shape (..., K) and requantize to quint8 of shape (..., N)."""

    def dynamic(self, x: Array, *, relu: bool = False, reduce_range: bool = False) -> Array:
        """Quantize float32 ``x`` of shape (..., K) on the fly, multiply, return float32 (..., N)."""


class PackedLinearFp16Kernel(Protocol):
    """A packed half-precision weight of shape (N, K) with its float32 bias."""

    def __call__(self, x: Array, *, relu: bool = False) -> Array:
        """Multiply float32 ``x`` of shape (..., K), accumulating in float32; return (..., N)."""


class PackedConvKernel(Protocol):
    """A packed convolution weight with its bias, stride, padding, dilation and groups."""

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Convolve quint8 ``x`` (N, C, spatial...), padding with its zero point; requantize to quint8."""
