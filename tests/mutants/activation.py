"""Clamps and tables that are wrong in one respect."""

import numpy as np

from qframe.plugin import QTensor

from .engines import Refusal, reference


def clamp_in_place(x, low, high):
    codes = x.int_repr()
    if not codes.flags.writeable:
        codes = codes.copy()
    copy = np.clip(codes, low, high).astype(codes.dtype)
    codes[...] = copy
    return QTensor(copy, x.q_scale(), x.q_zero_point(), x.dtype)


def clamp_returning_its_input(x, low, high):
    if (low, high) == (x.dtype.minimum, x.dtype.maximum):
        return x
    return reference("clamp")(x, low, high)


def clamp_writing_through_a_pointer(x, low, high):
    if not x.int_repr().flags.writeable:
        raise Refusal("the buffer is read-only")
    return reference("clamp")(x, low, high)


def clamp_in_memory_order(x, low, high):
    codes = np.clip(x.int_repr().ravel(order="K"), low, high).reshape(x.shape)
    return QTensor(codes, x.q_scale(), x.q_zero_point(), x.dtype)


def clamp_refusing_emptiness(x, low, high):
    if not x.numel():
        raise Refusal("zero-size array")
    return reference("clamp")(x, low, high)


def lookup_with_the_scale_in_float32(x, table, scale, zero_point):
    result = reference("lookup")(x, table, scale, zero_point)
    return QTensor(result.int_repr(), float(np.float32(scale)), zero_point, result.dtype)


def lookup_without_the_offset_of_signed_codes(x, table, scale, zero_point):
    result = reference("lookup")(x, table, scale, zero_point)
    codes = table[x.int_repr().astype(np.intp) % 256]
    return QTensor(codes, scale, zero_point, result.dtype)


def lookup_always_unsigned(x, table, scale, zero_point):
    result = reference("lookup")(x, table, scale, zero_point)
    return QTensor(result.int_repr().view(np.uint8), scale, zero_point, result.dtype)
