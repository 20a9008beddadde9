"""Golden data: folding batch norms, and prepare - calibrate - convert of three models.

All numbers of the float models lie on a coarse binary grid, so that every float32 sum is exact
in any order: the observers see the same bits in every framework, and the qparams must be equal.
"""

import copy

import numpy as np
import torch
from bridge import codes_of, tensor
from exact import conv_sums, linear_sums, requantize
from models import MODELS, qconfigs
from store import Writer
from torch import nn
from torch.nn import quantized as nnq
from torch.nn.intrinsic import quantized as nniq

# Step of the weights' grid and of the inputs': deeper models need coarser ones to stay exact.
STEPS = {"plain_cnn": (1 / 16, 1 / 4), "residual": (1 / 8, 1 / 2), "mlp": (1 / 16, 1 / 4)}
RELU_FORMS = (nniq.ConvReLU1d, nniq.ConvReLU2d, nniq.ConvReLU3d, nniq.LinearReLU)


def make():
    """Write workflow.npz."""
    rng, out = np.random.RandomState(8), Writer("workflow")
    for rank in (1, 2, 3):
        for with_bias in (True, False):
            for relu in (True, False):
                fold(rng, out, rank, with_bias, relu)
    for name in MODELS:
        for qconfig in ("default", "fbgemm", "qnnpack"):
            workflow(out, name, qconfig)
    return out.save()


def fold(rng, out, rank, with_bias, relu):
    """Random floats: the folded weight and bias must be the same bits."""
    conv = getattr(nn, "Conv%dd" % rank)(4, 6, 3, bias=with_bias, groups=2)
    norm = getattr(nn, "BatchNorm%dd" % rank)(6, eps=1e-3)
    for array in (conv.weight, conv.bias, norm.weight, norm.bias, norm.running_mean):
        if array is not None:
            array.data = tensor(np.float32(rng.randn(*array.shape)))
    norm.running_var = tensor(np.float32(rng.uniform(0.01, 3, 6)))
    arrays = {
        "conv.weight": conv.weight,
        "conv.bias": conv.bias,
        "bn.weight": norm.weight,
        "bn.bias": norm.bias,
    }
    arrays.update({"bn.running_mean": norm.running_mean, "bn.running_var": norm.running_var})
    arrays = {key: None if value is None else value.detach().numpy().copy() for key, value in arrays.items()}
    model = nn.Sequential(conv, norm, *([nn.ReLU()] if relu else [])).eval()
    fused = torch.quantization.fuse_modules(model, [str(i) for i in range(len(model))])[0]
    folded = fused[0] if relu else fused
    arrays.update({"weight": folded.weight.detach().numpy(), "bias": folded.bias.detach().numpy()})
    name = "fold[%dd-%s%s]" % (rank, "bias" if with_bias else "no_bias", "-relu" if relu else "")
    out.add(name, arrays, op="fold", rank=rank, with_bias=with_bias, relu=relu, type=type(fused).__name__)


def grid(rng, shape, step, most):
    """Random multiples of ``step`` up to ``most`` in size."""
    count = int(round(most / step))
    return tensor(np.float32(rng.randint(-count, count + 1, tuple(shape)) * step))


def set_weights(rng, model, step):
    """Put every parameter on the grid; batch norms scale by a power of two exactly."""
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.data = grid(rng, module.weight.shape, step, 0.5 - step / 2)
            # One weight of each row stands out, so that the others stay below half of the codes;
            # its neighbour is zero, so that the pair cannot saturate.
            rows = module.weight.data.view(module.weight.shape[0], -1)
            rows[:, 0], rows[:, 1] = 1 - step, 0
            if module.bias is not None:
                module.bias.data = grid(rng, module.bias.shape, 1 / 8, 1)
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data = tensor(np.float32(rng.choice([1.0, 2.0], module.weight.shape)))
            module.bias.data = grid(rng, module.bias.shape, 1 / 8, 1)
            module.running_mean = grid(rng, module.running_mean.shape, 1 / 8, 1)
            module.running_var = torch.full_like(module.running_mean, 4.0 - module.eps)
            rstd = 1 / torch.sqrt(module.running_var + module.eps)
            assert bool((rstd == 0.5).all())


def workflow(out, name, qconfig):
    """Try seeds until no kernel saturates, then record the whole run."""
    for seed in range(100):
        if attempt(out, name, qconfig, seed):
            return
    raise AssertionError("no seed without saturation for %s, %s" % (name, qconfig))


