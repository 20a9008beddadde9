"""Golden data: add, mul, their scalar forms, cat, activations and batch norm."""

import numpy as np
import torch
from bridge import CODES, codes_of, per_tensor, random_codes, tensor
from store import Writer

ops = torch.ops.quantized
DTYPES = ("quint8", "qint8", "qint32")
SCALARS = (0.0, 0.3, 2.0, -1.5, 40.0, -60.0)


def scale_of(rng, low=0.003, high=0.2):
    """A scale that float32 holds exactly."""
    return float(np.float32(rng.uniform(low, high)))


def zero_of(rng, dtype):
    """An odd zero point of the dtype."""
    low, high = CODES[dtype] if dtype != "qint32" else (-500, 500)
    return int(rng.randint(low, high)) | 1


def operand(rng, shape, dtype):
    """Random codes with scale and zero point."""
    low, high = CODES[dtype] if dtype != "qint32" else (-(2**20), 2**20)
    return random_codes(rng, shape, dtype, low, high), scale_of(rng), zero_of(rng, dtype)


def make():
    """Write elementwise.npz."""
    rng, out = np.random.RandomState(5), Writer("elementwise")
    for dtype in DTYPES:
        for index in range(5):
            binary(rng, out, dtype, index)
            cat(rng, out, dtype, index)
        broadcast_mul(rng, out, dtype)
        for scalar in SCALARS:
            scalar_forms(rng, out, dtype, scalar)
        for index in range(4):
            clamps(rng, out, dtype, index)
            if dtype != "qint32":
                tables(rng, out, dtype, index)
    for index in range(6):
        batch_norm(rng, out, ("quint8", "qint8")[index % 2], index)
    return out.save()


def binary(rng, out, dtype, index):
    """Sum and product of equal shapes; the first case is full of ties."""
    shape = (2, 3, 4, 8)[: 2 + index % 3]
    a, a_scale, a_zero = operand(rng, shape, dtype)
    b, b_scale, b_zero = operand(rng, shape, dtype)
    scale, zero_point = scale_of(rng, 0.01, 0.3), zero_of(rng, dtype)
    if index == 0:
        a_scale, b_scale, scale = 0.25, 0.5, 0.5
    if dtype == "qint32":
        b, b_scale = random_codes(rng, shape, dtype, -2000, 2000), scale_of(rng)
    left, right = per_tensor(a, a_scale, a_zero), per_tensor(b, b_scale, b_zero)
    results = {
        name: codes_of(getattr(ops, name)(left, right, scale, zero_point)) for name in ("add", "add_relu")
    }
    if dtype != "qint32":
        results.update(
            {
                name: codes_of(getattr(ops, name)(left, right, scale, zero_point))
                for name in ("mul", "mul_relu")
            }
        )
    params = {"a_scale": a_scale, "a_zero_point": a_zero, "b_scale": b_scale, "b_zero_point": b_zero}
    out.add(
        "binary[%s-%d]" % (dtype, index),
        dict(results, a=a, b=b),
        op="binary",
        scale=scale,
        zero_point=zero_point,
        **params,
    )


def broadcast_mul(rng, out, dtype):
    """PyTorch 1.6 broadcasts products, not sums."""
    if dtype == "qint32":
        return
    a, a_scale, a_zero = operand(rng, (2, 3, 4), dtype)
    b, b_scale, b_zero = operand(rng, (3, 1), dtype)
    scale, zero_point = scale_of(rng, 0.05, 0.3), zero_of(rng, dtype)
    q = codes_of(ops.mul(per_tensor(a, a_scale, a_zero), per_tensor(b, b_scale, b_zero), scale, zero_point))
    params = {"a_scale": a_scale, "a_zero_point": a_zero, "b_scale": b_scale, "b_zero_point": b_zero}
    out.add(
        "binary[%s-broadcast]" % dtype,
        {"a": a, "b": b, "mul": q},
        op="binary",
        scale=scale,
        zero_point=zero_point,
        **params,
    )


def scalar_forms(rng, out, dtype, scalar):
    """x + c and x * c choose the output qparams themselves."""
    x, scale, zero_point = operand(rng, (3, 50), dtype)
    q = per_tensor(x, scale, zero_point)
    for name in ("add_scalar", "add_scalar_relu", "mul_scalar", "mul_scalar_relu"):
        y = getattr(ops, name)(q, scalar)
        params = {"scalar": scalar, "x_scale": scale, "x_zero_point": zero_point}
        params.update(scale=y.q_scale(), zero_point=y.q_zero_point())
        out.add(
            "%s[%s-%g]" % (name, dtype, scalar),
            {"x": x, "y": codes_of(y)},
            op="scalar",
            function=name,
            **params,
        )


def cat(rng, out, dtype, index):
    """Three tensors with qparams of their own along each axis."""
    axis = (0, 1, 2, 3, 1)[index]
    shapes = [[2, 3, 2, 3] for _ in range(3)]
    for number, shape in enumerate(shapes):
        shape[axis] = number + 1
    parts = [operand(rng, shape, dtype) for shape in shapes]
    scale, zero_point = scale_of(rng, 0.05, 0.3), zero_of(rng, dtype)
    if index == 0:
        parts = [(codes, 0.25, zero) for codes, _, zero in parts]
        scale = 0.5
    tensors = [per_tensor(*part) for part in parts]
    arrays = {"x%d" % number: part[0] for number, part in enumerate(parts)}
    for name in ("cat", "cat_relu"):
        arrays[name] = codes_of(getattr(ops, name)(tensors, axis, scale, zero_point))
    params = {"scales": [p[1] for p in parts], "zero_points": [p[2] for p in parts], "axis": axis}
    out.add("cat[%s-%d]" % (dtype, index), arrays, op="cat", scale=scale, zero_point=zero_point, **params)


