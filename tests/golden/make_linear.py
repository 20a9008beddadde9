"""Golden data: linear and linear_relu, kept only where PyTorch's answer is the exact one.

Two families cannot overflow 16-bit pairs: activations up to 127 with any weight, and any
activation with weights up to 64 (255 * 64 * 2 = 32640 < 32768).
"""

import numpy as np
import torch
from bridge import codes_of, per_channel, per_tensor, random_codes, tensor
from exact import linear_sums, requantize
from store import Writer

SHAPES = [(1, 1, 1), (1, 4, 3), (17, 33, 5), (5, 64, 32), (3, 129, 17), (2, 300, 10), (31, 8, 65), (0, 6, 4)]
FAMILIES = {"small_x": (127, 128), "small_w": (255, 64)}


def weights(rng, shape, most, scheme):
    """Weight codes in [-most, most), scales and zero points, per tensor or one for each row."""
    w = random_codes(rng, shape, "qint8", -most, most - 1)
    count = 1 if scheme == "per_tensor" else shape[0]
    scales = np.float32(rng.uniform(0.002, 0.05, count)).astype(np.float64)
    return w, scales, rng.randint(-8, 9, count).astype(np.int64)


def wrap(w, scales, zeros):
    """The quantized weight tensor of PyTorch."""
    if scales.size == 1 and w.shape[0] != 1:
        return per_tensor(w, scales[0], zeros[0])
    return per_channel(w, scales, zeros, 0)


def output_scale(sums, x_scale, w_scales):
    """A scale that spreads most outputs over the 8 bits and clips some."""
    return float(
        np.float32(max(np.std(sums) if sums.size else 1.0, 1.0) * x_scale * float(np.mean(w_scales)) / 60)
    )


def make():
    """Write linear.npz."""
    rng, out = np.random.RandomState(3), Writer("linear")
    for family, (x_most, w_most) in FAMILIES.items():
        for scheme in ("per_tensor", "per_channel"):
            for with_bias in (True, False):
                for m, k, n in SHAPES:
                    if scheme == "per_channel" and n == 1:
                        continue
                    name = "%s-%s-%s-%dx%dx%d" % (scheme, "bias" if with_bias else "no_bias", family, m, k, n)
                    shape = (m, k) if m != 5 else (5, 1, k)
                    one(
                        rng,
                        out,
                        name,
                        random_codes(rng, shape, "quint8", 0, x_most),
                        n,
                        w_most,
                        scheme,
                        with_bias,
                    )
    return out.save()


def one(rng, out, name, x, n, w_most, scheme, with_bias):
    """Run linear and linear_relu and compare them with exact arithmetic."""
    w, scales, zeros = weights(rng, (n, x.shape[-1]), w_most, scheme)
    x_scale, x_zero = float(np.float32(rng.uniform(0.01, 0.1))), int(rng.randint(0, 128))
    sums = linear_sums(x, x_zero, w, zeros)
    scale, zero_point = output_scale(sums, x_scale, scales), int(rng.randint(0, 200))
    bias = np.float32(rng.randn(n) * scale * 30) if with_bias else None
    packed = torch.ops.quantized.linear_prepack(
        wrap(w, scales, zeros), None if bias is None else tensor(bias)
    )
    arrays = {"x": x, "w": w, "w_scales": scales, "w_zero_points": zeros, "bias": bias}
    for relu, op in ((False, torch.ops.quantized.linear), (True, torch.ops.quantized.linear_relu)):
        got = codes_of(op(per_tensor(x, x_scale, x_zero), packed, scale, zero_point))
        expected = requantize(
            sums, sums.ndim - 1, x_scale, scales, scheme == "per_channel", bias, scale, zero_point, relu
        )
        assert np.array_equal(got, expected), name
        arrays["linear_relu" if relu else "linear"] = got
    params = {"x_scale": x_scale, "x_zero_point": x_zero, "scale": scale, "zero_point": zero_point}
    out.add(name, arrays, per_channel=scheme == "per_channel", **params)
