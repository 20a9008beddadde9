"""Taking weights apart for C."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..plugin import QTensor
from .buffers import Array, dense
from .library import NativeLibrary

#: Of quint8.
LARGEST_CODE = 255


class LogicalWeight(NamedTuple):
    """What C packs: codes (outputs, inputs), scales and zero points (one, or one for each output), bias."""

    codes: Array
    scales: Array
    zero_points: Array
    bias: Array | None


def take_apart(weight: QTensor, bias: Array | None) -> LogicalWeight:
    """Return the weight with its inputs in channels-last order, one row for each output."""
    codes = np.moveaxis(weight.int_repr(), 1, -1)
    scales: Any
    zero_points: Any
    if weight.qscheme().per_channel:
        scales, zero_points = weight.q_per_channel_scales(), weight.q_per_channel_zero_points()
    else:
        scales, zero_points = weight.q_scale(), weight.q_zero_point()
    rows = dense(codes).reshape(codes.shape[0], int(np.prod(codes.shape[1:])))
    return LogicalWeight(
        rows,
        np.asarray(scales, dtype=np.float32),
        np.asarray(zero_points, dtype=np.int32),
        None if bias is None else dense(bias),
    )


def fits(native: NativeLibrary, weight: LogicalWeight) -> bool:
    """Return whether sums of products always fit 32 bits; so do all with at most 33,025 inputs."""
    zero_points = native.from_buffer(native.i32, weight.zero_points)
    codes = native.from_buffer(native.i8, weight.codes)
    return bool(native.lib.qf_weights_fit(codes, *weight.codes.shape, weight.scales.ndim, zero_points))


def pointers(native: NativeLibrary, weight: LogicalWeight) -> tuple[Any, ...]:
    """Return scheme, scales, zero points and bias as C takes them."""
    bias = native.null if weight.bias is None else native.from_buffer(native.f32, weight.bias)
    scales = native.from_buffer(native.f32, weight.scales)
    return weight.scales.ndim, scales, native.from_buffer(native.i32, weight.zero_points), bias


def pack_matrix(native: NativeLibrary, weight: LogicalWeight, groups: int = 1, runs: int = 1) -> Any:
    """Return the packed weights of a matrix product for each group.

    Args:
        runs: how many runs of adjacent inputs an output has.

    Raises:
        MemoryError: there is no memory for them.
    """
    outputs, inputs = weight.codes.shape
    codes, sizes = (
        native.from_buffer(native.i8, weight.codes),
        (groups, outputs // groups, runs, inputs // runs),
    )
    packed = native.lib.qf_weights_pack(codes, *sizes, *pointers(native, weight))
    return owned(native, packed, native.lib.qf_weights_free)


def merge_groups(
    native: NativeLibrary, weight: LogicalWeight, groups: int, taps: int
) -> tuple[LogicalWeight, int]:
    """Return the weight with small groups joined, as far as a panel has room, and how many there are then.

    Inputs that an output does not have get its zero point as their weight, which counts as 0.
    """
    outputs, inputs = weight.codes.shape
    room = native.lib.qf_panel_width() // max(1, outputs // groups)
    joined = max((m for m in range(1, min(groups, room) + 1) if groups % m == 0), default=1)
    if joined == 1:
        return weight, groups
    zero_points = np.broadcast_to(weight.zero_points, outputs).astype(np.int8)
    codes = np.empty((outputs, taps, joined, inputs // taps), np.int8)
    codes[...] = zero_points[:, np.newaxis, np.newaxis, np.newaxis]
    place = np.arange(outputs) // (outputs // groups) % joined
    codes[np.arange(outputs), :, place] = weight.codes.reshape(outputs, taps, -1)
    return weight._replace(codes=codes.reshape(outputs, -1)), groups // joined


def kernel_name(native: NativeLibrary, packed: Any) -> str:
    """Return the name of the microkernel that multiplies, or of both and when each does."""
    exact, fast = (native.text(native.lib.qf_weights_kernel(packed, which)) for which in (0, 1))
    fast_panels, panels = native.lib.qf_weights_fast_panels, native.lib.qf_weights_panels(packed)
    always = fast_panels(packed, LARGEST_CODE)
    if fast is None or always == panels:
        return str(fast or exact)
    limit = max(code for code in range(LARGEST_CODE) if fast_panels(packed, code) == panels)
    return f"{fast} ({always} of {panels} panels, all for activations up to {limit}), {exact}"


def owned(native: NativeLibrary, pointer: Any, free: Any) -> Any:
    """Return ``pointer``, freed with the Python object.

    Raises:
        MemoryError: it is NULL.
    """
    if pointer == native.null:
        raise MemoryError("no memory for packed weights")
    return native.ffi.gc(pointer, free)
