"""Golden data: dynamic linear with qint8 and float16 weights."""

import numpy as np
import torch
from bridge import tensor
from exact import linear_sums
from make_linear import weights, wrap
from store import Writer

SHAPES = [(1, 5, 3), (7, 33, 10), (4, 128, 17), (2, 3, 40)]
OFFSETS = {"centred": 0.0, "positive": 5.0, "negative": -5.0}


def make():
    """Write dynamic.npz."""
    rng, out = np.random.RandomState(7), Writer("dynamic")
    for scheme in ("per_tensor", "per_channel"):
        for reduce_range in (True, False):
            for m, k, n in SHAPES:
                for offset in OFFSETS:
                    name = "%s-%s-%s-%dx%dx%d" % (
                        scheme,
                        "reduced" if reduce_range else "full",
                        offset,
                        m,
                        k,
                        n,
                    )
                    one(rng, out, name, (m, k, n), OFFSETS[offset], scheme, reduce_range)
    for m, k, n in SHAPES:
        for with_bias in (True, False):
            half(
                rng, out, "%s-%dx%dx%d" % ("bias" if with_bias else "no_bias", m, k, n), (m, k, n), with_bias
            )
    return out.save()


def activation_qparams(x, reduce_range):
    """Scale (double) and zero point that PyTorch chooses for the whole tensor."""
    most = 127 if reduce_range else 255
    low, high = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
    scale = (high - low) / most
    from_low, from_high = 0 - low / scale, most - high / scale
    zero = from_low if abs(low / scale) < abs(most) - abs(high / scale) else from_high
    return scale, int(np.clip(np.rint(zero), 0, most)), most


def one(rng, out, name, shape, offset, scheme, reduce_range):
    """Inputs that no rounding variant quantizes differently, so that only the output's rounding differs."""
    m, k, n = shape
    x = np.float32(rng.randn(m, k) + offset)
    w, scales, zeros = weights(rng, (n, k), 64, scheme)
    scale, zero_point, most = activation_qparams(x, reduce_range)
    position = x.astype(np.float64) / scale
    if np.abs(position - np.floor(position) - 0.5).min() < 1e-4:
        return one(rng, out, name, shape, offset, scheme, reduce_range)
    codes = np.clip(np.rint(position) + zero_point, 0, most).astype(np.int64)
    product = linear_sums(codes, zero_point, w, zeros) * np.float64(
        np.float32(np.float32(scale) * np.float32(scales))
    )
    bias = np.float32(rng.randn(n)) if n != 10 else None
    packed = torch.ops.quantized.linear_prepack(
        wrap(w, scales, zeros), None if bias is None else tensor(bias)
    )
    y = torch.ops.quantized.linear_dynamic(tensor(x), packed, reduce_range).numpy()
    assert np.allclose(
        y, product + (0 if bias is None else bias), rtol=1e-6, atol=1e-6 * np.abs(product).max()
    )
    arrays = {"x": x, "w": w, "w_scales": scales, "w_zero_points": zeros, "bias": bias, "y": y}
    return out.add(
        name, arrays, weight="qint8", per_channel=scheme == "per_channel", reduce_range=reduce_range
    )


def half(rng, out, name, shape, with_bias):
    """float16 weights, some beyond the largest half."""
    m, k, n = shape
    x, w = np.float32(rng.randn(m, k)), np.float32(rng.randn(n, k))
    w[0, 0], w[-1, -1] = 1e6, -1e6
    bias = np.float32(rng.randn(n)) if with_bias else None
    packed = torch.ops.quantized.linear_prepack_fp16(tensor(w), None if bias is None else tensor(bias))
    y = torch.ops.quantized.linear_dynamic_fp16(tensor(x), packed).numpy()
    out.add("float16-" + name, {"x": x, "w": w, "bias": bias, "y": y}, weight="float16")
