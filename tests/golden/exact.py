"""Integer arithmetic without saturation, in plain NumPy.

The x86 kernels of PyTorch 1.6 add two neighbouring products in 16 bits and may saturate.  The
scripts here recompute linear and convolution with these functions and keep a case only where
PyTorch's answer is the exact one.
"""

import numpy as np

f32 = np.float32


def linear_sums(x, x_zero, w, w_zero):
    """Exact sums of (x - x_zero)(w - w_zero): x (..., K), w (N, K), w_zero a number or (N,)."""
    w = w.astype(np.int64) - np.asarray(w_zero, np.int64).reshape(-1, 1)
    return (x.astype(np.int64) - x_zero) @ w.T


def conv_sums(x, x_zero, w, w_zero, stride, padding, dilation, groups):
    """Exact convolution sums: x (B, C, *space), w (O, C / groups, *kernel); channel axis 1 in the result."""
    rank = x.ndim - 2
    w = w.astype(np.int64) - np.asarray(w_zero, np.int64).reshape((-1,) + (1,) * (rank + 1))
    x = np.pad(x.astype(np.int64) - x_zero, [(0, 0), (0, 0)] + [(p, p) for p in padding])
    size = [(x.shape[2 + d] - dilation[d] * (w.shape[2 + d] - 1) - 1) // stride[d] + 1 for d in range(rank)]
    total = np.zeros([x.shape[0], w.shape[0]] + size, np.int64)
    per_in, per_out = x.shape[1] // groups, w.shape[0] // groups
    for offset in np.ndindex(*w.shape[2:]):
        window = tuple(
            slice(offset[d] * dilation[d], offset[d] * dilation[d] + stride[d] * (size[d] - 1) + 1, stride[d])
            for d in range(rank)
        )
        for g in range(groups):
            part = x[(slice(None), slice(g * per_in, (g + 1) * per_in)) + window]
            rows = slice(g * per_out, (g + 1) * per_out)
            total[:, rows] += np.einsum("bc...,oc->bo...", part, w[(rows, slice(None)) + offset])
    return total


def requantize(sums, axis, x_scale, w_scale, per_channel, bias, scale, zero_point, relu):
    """Map exact sums to output codes: float32 arithmetic, bias kept in float (fbgemm of PyTorch 1.6)."""
    shape = [1] * sums.ndim
    shape[axis] = -1
    product = (f32(x_scale) * np.asarray(w_scale, f32)).reshape(-1)
    multiplier = (product / f32(scale)).astype(f32)
    value = sums.astype(f32)
    if bias is not None:
        term = bias / product if per_channel else bias * f32(1.0 / np.float64(product))
        value = value + term.astype(f32).reshape(shape)
    rounded = np.rint(value * multiplier.reshape(shape if multiplier.size > 1 else [1] * sums.ndim))
    codes = np.clip(rounded, -32768, 32767).astype(np.int64) + zero_point
    return np.clip(codes, zero_point if relu else 0, 255).astype(np.uint8)


def quantize(x, scale, zero_point, low, high):
    """Round half to even of x times the float32 reciprocal of scale, then add zero_point and clamp."""
    return np.clip(zero_point + np.rint(x.astype(f32) * (f32(1) / f32(scale))), low, high).astype(np.int64)
