"""Taking weights apart for C."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qframe.plugin import QTensor

from ._kernels import ffi, lib
from .buffers import F32, I8, I32, Array, dense, from_buffer


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


def fits(weight: LogicalWeight) -> bool:
    """Return whether sums of products always fit 32 bits; so do all with at most 33,025 inputs."""
    zero_points = from_buffer(I32, weight.zero_points)
    codes = from_buffer(I8, weight.codes)
    return bool(lib.qf_weights_fit(codes, *weight.codes.shape, weight.scales.ndim, zero_points))


def pointers(weight: LogicalWeight) -> tuple[Any, ...]:
    """Return scheme, scales, zero points and bias as C takes them."""
    bias = ffi.NULL if weight.bias is None else from_buffer(F32, weight.bias)
    scales, zero_points = from_buffer(F32, weight.scales), from_buffer(I32, weight.zero_points)
    return weight.scales.ndim, scales, zero_points, bias


def pack_matrix(weight: LogicalWeight, groups: int = 1) -> Any:
    """Return the packed weights of a matrix product for each group.

    Raises:
        MemoryError: there is no memory for them.
    """
    outputs, inputs = weight.codes.shape
    packed = lib.qf_weights_pack(
        from_buffer(I8, weight.codes), groups, outputs // groups, inputs, *pointers(weight)
    )
    return owned(packed, lib.qf_weights_free)


def kernel_name(packed: Any) -> str:
    """Return the name of the microkernel that multiplies, or both with their shares of the panels."""
    counts = [lib.qf_weights_panels(packed, fast) for fast in (0, 1)]
    names = [lib.qf_weights_kernel(packed, fast) for fast in (0, 1)]
    used = [(ffi.string(name).decode(), count) for name, count in zip(names, counts, strict=True) if count]
    if len(used) == 1:
        return str(used[0][0])
    return ", ".join(f"{name} ({count} of {sum(counts)} panels)" for name, count in used)


def owned(pointer: Any, free: Any) -> Any:
    """Return ``pointer``, freed with the Python object.

    Raises:
        MemoryError: it is NULL.
    """
    if pointer == ffi.NULL:
        raise MemoryError("no memory for packed weights")
    return ffi.gc(pointer, free)
