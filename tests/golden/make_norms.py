"""Golden data: layer, group and instance norm of both 8-bit dtypes, over wide and narrow groups of codes."""

import numpy as np
import torch
from bridge import codes_of, per_tensor, random_codes, tensor
from make_elementwise import scale_of, zero_of
from store import Writer

ops = torch.ops.quantized
LAYERS = [((5, 31), 1), ((2, 3, 64), 1), ((3, 4, 5), 2), ((2, 768), 1), ((4, 1), 1), ((2, 3, 4, 5), 3)]
GROUPS = [((2, 6, 1), 3), ((2, 6, 35), 2), ((1, 8, 7, 9), 4), ((2, 4, 3, 4, 5), 2), ((1, 12, 10, 11), 12)]
EPS = (1e-5, 1e-3, 0.1)


def make():
    """Write norms.npz."""
    rng, out = np.random.RandomState(11), Writer("norms")
    for dtype in ("quint8", "qint8"):
        for spread in (256, 9, 2, 1):
            for index, (shape, dims) in enumerate(LAYERS):
                layer(rng, out, dtype, spread, shape, dims, EPS[index % 3])
            for index, (shape, groups) in enumerate(GROUPS):
                group(rng, out, dtype, spread, shape, groups, EPS[index % 3])
    return out.save()


def qparams(rng, dtype):
    """Input and output qparams, as keyword arguments of a case."""
    return {
        "x_scale": scale_of(rng),
        "x_zero_point": zero_of(rng, dtype),
        "scale": scale_of(rng, 0.01, 0.1),
        "zero_point": zero_of(rng, dtype),
    }


def codes_within(rng, shape, dtype, spread):
    """Codes of which no two are further apart than ``spread`` - 1."""
    if spread == 256:
        return random_codes(rng, shape, dtype)
    low = rng.randint(0, 110)
    return random_codes(rng, shape, dtype, low, low + spread - 1)


def affine(rng, shape, index):
    """Weight and bias, now and then without one or both."""
    present = [(True, True), (True, True), (True, False), (False, True), (False, False)][index % 5]
    return [np.float32(rng.randn(*shape)) if there else None for there in present]


def layer(rng, out, dtype, spread, shape, dims, eps):
    """Record one layer norm."""
    inner, codes, numbers = shape[-dims:], codes_within(rng, shape, dtype, spread), qparams(rng, dtype)
    weight, bias = affine(rng, inner, len(out.cases))
    arguments = [None if v is None else tensor(v) for v in (weight, bias)]
    x = per_tensor(codes, numbers["x_scale"], numbers["x_zero_point"])
    y = ops.layer_norm(x, inner, arguments[0], arguments[1], eps, numbers["scale"], numbers["zero_point"])
    name = "layer_norm[%s-%d-%s]" % (dtype, spread, "x".join(map(str, shape)))
    arrays = {"x": codes, "weight": weight, "bias": bias, "y": codes_of(y)}
    out.add(name, arrays, op="layer_norm", normalized_shape=list(inner), eps=eps, **numbers)


def group(rng, out, dtype, spread, shape, groups, eps):
    """Record one group norm, and the instance norm of the same input."""
    codes, numbers = codes_within(rng, shape, dtype, spread), qparams(rng, dtype)
    weight, bias = affine(rng, shape[1:2], len(out.cases))
    arguments = [None if v is None else tensor(v) for v in (weight, bias)]
    arguments += [eps, numbers["scale"], numbers["zero_point"]]
    x = per_tensor(codes, numbers["x_scale"], numbers["x_zero_point"])
    name = "group_norm[%s-%d-%s]" % (dtype, spread, "x".join(map(str, shape)))
    arrays = {"x": codes, "weight": weight, "bias": bias}
    arrays["group"] = codes_of(ops.group_norm(x, groups, *arguments))
    arrays["instance"] = codes_of(ops.instance_norm(x, *arguments))
    out.add(name, arrays, op="group_norm", num_groups=groups, eps=eps, **numbers)
