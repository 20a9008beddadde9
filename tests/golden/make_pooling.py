"""Golden data: max_pool2d, avg_pool2d, adaptive_avg_pool2d and mean.

Averages come in two forms, as PyTorch 1.6 rounds channels-first and channels-last data differently.
"""

import numpy as np
import torch
from bridge import codes_of, per_tensor, random_codes
from store import Writer

functional = torch.nn.quantized.functional
# name: shape, kernel, stride, padding, dilation, ceil_mode
MAX_POOLS = {
    "2x2": ((2, 3, 6, 8), 2, None, 0, 1, False),
    "3x3-stride2-padding1": ((1, 5, 9, 7), 3, 2, 1, 1, False),
    "3x2-dilation2": ((1, 4, 9, 8), (3, 2), (1, 2), (1, 0), (2, 1), False),
    "3x3-stride2-ceil": ((1, 2, 8, 8), 3, 2, 0, 1, True),
    "1x1": ((1, 33, 3, 3), 1, 1, 0, 1, False),
}
# name: shape, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override
AVG_POOLS = {
    "2x2": ((2, 3, 6, 8), 2, None, 0, False, True, None),
    "3x3-stride2-padding1": ((1, 5, 9, 7), 3, 2, 1, False, True, None),
    "3x3-stride2-padding1-no_pad_count": ((1, 5, 9, 7), 3, 2, 1, False, False, None),
    "3x2-divisor5": ((1, 4, 6, 7), (3, 2), (1, 2), (1, 0), False, True, 5),
    "3x3-stride2-ceil": ((1, 2, 8, 8), 3, 2, 0, True, True, None),
    "4x4": ((1, 33, 8, 8), 4, 4, 0, False, True, None),
}
ADAPTIVE = {
    "1": ((2, 9, 7, 5), 1),
    "3x2": ((1, 5, 8, 7), (3, 2)),
    "5x5": ((1, 3, 7, 9), 5),
    "4": ((1, 8, 8, 8), 4),
}
MEANS = {
    "all": ((4, 5, 6), None, False),
    "last": ((5, 7), [1], False),
    "last_two": ((2, 3, 4, 4), [2, 3], False),
    "last_two_keepdim": ((2, 3, 5, 3), [2, 3], True),
    "channels": ((2, 6, 3, 3), [1], False),
    "first_negative": ((6, 4, 3), [0, -1], True),
}


def make():
    """Write pooling.npz."""
    rng, out = np.random.RandomState(6), Writer("pooling")
    for dtype, zero_point in (("quint8", 0), ("quint8", 93), ("qint8", -7), ("qint32", 31)):
        for name, (shape, *arguments) in MAX_POOLS.items():
            max_pool(
                rng,
                out,
                "%s-%s-%d" % (name, dtype, zero_point),
                codes(rng, shape, dtype),
                zero_point,
                arguments,
            )
        if dtype == "qint32":
            continue
        for name, (shape, *arguments) in AVG_POOLS.items():
            avg_pool(
                rng,
                out,
                "%s-%s-%d" % (name, dtype, zero_point),
                codes(rng, shape, dtype),
                zero_point,
                arguments,
            )
        for name, (shape, size) in ADAPTIVE.items():
            adaptive(
                rng, out, "%s-%s-%d" % (name, dtype, zero_point), codes(rng, shape, dtype), zero_point, size
            )
        for name, (shape, dim, keepdim) in MEANS.items():
            mean(
                rng,
                out,
                "%s-%s-%d" % (name, dtype, zero_point),
                codes(rng, shape, dtype),
                zero_point,
                dim,
                keepdim,
            )
    return out.save()


def codes(rng, shape, dtype):
    """Random codes, qint32 in a moderate range."""
    return (
        random_codes(rng, shape, dtype, -99999, 99999)
        if dtype == "qint32"
        else random_codes(rng, shape, dtype)
    )


def max_pool(rng, out, name, x, zero_point, arguments):
    """Layout makes no difference to a maximum."""
    kernel, stride, padding, dilation, ceil_mode = arguments
    q = per_tensor(x, 0.37, zero_point)
    y = functional.max_pool2d(q, kernel, stride, padding, dilation, ceil_mode)
    params = dict(zip(("kernel_size", "stride", "padding", "dilation", "ceil_mode"), arguments))
    out.add(
        "max_pool2d[%s]" % name,
        {"x": x, "y": codes_of(y)},
        op="max_pool2d",
        zero_point=zero_point,
        arguments=params,
    )


def avg_pool(rng, out, name, x, zero_point, arguments):
    """Both layouts; the exact window sums tell ties apart."""
    names = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
    q = per_tensor(x, 0.37, zero_point)
    first = functional.avg_pool2d(q, *arguments)
    last = functional.avg_pool2d(q.contiguous(memory_format=torch.channels_last), *arguments)
    exact = torch.nn.functional.avg_pool2d(
        torch.from_numpy(x.astype(np.float64) - zero_point), *arguments
    ).numpy()
    arrays = {"x": x, "channels_first": codes_of(first), "channels_last": codes_of(last), "exact": exact}
    params = dict(zip(names, arguments))
    out.add("avg_pool2d[%s]" % name, arrays, op="avg_pool2d", zero_point=zero_point, arguments=params)


def adaptive(rng, out, name, x, zero_point, size):
    """Both layouts."""
    q = per_tensor(x, 0.37, zero_point)
    first = functional.adaptive_avg_pool2d(q, size)
    last = functional.adaptive_avg_pool2d(q.contiguous(memory_format=torch.channels_last), size)
    exact = torch.nn.functional.adaptive_avg_pool2d(
        torch.from_numpy(x.astype(np.float64) - zero_point), size
    ).numpy()
    arrays = {"x": x, "channels_first": codes_of(first), "channels_last": codes_of(last), "exact": exact}
    params = {"output_size": size}
    out.add(
        "adaptive_avg_pool2d[%s]" % name,
        arrays,
        op="adaptive_avg_pool2d",
        zero_point=zero_point,
        arguments=params,
    )


def mean(rng, out, name, x, zero_point, dim, keepdim):
    """A float32 mean in PyTorch."""
    q = per_tensor(x, 0.37, zero_point)
    y = q.mean() if dim is None else q.mean(dim, keepdim)
    exact = (x.astype(np.float64) - zero_point).mean(None if dim is None else tuple(dim), keepdims=keepdim)
    arrays = {"x": x, "y": codes_of(y), "exact": exact}
    out.add(
        "mean[%s]" % name,
        arrays,
        op="mean",
        zero_point=zero_point,
        arguments={"dim": dim, "keepdim": keepdim},
    )
