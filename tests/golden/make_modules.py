"""Golden data: modules whose output has qparams of its own, with their text; pools and interpolation of volumes."""

import numpy as np
import torch
import torch.nn.quantized as nnq
from bridge import codes_of, per_tensor, random_codes, tensor
from make_elementwise import scale_of, zero_of
from store import Writer

functional = torch.nn.quantized.functional
# name: (arguments before weight and bias, the weight's shape or None, further arguments, the input's shape)
MODULES = {
    "ELU": ([], None, {"alpha": 1.3}, (3, 50)),
    "Hardswish": ([], None, {}, (3, 50)),
    "LayerNorm": ([[5, 7]], (5, 7), {"eps": 1e-3}, (4, 5, 7)),
    "GroupNorm": ([3, 6], (6,), {}, (2, 6, 4, 5)),
    "InstanceNorm1d": ([5], (5,), {}, (2, 5, 40)),
    "InstanceNorm2d": ([5], (5,), {"affine": True}, (2, 5, 7, 8)),
    "InstanceNorm3d": ([5], (5,), {"eps": 0.1}, (2, 5, 3, 4, 5)),
}
# kernel, stride, padding, ceil_mode, count_include_pad, divisor_override
POOLS = [
    (2, None, 0, False, True, None),
    ((3, 2, 3), (2, 1, 2), (1, 0, 1), False, True, None),
    ((3, 2, 3), (2, 1, 2), (1, 0, 1), False, False, None),
    (3, 2, 0, True, True, None),
    ((2, 3, 1), 1, 0, False, True, 5),
]
VOLUMES = [((2, 3, 4), {"size": [5, 3, 8]}), ((3, 4, 3), {"scale_factor": [2.0, 1.7, 0.7]})]


def make():
    """Write modules.npz."""
    rng, out = np.random.RandomState(12), Writer("modules")
    for dtype in ("quint8", "qint8"):
        for name, (sizes, weight_shape, further, shape) in MODULES.items():
            for with_weights in (True, False)[: 1 if weight_shape is None else 2]:
                module(rng, out, dtype, name, sizes, weight_shape if with_weights else None, further, shape)
        for index, arguments in enumerate(POOLS):
            pool(rng, out, dtype, index, arguments)
        for size, target in VOLUMES:
            volume(rng, out, dtype, size, target)
    unchanged(rng, out)
    return out.save()


def module(rng, out, dtype, name, sizes, weight_shape, further, shape):
    """Record one module: constructor arguments, text and output."""
    numbers = {"scale": scale_of(rng, 0.01, 0.1), "zero_point": zero_of(rng, dtype)}
    x_scale, x_zero = scale_of(rng, 0.02, 0.1), zero_of(rng, dtype)
    weights = [np.float32(rng.randn(*weight_shape)) if weight_shape else None for _ in range(2)]
    parameters = [None if w is None else torch.nn.Parameter(tensor(w)) for w in weights]
    if MODULES[name][1] is None:
        parameters = []
    built = getattr(nnq, name)(*(sizes + parameters), **numbers, **further)
    codes = random_codes(rng, shape, dtype)
    y = built(per_tensor(codes, x_scale, x_zero))
    title = "%s[%s%s]" % (name, dtype, "" if weight_shape else "-plain")
    arrays = {"x": codes, "weight": weights[0], "bias": weights[1], "y": codes_of(y)}
    params = {"x_scale": x_scale, "x_zero_point": x_zero, "sizes": sizes, "further": dict(further, **numbers)}
    out.add(title, arrays, op="module", kind=name, text=repr(built), takes_weights=bool(parameters), **params)


def pool(rng, out, dtype, index, arguments):
    """Record one average pooling of volumes, which PyTorch 1.6 rounds in one way whatever the layout."""
    codes, zero_point = random_codes(rng, (2, 3, 6, 7, 8), dtype), zero_of(rng, dtype)
    y = functional.avg_pool3d(per_tensor(codes, 0.37, zero_point), *arguments)
    arrays = {"x": codes, "y": codes_of(y)}
    out.add("pool[%s-%d]" % (dtype, index), arrays, op="avg_pool3d", zero_point=zero_point, arguments=arguments)


def volume(rng, out, dtype, size, target):
    """Record nearest interpolation of a volume."""
    codes, zero_point = random_codes(rng, (2, 2) + size, dtype), zero_of(rng, dtype)
    wanted = {key: tuple(value) for key, value in target.items()}
    y = functional.interpolate(per_tensor(codes, 0.05, zero_point), mode="nearest", **wanted)
    name = "volume[%s-%s]" % (dtype, list(target)[0])
    out.add(name, {"x": codes, "y": codes_of(y)}, op="volume", zero_point=zero_point, target=target)


def unchanged(rng, out):
    """Record factors that leave the size as it is, in both modes."""
    codes = random_codes(rng, (2, 2, 6, 9), "quint8")
    x = per_tensor(codes, 0.05, 7)
    modes = {"nearest": {}, "bilinear-0": {"align_corners": False}, "bilinear-1": {"align_corners": True}}
    arrays = {
        name: codes_of(functional.interpolate(x, scale_factor=1.1, mode=name.split("-")[0], **further))
        for name, further in modes.items()
    }
    out.add("unchanged", dict(arrays, x=codes), op="unchanged", zero_point=7, scale_factor=1.1)
