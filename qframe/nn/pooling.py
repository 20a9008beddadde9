"""Pooling layers, for float arrays and quantized tensors."""

from __future__ import annotations

from typing import Any, ClassVar

from ..errors import ArgumentError
from . import functional
from .functional_checks import whole_numbers
from .module import Module


class MaxPool2d(Module):
    """Largest value of each window (mirrors ``torch.nn.MaxPool2d``).

    Args:
        kernel_size, stride, padding, dilation: an int, or a pair for height and width; the stride
            defaults to the kernel size.
        return_indices: not supported.
        ceil_mode: count a last, partial window.

    Raises:
        ArgumentError: numbers that make no window, or an input that they do not fit.
        NotImplementedError: ``return_indices``.
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        if return_indices:
            raise NotImplementedError("MaxPool2d: return_indices=True is not supported")
        self.stride = _checked_window(kernel_size, stride, padding, 2)
        whole_numbers("dilation", dilation, 2, 1)
        self.kernel_size = kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        """Return shape (N, C, H', W') for (N, C, H, W)."""
        return functional.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        )

    def extra_repr(self) -> str:
        """Return the arguments."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class _AvgPool(Module):
    """What the average pools share; subclasses tell how many dimensions they pool."""

    _dims: ClassVar[int]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        if divisor_override == 0:
            raise ArgumentError(
                f"{type(self).__name__}: divisor_override must not be zero", fix="Give None or another number"
            )
        self.stride = _checked_window(kernel_size, stride, padding, self._dims)
        self.kernel_size = kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        """Return the averages, (N, C, ...) as the input."""
        pool: Any = functional.avg_pool2d if self._dims == 2 else functional.avg_pool3d
        return pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        """Return the window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """Average of each window (mirrors ``torch.nn.AvgPool2d``).

    Args:
        kernel_size, stride, padding: an int, or a pair for height and width; the stride defaults to
            the kernel size.
        ceil_mode: count a last, partial window.
        count_include_pad: divide by the window clipped to the padded input, not to the input.
        divisor_override: divide by this instead.

    ``forward`` takes (N, C, H, W), or float arrays (C, H, W).

    Raises:
        ArgumentError: numbers that make no window, or an input that they do not fit.
    """

    _dims = 2


class AvgPool3d(_AvgPool):
    """Average of each window of volumes (mirrors ``torch.nn.AvgPool3d``).

    As :class:`AvgPool2d`, for (N, C, D, H, W), or float arrays (C, D, H, W).
    """

    _dims = 3


class AdaptiveAvgPool2d(Module):
    """Averages of windows that together cover the input (mirrors ``torch.nn.AdaptiveAvgPool2d``).

    Args:
        output_size: an int, or a pair (height, width) in which None keeps the input's.

    Raises:
        ArgumentError: sizes that are no whole numbers of at least 1.
    """

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size,)
        whole_numbers("output_size", [1 if size is None else size for size in sizes], 2, 1)
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        """Return shape (N, C, *output_size) for (N, C, H, W)."""
        return functional.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self) -> str:
        """Return the argument."""
        return f"output_size={self.output_size}"


def _checked_window(kernel_size: Any, stride: Any, padding: Any, dims: int) -> Any:
    """Check the numbers; return the stride, which defaults to the kernel size."""
    stride = kernel_size if stride is None or stride == () else stride
    kernel = whole_numbers("kernel_size", kernel_size, dims, 1)
    whole_numbers("stride", stride, dims, 1)
    border = whole_numbers("padding", padding, dims)
    if any(2 * p > k for p, k in zip(border, kernel, strict=True)):
        raise ArgumentError(
            f"padding={padding} is more than half of kernel_size={kernel_size}", fix="Use less padding"
        )
    return stride
