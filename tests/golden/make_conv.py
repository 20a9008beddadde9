"""Golden data: conv1d, conv2d, conv3d (+ relu), kept only where PyTorch's answer is the exact one."""

import numpy as np
import torch
from bridge import codes_of, per_tensor, random_codes, tensor
from exact import conv_sums, requantize
from make_linear import output_scale, weights, wrap
from store import Writer

# name: batch, channels in, out, groups, input size, kernel, stride, padding, dilation
GEOMETRY = {
    "1d": (2, 4, 6, 1, (11,), (3,), (1,), (1,), (1,)),
    "1d_stride2_dilation2": (1, 8, 4, 1, (17,), (3,), (2,), (2,), (2,)),
    "1d_groups2_kernel5": (2, 6, 4, 2, (13,), (5,), (3,), (0,), (1,)),
    "1d_kernel1": (1, 5, 7, 1, (6,), (1,), (1,), (0,), (1,)),
    "2d": (2, 3, 5, 1, (7, 6), (3, 3), (1, 1), (1, 1), (1, 1)),
    "2d_kernel1": (1, 12, 9, 1, (5, 5), (1, 1), (1, 1), (0, 0), (1, 1)),
    "2d_stride2": (1, 4, 8, 1, (9, 8), (3, 3), (2, 2), (0, 0), (1, 1)),
    "2d_oblong": (1, 5, 3, 1, (9, 7), (2, 3), (1, 2), (1, 0), (1, 1)),
    "2d_oblong_dilation": (1, 3, 4, 1, (11, 10), (3, 2), (2, 1), (2, 1), (2, 3)),
    "2d_groups3": (1, 6, 9, 3, (6, 6), (3, 3), (1, 1), (1, 1), (1, 1)),
    "2d_groups2_wide": (1, 34, 6, 2, (5, 4), (3, 3), (1, 1), (1, 1), (1, 1)),
    "2d_wide": (1, 40, 33, 1, (4, 4), (3, 3), (1, 1), (1, 1), (1, 1)),
    "2d_kernel5": (1, 3, 4, 1, (9, 9), (5, 5), (2, 2), (2, 2), (1, 1)),
    "2d_depthwise": (1, 8, 8, 8, (7, 7), (3, 3), (1, 1), (1, 1), (1, 1)),
    "2d_depthwise_stride2": (2, 16, 16, 16, (6, 7), (3, 3), (2, 2), (1, 1), (1, 1)),
    "2d_depthwise_kernel5": (1, 8, 8, 8, (8, 8), (5, 5), (1, 1), (2, 2), (1, 1)),
    "2d_depthwise_dilation": (1, 8, 8, 8, (8, 8), (3, 3), (1, 1), (2, 2), (2, 2)),
    "2d_depthwise_multiplier2": (1, 8, 16, 8, (6, 5), (3, 3), (1, 1), (1, 1), (1, 1)),
    "3d": (1, 3, 4, 1, (4, 5, 4), (3, 3, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1)),
    "3d_oblong": (1, 4, 3, 1, (5, 6, 4), (2, 1, 3), (2, 1, 1), (0, 1, 1), (1, 1, 1)),
    "3d_groups2_dilation": (1, 4, 6, 2, (5, 6, 7), (2, 2, 2), (1, 2, 1), (1, 0, 1), (2, 1, 2)),
}
FAMILIES = {"small_x": (127, 128), "small_w": (255, 64)}


def make():
    """Write conv.npz."""
    rng, out, dropped = np.random.RandomState(4), Writer("conv"), []
    for family in FAMILIES:
        for scheme in ("per_tensor", "per_channel"):
            for with_bias in (True, False):
                for geometry in GEOMETRY:
                    name = "%s-%s-%s-%s" % (geometry, scheme, "bias" if with_bias else "no_bias", family)
                    if not one(rng, out, name, GEOMETRY[geometry], family, scheme, with_bias):
                        dropped.append(name)
    print("PyTorch saturates, dropped:", *dropped)
    assert len(dropped) < 15
    return out.save()


def one(rng, out, name, geometry, family, scheme, with_bias):
    """Run the convolution with and without relu; return False where PyTorch is not exact."""
    batch, c_in, c_out, groups, size, kernel, stride, padding, dilation = geometry
    x_most, w_most = FAMILIES[family]
    x = random_codes(rng, (batch, c_in) + size, "quint8", 0, x_most)
    w, scales, zeros = weights(rng, (c_out, c_in // groups) + kernel, w_most, scheme)
    x_scale, x_zero = float(np.float32(rng.uniform(0.01, 0.1))), int(rng.randint(0, 128))
    sums = conv_sums(x, x_zero, w, zeros, stride, padding, dilation, groups)
    scale, zero_point = output_scale(sums, x_scale, scales), int(rng.randint(0, 200))
    bias = np.float32(rng.randn(c_out) * scale * 30) if with_bias else None
    arrays = {"x": x, "w": w, "w_scales": scales, "w_zero_points": zeros, "bias": bias}
    for relu in (False, True):
        q = run(
            x,
            x_scale,
            x_zero,
            w,
            scales,
            zeros,
            bias,
            stride,
            padding,
            dilation,
            groups,
            scale,
            zero_point,
            relu,
        )
        expected = requantize(
            sums, 1, x_scale, scales, scheme == "per_channel", bias, scale, zero_point, relu
        )
        if not np.array_equal(q, expected):
            return False
        arrays["conv_relu" if relu else "conv"] = q
    params = {"x_scale": x_scale, "x_zero_point": x_zero, "scale": scale, "zero_point": zero_point}
    lists = {"stride": list(stride), "padding": list(padding), "dilation": list(dilation), "groups": groups}
    out.add(name, arrays, per_channel=scheme == "per_channel", rank=len(size), **params, **lists)
    return True


def run(
    x, x_scale, x_zero, w, scales, zeros, bias, stride, padding, dilation, groups, scale, zero_point, relu
):
    """Pack and run; conv1d is conv2d with a unit height in PyTorch 1.6."""
    rank = x.ndim - 2
    if rank == 1:
        x, w = x[:, :, None], w[:, :, None]
        stride, padding, dilation = (1,) + stride, (0,) + padding, (1,) + dilation
    kind = "conv%dd" % max(rank, 2)
    prepack = getattr(torch.ops.quantized, kind + "_prepack")
    packed = prepack(
        wrap(w, scales, zeros), None if bias is None else tensor(bias), stride, padding, dilation, groups
    )
    op = getattr(torch.ops.quantized, kind + ("_relu" if relu else ""))
    q = codes_of(op(per_tensor(x, x_scale, x_zero), packed, scale, zero_point))
    return q[:, :, 0] if rank == 1 else q
