"""Pooling over windows; the result keeps the input's qparams."""

from __future__ import annotations

from ..engines import op
from ..errors import ArgumentError
from ..qtensor import QTensor
from .checks import check_per_tensor, check_rank
from .geometry import check_window, pool_output_size

Pair = tuple[int, int]
Triple = tuple[int, int, int]
Ints = tuple[int, ...]

_IMAGES = "(N, C, H, W)"
_VOLUMES = "(N, C, D, H, W)"


def _check_pool(
    name: str,
    x: QTensor,
    layout: str,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> None:
    check_per_tensor(name, x)
    check_rank(name, x, layout.count(",") + 1, layout)
    size = x.shape[2:]
    check_window(name, size, kernel, stride, padding, dilation, (1,) * len(size))
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ArgumentError(
            f"{name}: padding={tuple(padding)} is more than half of kernel_size={tuple(kernel)}",
            fix="Use less padding",
        )
    output = pool_output_size(size, kernel, stride, padding, dilation, ceil_mode)
    check_window(name, size, kernel, stride, padding, dilation, output)


def _check_divisor(name: str, divisor: int | None) -> None:
    if divisor is not None and divisor == 0:
        raise ArgumentError(f"{name}: divisor_override must not be zero", fix="Give None or another number")


@op(qparams="input")
def max_pool2d(
    x: QTensor, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool
) -> QTensor:
    """Largest code in each window; padding never wins (a window without any element gives the lowest code).

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x`` or the window do not fit.
    """
    _check_pool("max_pool2d", x, _IMAGES, kernel_size, stride, padding, dilation, ceil_mode)


@op(qparams="input")
def avg_pool2d(
    x: QTensor,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> QTensor:
    """Average of each window: the exact integer sum times ``1 / divisor`` in float32, rounded once.

    The divisor is ``divisor_override``, or the window clipped to the padded input
    (``count_include_pad``), or clipped to the input.

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x`` or the window do not fit, or the divisor is 0.
    """
    _check_pool("avg_pool2d", x, _IMAGES, kernel_size, stride, padding, (1, 1), ceil_mode)
    _check_divisor("avg_pool2d", divisor_override)


@op(qparams="input")
def avg_pool3d(
    x: QTensor,
    kernel_size: Triple,
    stride: Triple,
    padding: Triple,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> QTensor:
    """Average of each window of volumes (N, C, D, H, W), as :func:`avg_pool2d` rounds it.

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x`` or the window do not fit, or the divisor is 0.
    """
    _check_pool("avg_pool3d", x, _VOLUMES, kernel_size, stride, padding, (1, 1, 1), ceil_mode)
    _check_divisor("avg_pool3d", divisor_override)


@op(qparams="input")
def adaptive_avg_pool2d(x: QTensor, output_size: Pair) -> QTensor:
    """Average of each of ``output_size`` windows that cover the input, as :func:`avg_pool2d` rounds it.

    Raises:
        DTypeError, QSchemeError, ArgumentError: ``x`` or the output size do not fit.
    """
    check_per_tensor("adaptive_avg_pool2d", x)
    check_rank("adaptive_avg_pool2d", x, 4, _IMAGES)
    if min(output_size) < 1 or min(x.shape[2:]) < 1:
        raise ArgumentError(
            f"adaptive_avg_pool2d: output_size={tuple(output_size)} for an input of shape {x.shape}",
            fix="Give output sizes of at least 1 and a non-empty input",
        )
