"""Checks that the float functions and layers share: they raise before anything is computed or changed."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from numbers import Real
from typing import Any, cast

import numpy as np

from ..autograd.tracing import dtype_of, is_traced, working_dtype
from ..errors import ArgumentError, DTypeError
from ..ops.checks import describe
from ..ops.geometry import check_window, conv_output_size, pool_output_size
from ..qtensor import QTensor

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

_DEQUANTIZE = "Put a DeQuantStub before this layer, or call dequantize()"


def float_array(op: str, x: Any, name: str = "the input", fix: str = _DEQUANTIZE) -> Array:
    """Return ``x`` as a float32 array; float32 is not copied, other floats are converted.

    A traced array stays traced.

    Args:
        fix: what to advise where ``x`` is quantized.

    Raises:
        DTypeError: ``x`` is quantized, or no float array.
    """
    if isinstance(x, np.ndarray) and x.dtype == np.float32:
        return x
    if isinstance(x, QTensor):
        raise DTypeError(f"{op}: {name} is {describe(x)}; it needs a float32 array", fix=fix)
    if is_traced(x):
        dtype = working_dtype(dtype_of(x))
        return cast(Array, x if dtype == dtype_of(x) else x.astype(dtype))
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f":
        return np.asarray(x, dtype=working_dtype(x.dtype))
    raise DTypeError(f"{op}: {name} is {describe(x)}; it needs a float32 array", fix=_advice(x))


def _advice(x: Any) -> str:
    if isinstance(x, np.ndarray) and x.dtype == object:
        return (
            "It may come from a function of NumPy that has no gradient; use that of qframe or autograd.numpy"
        )
    return "Use .astype('float32')" if isinstance(x, (np.ndarray, np.generic)) else "Make it a NumPy array"


def weighted_input(op: str, x: Any) -> Array:
    """:func:`float_array` for layers with weights, which could run quantized."""
    return float_array(
        op,
        x,
        fix="Put a DeQuantStub before this layer, or convert it too: give it a qconfig before prepare()",
    )


def optional_vector(op: str, x: Any, name: str, length: int) -> Array | None:
    """Return ``x`` as a float32 vector of ``length`` entries; None stays None.

    Raises:
        DTypeError, ArgumentError: another dtype or shape.
    """
    if x is None:
        return None
    vector = float_array(op, x, name)
    if vector.shape != (length,):
        raise ArgumentError(
            f"{op}: {name} has shape {vector.shape}, but there are {length} channels",
            fix=f"Give shape ({length},)",
        )
    return vector


def check_ranks(op: str, x: Any, *layouts: str) -> None:
    """Raise unless ``x`` has as many dimensions as one of the layouts, e.g. ``"(N, C, L)"``."""
    ranks = [layout.count(",") + 1 for layout in layouts]
    if x.ndim not in ranks:
        raise ArgumentError(
            f"{op} takes shape {' or '.join(layouts)}, got {x.shape}",
            fix="Add the batch dimension: x[None]" if x.ndim + 1 in ranks else "Reshape the input",
        )


def check_channels(op: str, x: Any, channels: int, axis: int = 1) -> None:
    """Raise unless ``x`` has ``channels`` entries along ``axis``."""
    if x.shape[axis] != channels:
        raise ArgumentError(
            f"{op}: the input of shape {x.shape} has {x.shape[axis]} channels along axis {axis}, "
            f"but {channels} are needed",
            fix="Check the layer before this one, or the order of the axes (channels come second)",
        )


def whole_numbers(name: str, value: Any, dims: int, least: int = 0) -> Ints:
    """Return ``value`` as ``dims`` ints: one int is repeated, as is the only entry of a sequence.

    Raises:
        ArgumentError: another number of entries, entries below ``least`` or no whole numbers.
    """
    try:
        given = tuple(map(operator.index, value if isinstance(value, Iterable) else (value,)))
    except TypeError:
        given = ()
    values = given * dims if len(given) == 1 else given
    if len(values) != dims or min(values) < least:
        raise ArgumentError(
            f"{name}={value!r} must be a whole number of at least {least}, or {dims} of them",
            fix=f"Give one number for each of the {dims} spatial dimensions",
        )
    return values


def check_counts(owner: str, least: int = 1, **counts: Any) -> None:
    """Raise unless each of the named arguments is a whole number of at least ``least``."""
    for name, count in counts.items():
        if not isinstance(count, (int, np.integer)) or count < least:
            raise ArgumentError(
                f"{owner}: {name}={count!r} must be a whole number of at least {least}",
                fix=f"Give a whole number for {name}",
            )


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise ArgumentError(f"{name}={value!r} is unknown", fix=f"Choose one of {', '.join(choices)}")


def check_probability(name: str, p: float) -> None:
    """Raise unless ``p`` is a number from 0 to 1."""
    if not isinstance(p, Real) or not 0.0 <= p <= 1.0:
        raise ArgumentError(f"{name}: p={p!r} is no probability", fix="Give a number from 0 to 1")


def conv_size(op: str, size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Ints:
    """Return the spatial size that a convolution gives, or raise ArgumentError if there is none."""
    check_window(op, size, kernel, stride, padding, dilation, (1,) * len(size))
    output = conv_output_size(size, kernel, stride, padding, dilation)
    check_window(op, size, kernel, stride, padding, dilation, output)
    return output


def pool_size(
    op: str, size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> Ints:
    """Return the spatial size that a pooling gives, or raise ArgumentError if there is none."""
    check_window(op, size, kernel, stride, padding, dilation, (1,) * len(size))
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ArgumentError(
            f"{op}: padding={padding} is more than half of kernel_size={kernel}", fix="Use less padding"
        )
    output = pool_output_size(size, kernel, stride, padding, dilation, ceil_mode)
    check_window(op, size, kernel, stride, padding, dilation, output)
    return output
