"""A mean that is wrong in one respect."""

import numpy as np

from qframe.plugin import QTensor, reciprocal, requantize

from .engines import reference


def mean_of_one_more(x, dim, keepdim):
    result = reference("mean")(x, dim, keepdim)
    count = x.numel() // max(result.numel(), 1) + 1
    axes = tuple(range(x.ndim)) if dim is None else dim
    total = x.int_repr().astype(np.int64).sum(axis=axes, keepdims=keepdim) - (count - 1) * x.q_zero_point()
    codes = requantize(np.asarray(total), reciprocal(count), x.q_zero_point(), x.dtype)
    return QTensor(codes, x.q_scale(), x.q_zero_point(), x.dtype)
