"""Functions of single elements."""

from qframe.plugin import QTensor, dtype_of

from . import numbers


def clamp(x, low, high):
    codes = [min(max(int(code), low), high) for code in x.int_repr().ravel()]
    return QTensor.per_tensor(numbers.array(codes, x.shape, x.dtype), x.q_scale(), x.q_zero_point())


def lookup(x, table, scale, zero_point):
    dtype = dtype_of(table)
    codes = [int(table[int(code) - x.dtype.minimum]) for code in x.int_repr().ravel()]
    return QTensor.per_tensor(numbers.array(codes, x.shape, dtype), scale, zero_point)