def inputs(rng, dtype, index):
    """All codes of an 8-bit dtype, or random ones, with typical qparams."""
    low, high = CODES[dtype]
    scale, zero_point = (0.05, 0.021, 0.5, 1 / 16)[index], zero_of(rng, dtype)
    if dtype == "qint32":
        return random_codes(rng, 200, dtype, -400, 400), float(np.float32(scale)), zero_point
    return (
        np.arange(low, high + 1).astype(random_codes(rng, 1, dtype).dtype),
        float(np.float32(scale)),
        zero_point,
    )


def clamps(rng, out, dtype, index):
    """relu, relu6, hardtanh: integer clamps."""
    x, scale, zero_point = inputs(rng, dtype, index)
    q = per_tensor(x, scale, zero_point)
    results = {"relu": torch.relu(q), "relu6": ops.relu6(q, False)}
    if dtype != "qint32":
        results["hardtanh"] = torch.nn.quantized.functional.hardtanh(q, -1.3, 2.2)
    arrays = {name: codes_of(y) for name, y in results.items()}
    params = {"scale": scale, "zero_point": zero_point, "hardtanh": [-1.3, 2.2]}
    out.add("clamp[%s-%d]" % (dtype, index), dict(arrays, x=x), op="clamp", **params)


def tables(rng, out, dtype, index):
    """Functions of one 8-bit code, for every code.

    PyTorch dequantizes some lanes by a fused multiply-add: only with a scale that is a power of two do ties
    come out the same in all lanes, so slope and threshold avoid ties for the others.
    """
    slope, limit = (0.1, 0.7) if index == 3 else (0.137, 0.713)
    functional = torch.nn.quantized.functional
    x, scale, zero_point = inputs(rng, dtype, index)
    q = per_tensor(x, scale, zero_point)
    new_scale, new_zero = scale_of(rng, 0.01, 0.1), zero_of(rng, dtype)
    results = {
        "sigmoid": (torch.sigmoid(q), {}),
        "tanh": (torch.tanh(q), {}),
        "hardsigmoid": (functional.hardsigmoid(q), {}),
        "leaky_relu": (functional.leaky_relu(q, slope), {"negative_slope": slope}),
        "threshold": (functional.threshold(q, limit, 0.2), {"threshold": limit, "value": 0.2}),
        "elu": (
            ops.elu(q, new_scale, new_zero, 1.3),
            {"scale": new_scale, "zero_point": new_zero, "alpha": 1.3},
        ),
        "hardswish": (ops.hardswish(q, new_scale, new_zero), {"scale": new_scale, "zero_point": new_zero}),
    }
    for name, (y, arguments) in results.items():
        params = {
            "x_scale": scale,
            "x_zero_point": zero_point,
            "scale": y.q_scale(),
            "zero_point": y.q_zero_point(),
        }
        arrays = {"x": x, "y": codes_of(y)}
        out.add(
            "%s[%s-%d]" % (name, dtype, index),
            arrays,
            op="table",
            function=name,
            arguments=arguments,
            **params,
        )


def batch_norm(rng, out, dtype, index):
    """2D and 3D, with and without relu; cases that a fused multiply-add decides are not kept."""
    rank = 2 + index % 2
    x, x_scale, x_zero = operand(rng, (2, 5, 4, 3, 3)[: 2 + rank], dtype)
    weight, bias, mean = (np.float32(rng.randn(5)) for _ in range(3))
    var = np.float32(rng.uniform(0.1, 2, 5))
    scale, zero_point = scale_of(rng, 0.05, 0.3), zero_of(rng, dtype)
    arrays = {"x": x, "weight": weight, "bias": bias, "mean": mean, "var": var}
    k = np.float32(1) / np.sqrt(var + np.float32(1e-5))
    alpha = (k * weight) * np.float32(x_scale / scale)
    beta = (bias - mean * k * weight) / np.float32(scale)
    spots = (-1,) + (1,) * rank
    exact = alpha.reshape(spots).astype(float) * (x.astype(float) - x_zero) + beta.reshape(spots)
    if np.abs(exact - np.floor(exact) - 0.5).min() < 1e-4:
        return batch_norm(rng, out, dtype, index)
    for relu in ("", "_relu"):
        op = getattr(ops, "batch_norm%dd%s" % (rank, relu))
        q = per_tensor(x, x_scale, x_zero)
        arrays["y" + relu] = codes_of(op(q, *map(tensor, (weight, bias, mean, var)), 1e-5, scale, zero_point))
    params = {
        "rank": rank,
        "eps": 1e-5,
        "x_scale": x_scale,
        "x_zero_point": x_zero,
        "scale": scale,
        "zero_point": zero_point,
    }
    return out.add("batch_norm%dd[%s-%d]" % (rank, dtype, index), arrays, op="batch_norm", **params)
