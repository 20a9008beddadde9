"""Sizes of convolution and pooling outputs, and the windows behind them."""

from __future__ import annotations

from ..errors import ArgumentError

Ints = tuple[int, ...]


def conv_output_size(size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Ints:
    """Return the spatial output size: ``floor((L + 2p - d(k - 1) - 1) / s) + 1`` for each dimension."""
    return tuple(
        (length + 2 * p - d * (k - 1) - 1) // s + 1
        for length, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def pool_output_size(
    size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> Ints:
    """Return the spatial output size of a pooling.

    With ``ceil_mode`` a last, partial window counts, unless it starts outside the padded input.
    """
    if not ceil_mode:
        return conv_output_size(size, kernel, stride, padding, dilation)
    return tuple(map(_ceil_size, size, kernel, stride, padding, dilation))


def _ceil_size(length: int, k: int, s: int, p: int, d: int) -> int:
    steps = -(-(length + 2 * p - d * (k - 1) - 1) // s) + 1
    return steps - 1 if (steps - 1) * s >= length + p else steps


def adaptive_windows(length: int, output: int) -> list[tuple[int, int]]:
    """Return (start, stop) of each window of an adaptive pooling along one dimension."""
    return [(i * length // output, -(-(i + 1) * length // output)) for i in range(output)]


def check_window(
    op: str, size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, output: Ints
) -> None:
    """Raise unless the window's numbers make sense and leave an output."""
    for name, values, least in (
        ("kernel_size", kernel, 1),
        ("stride", stride, 1),
        ("padding", padding, 0),
        ("dilation", dilation, 1),
    ):
        if len(values) != len(size) or min(values) < least:
            raise ArgumentError(
                f"{op}: {name}={tuple(values)} must be {len(size)} whole numbers of at least {least}",
                fix=f"Give one number for each of the {len(size)} spatial dimensions",
            )
    if min(output) < 1:
        raise ArgumentError(
            f"{op}: an input of spatial size {tuple(size)} is too small for kernel_size={tuple(kernel)}, "
            f"padding={tuple(padding)}, dilation={tuple(dilation)} (the output would be {tuple(output)})",
            fix="Use a larger input or more padding",
        )
