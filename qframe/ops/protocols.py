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


class PackedRecurrentKernel(Protocol):
    """Packed weights of one direction of a recurrent layer: int8, activations quantized on the fly."""

    def __call__(
        self,
        x: Array,
        batch_sizes: tuple[int, ...],
        states: tuple[Array, ...],
        *,
        reverse: bool = False,
        reduce_range: bool = False,
    ) -> tuple[Array, ...]:
        """Run all steps, from the last to the first if ``reverse``.

        The input is projected once, with one scale for all rows; the hidden state at each step, with one for
        the rows of that step.

        Args:
            x: float32, shape (rows, I): the rows of all steps one behind the other.
            batch_sizes: how many rows each step has, never more than the one before; their sum is ``rows``.
            states: float32, shape (batch_sizes[0], H) each: (hidden,), for an LSTM (hidden, cell).

        Returns:
            The outputs, shape (rows, H), and each state after the last step that its sequence has.
        """


class PackedRecurrentFp16Kernel(Protocol):
    """The same with weights in half precision; products and sums are float32."""

    def __call__(
        self,
        x: Array,
        batch_sizes: tuple[int, ...],
        states: tuple[Array, ...],
        *,
        reverse: bool = False,
    ) -> tuple[Array, ...]:
        """Run all steps as :class:`PackedRecurrentKernel` does, without quantizing activations."""