def attempt(out, name, qconfig, seed):
    """One seed; False where PyTorch's integers are not the exact ones."""
    rng = np.random.RandomState(1000 + seed)
    model = MODELS[name](torch).eval()
    set_weights(rng, model, STEPS[name][0])
    calibration = [grid(rng, model.shape, STEPS[name][1], most) for most in (2.0, 3.0, 1.5)]
    evaluation = grid(rng, model.shape, STEPS[name][1], 3.5)
    arrays = {"state/" + key: value.numpy().copy() for key, value in model.state_dict().items()}
    arrays["calibration"] = np.stack([batch.numpy() for batch in calibration])
    arrays["evaluation"] = evaluation.numpy()
    arrays["float_output"] = model(evaluation).detach().numpy()
    fused = torch.quantization.fuse_modules(model, model.fuse)
    assert_exact_floats(fused, calibration + [evaluation])
    fused.qconfig = qconfigs(torch.quantization)[qconfig]
    prepared = torch.quantization.prepare(fused)
    for batch in calibration:
        prepared(batch)
    converted = torch.quantization.convert(prepared)
    seen = {}
    for path, module in converted.named_modules():
        module.register_forward_hook(lambda module, x, y, path=path: seen.update({path: (x[0], y)}))
    output = converted(evaluation)
    if not all(is_exact(module, *seen[path]) for path, module in converted.named_modules() if path in seen):
        return False
    arrays.update(output=output.numpy(), codes=codes_of(seen["dequant"][0]))
    modules = {path: describe(path, module, arrays) for path, module in converted.named_modules()}
    modules = {path: entry for path, entry in modules.items() if entry}
    out.add("%s[%s]" % (name, qconfig), arrays, op="workflow", model=name, qconfig=qconfig, modules=modules)
    return True


def assert_exact_floats(model, batches):
    """No float32 result in the model is rounded."""
    values, model, wide = [], copy.deepcopy(model), copy.deepcopy(model).double()
    for module in list(model.modules()) + list(wide.modules()):
        module.register_forward_hook(lambda module, x, y: values.append(y.detach().double().numpy()))
    for batch in batches:
        values.clear()
        model(batch)
        narrow = list(values)
        values.clear()
        wide(batch.double())
        assert all(np.array_equal(a, b) for a, b in zip(narrow, values))


def is_exact(module, x, y):
    """Compare with integers that cannot saturate, and averages with the rounding that qframe defines."""
    if isinstance(module, nn.AdaptiveAvgPool2d):
        steps = (codes_of(x).astype(np.int64) - x.q_zero_point()).sum((2, 3), keepdims=True)
        rounded = np.rint(np.float32(steps) * np.float32(1 / (x.shape[2] * x.shape[3])))
        return np.array_equal(codes_of(y), rounded + x.q_zero_point())
    if not isinstance(module, (nnq.Linear, nnq.Conv2d)):
        return True
    weight, bias = module.weight(), module.bias() if callable(module.bias) else module.bias
    per_channel = weight.qscheme() == torch.per_channel_affine
    scales = weight.q_per_channel_scales().numpy() if per_channel else np.array([weight.q_scale()])
    arguments = (codes_of(x), x.q_zero_point(), codes_of(weight), 0)
    if isinstance(module, nnq.Linear):
        sums, axis = linear_sums(*arguments), 1
    else:
        sums, axis = conv_sums(*arguments, module.stride, module.padding, module.dilation, module.groups), 1
    bias = None if bias is None else bias.detach().numpy()
    relu = isinstance(module, RELU_FORMS)
    expected = requantize(
        sums, axis, x.q_scale(), scales, per_channel, bias, y.q_scale(), y.q_zero_point(), relu
    )
    return np.array_equal(codes_of(y), expected)


def describe(path, module, arrays):
    """Qparams of a converted module; weight and bias go to the arrays."""
    if not hasattr(module, "scale"):
        return None
    entry = {
        "type": type(module).__name__,
        "scale": float(module.scale),
        "zero_point": int(module.zero_point),
    }
    if isinstance(module, (nnq.Linear, nnq.Conv2d)):
        weight, bias = module.weight(), module.bias() if callable(module.bias) else module.bias
        per_channel = weight.qscheme() == torch.per_channel_affine
        arrays["weight/" + path] = codes_of(weight)
        scales = weight.q_per_channel_scales().numpy() if per_channel else np.array([weight.q_scale()])
        zeros = (
            weight.q_per_channel_zero_points().numpy() if per_channel else np.array([weight.q_zero_point()])
        )
        arrays["weight_scale/" + path], arrays["weight_zero_point/" + path] = scales, zeros
        if bias is not None:
            arrays["bias/" + path] = bias.detach().numpy()
        entry["per_channel"] = per_channel
    return entry
