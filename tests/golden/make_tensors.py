"""Golden data: quantize_per_tensor, quantize_per_channel, dequantize."""

import numpy as np
import torch
from bridge import CODES, DTYPES, codes_of, per_channel, per_tensor, random_codes, tensor
from store import Writer

SPECIAL = [
    np.nan,
    np.inf,
    -np.inf,
    1e30,
    -1e30,
    3.4e38,
    -3.4e38,
    2.0**31,
    -(2.0**31),
    1e-45,
    -1e-45,
    0.0,
    -0.0,
]
PARAMETERS = {
    "quint8": [(0.5, 0), (0.1, 1), (1 / 3, 127), (2.0**-7, 255), (0.0137, 64), (1e5, 3), (1e-6, 129)],
    "qint8": [(0.5, 0), (0.1, -1), (1 / 3, 127), (2.0**-7, -128), (0.0137, 33), (1e5, 3), (1e-6, -77)],
    "qint32": [(0.5, 0), (0.1, 7), (1 / 3, -1001), (2.0**-12, 1), (1e5, 99999)],
}


def near_ties(rng, scale, count, spread):
    """Floats on, just below and just above the points half way between two steps."""
    steps = rng.randint(-spread, spread + 1, count).astype(np.float64)
    halves = rng.choice([0.0, 0.5, -0.5, 0.49999, 0.50001, 0.25], count)
    return np.float32((steps + halves) * scale)


def make():
    """Write tensors.npz."""
    rng, out = np.random.RandomState(1), Writer("tensors")
    for dtype, parameters in PARAMETERS.items():
        for scale, zero_point in parameters:
            quantize_one(rng, out, dtype, scale, zero_point)
            dequantize_one(rng, out, dtype, scale, zero_point)
    for dtype in DTYPES:
        for axis, shape in enumerate([(5, 3, 4), (3, 6, 2), (2, 3, 7), (2, 2, 3, 5)]):
            per_channel_one(rng, out, dtype, axis, shape)
    return out.save()


def quantize_one(rng, out, dtype, scale, zero_point):
    """A vector of tie-rich, ordinary and special values."""
    spread = 300 if dtype != "qint32" else 100000
    ordinary = np.float32(rng.randn(61) * scale * spread / 2)
    x = np.concatenate([near_ties(rng, scale, 150, spread), ordinary, np.array(SPECIAL, np.float32)])
    x = x[~wraps_around(x, scale, zero_point)]
    q = torch.quantize_per_tensor(tensor(x), scale, zero_point, DTYPES[dtype])
    name = "quantize_per_tensor[%s-%g-%d]" % (dtype, scale, zero_point)
    out.add(
        name,
        {"x": x, "codes": codes_of(q)},
        op="quantize_per_tensor",
        dtype=dtype,
        scale=scale,
        zero_point=zero_point,
    )


def wraps_around(x, scale, zero_point):
    """Where adding the zero point overflows PyTorch's int32: the largest number becomes the smallest."""
    with np.errstate(over="ignore"):
        steps = x * (np.float32(1) / np.float32(scale))
    most = 2147483520.0  # where PyTorch clips before it converts; NaN ends up there, too
    steps = np.where(np.isnan(steps), most, np.clip(steps.astype(float), -(2.0**31), most)) + zero_point
    return (steps < -(2.0**31)) | (steps >= 2.0**31)


def dequantize_one(rng, out, dtype, scale, zero_point):
    """Every 8-bit code, or random 31-bit ones."""
    low, high = CODES[dtype]
    codes = np.arange(low, high + 1) if dtype != "qint32" else rng.randint(-(2**30), 2**30, 200)
    codes = codes.astype(random_codes(rng, 1, dtype).dtype)
    floats = per_tensor(codes, scale, zero_point).dequantize().numpy()
    name = "dequantize[%s-%g-%d]" % (dtype, scale, zero_point)
    out.add(
        name,
        {"codes": codes, "floats": floats},
        op="dequantize",
        dtype=dtype,
        scale=scale,
        zero_point=zero_point,
    )


def per_channel_one(rng, out, dtype, axis, shape):
    """Tie-rich data with odd zero points, quantized and dequantized along one axis."""
    low, high = CODES[dtype] if dtype != "qint32" else (-999, 999)
    scales = np.float32(10.0 ** rng.uniform(-3, 1, shape[axis]))
    zeros = rng.randint(low, high + 1, shape[axis]).astype(np.int64) | 1
    steps = near_ties(rng, 1.0, int(np.prod(shape)), 200).reshape(shape)
    spots = [-1 if d == axis else 1 for d in range(len(shape))]
    x = np.float32(steps * scales.reshape(spots))
    # No NaN: PyTorch 1.6 turns it into code 0 here, into the largest code in quantize_per_tensor.
    x.reshape(-1)[:4] = [np.inf, -np.inf, 1e30, -1e30]
    q = torch.quantize_per_channel(tensor(x), tensor(scales), tensor(zeros), axis, DTYPES[dtype])
    arrays = {"x": x, "codes": codes_of(q), "scales": scales, "zero_points": zeros}
    out.add(
        "quantize_per_channel[%s-axis%d]" % (dtype, axis),
        arrays,
        op="quantize_per_channel",
        dtype=dtype,
        axis=axis,
    )
    dequantize_per_channel_one(rng, out, dtype, axis, shape, scales, zeros)


def dequantize_per_channel_one(rng, out, dtype, axis, shape, scales, zeros):
    """Random codes and scales that only a double holds (qint32: PyTorch can only get there by quantizing)."""
    wide = scales.astype(np.float64) * (1 + rng.uniform(0, 1e-8, shape[axis]))
    if dtype == "qint32":
        x = tensor(np.float32(rng.randn(*shape) * 1e4))
        q = torch.quantize_per_channel(x, tensor(wide), tensor(zeros), axis, torch.qint32)
    else:
        q = per_channel(random_codes(rng, shape, dtype), wide, zeros, axis)
    arrays = {"codes": codes_of(q), "floats": q.dequantize().numpy(), "scales": wide, "zero_points": zeros}
    out.add(
        "dequantize_per_channel[%s-axis%d]" % (dtype, axis),
        arrays,
        op="dequantize_per_channel",
        dtype=dtype,
        axis=axis,
    )
