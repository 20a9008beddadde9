"""Golden data: nearest and bilinear interpolation of channels-first tensors, and fake-quantize.

Outputs of length one are left out of the bilinear cases: PyTorch 1.6 reads them from the first
position, later versions and qframe from the middle.
"""

import numpy as np
import torch
from bridge import codes_of, per_tensor, random_codes
from store import Writer

functional = torch.nn.quantized.functional
SIZES = [((5, 7), (10, 14)), ((8, 6), (4, 3)), ((7, 5), (11, 3)), ((4, 5), (4, 5)), ((2, 3), (5, 9)), ((13, 9), (6, 17))]
FACTORS = [(2.0, 2.0), (2.3, 0.7), (0.5, 3.0)]


def make():
    """Write resize.npz."""
    rng, out = np.random.RandomState(8), Writer("resize")
    for dtype, zero_point in (("quint8", 0), ("quint8", 93), ("qint8", -7)):
        for size, output in SIZES:
            add(rng, out, dtype, zero_point, size, {"size": list(output)})
        for factors in FACTORS:
            add(rng, out, dtype, zero_point, (6, 9), {"scale_factor": list(factors)})
    for index, (low, high) in enumerate([(0, 255), (-128, 127), (0, 127), (-8, 7)]):
        fake(rng, out, index, low, high)
    return out.save()


def add(rng, out, dtype, zero_point, size, target):
    """Record one input with nearest and both bilinear forms."""
    codes = random_codes(rng, (2, 3) + size, dtype)
    x = per_tensor(codes, 0.05, zero_point)
    wanted = {key: tuple(value) for key, value in target.items()}
    results = {"x": codes, "nearest": codes_of(functional.interpolate(x, mode="nearest", **wanted))}
    for align in (False, True):
        y = functional.interpolate(x, mode="bilinear", align_corners=align, **wanted)
        results["bilinear-%d" % align] = codes_of(y)
    name = "%s-%d-%dx%d-%s" % ((dtype, zero_point) + size + (list(target.values())[0],))
    out.add(name, results, op="interpolate", zero_point=zero_point, dtype=dtype, **target)


def fake(rng, out, index, low, high):
    """Record values and gradient masks, per tensor and per channel, with many ties around the bounds."""
    x = np.float32(np.concatenate([rng.normal(size=(3, 200)) * 8, rng.randint(-80, 80, (3, 200)) / 4.0], 1))
    scale, zero_point = 0.25 + 0.07 * index, low + 5
    leaf = torch.from_numpy(x).requires_grad_()
    y = torch.fake_quantize_per_tensor_affine(leaf, scale, zero_point, low, high)
    y.sum().backward()
    scales, zeros = np.float32([0.25, 0.1, 0.07]), np.int64([low, zero_point, high])
    leaves = torch.from_numpy(x).requires_grad_()
    z = torch.fake_quantize_per_channel_affine(leaves, torch.from_numpy(scales), torch.from_numpy(zeros), 0, low, high)
    z.sum().backward()
    arrays = {"x": x, "y": y.detach().numpy(), "mask": leaf.grad.numpy() > 0, "scales": scales, "zero_points": zeros}
    arrays.update({"channels": z.detach().numpy(), "channel_mask": leaves.grad.numpy() > 0})
    out.add("%d..%d" % (low, high), arrays, op="fake_quantize", scale=scale, zero_point=zero_point, low=low, high=high)
