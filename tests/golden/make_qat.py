"""Golden data: two steps of quantization-aware training, and the integers after conversion."""

import numpy as np
import torch
from bridge import codes_of, tensor
from qat_models import NAMES, build, layers
from store import Writer
from torch import nn, quantization

QCONFIGS = {
    "default": quantization.default_qat_qconfig,
    "fbgemm": quantization.get_default_qat_qconfig("fbgemm"),
    "qnnpack": quantization.get_default_qat_qconfig("qnnpack"),
}
STEPS = 2
RATE = 0.05


def make():
    """Write qat.npz."""
    rng, out = np.random.RandomState(12), Writer("qat")
    torch.manual_seed(12)
    for name in NAMES:
        for qconfig in QCONFIGS:
            training(rng, out, name, qconfig)
    return out.save()


def training(rng, out, name, qconfig):
    """A layer from random weights: state, losses and gradients of plain steps, and what convert makes of it."""
    _, positions, (shape, target_shape) = layers(nn)[name]
    model = build(nn, quantization, name)
    for parameter in model.parameters():
        parameter.data = tensor(np.float32(rng.uniform(-0.5, 1, parameter.shape)))
    arrays = {"state/" + key: value.numpy().copy() for key, value in model.state_dict().items()}
    if positions:
        model = quantization.fuse_modules(model, positions)
    model.qconfig = QCONFIGS[qconfig]
    prepared = quantization.prepare_qat(model)
    arrays["x"] = np.float32(rng.randn(STEPS, *shape))
    arrays["target"] = np.float32(rng.randn(STEPS, *target_shape))
    for step in range(STEPS):
        arrays.update(one_step(prepared, step, arrays["x"][step], arrays["target"][step]))
    prepared.eval()
    prepared.apply(quantization.disable_observer)
    arrays["evaluated"] = prepared(tensor(arrays["x"][0])).detach().numpy()
    layer = quantization.convert(prepared)[1][0]
    weight = layer.weight()
    arrays["weight"] = codes_of(weight)
    arrays["bias"] = layer.bias().detach().numpy()
    arrays["qparams"] = np.array([layer.scale, layer.zero_point], np.float64)
    out.add("%s[%s]" % (name, qconfig), arrays, layer=name, qconfig=qconfig, type=type(layer).__name__)


def one_step(model, step, x, target):
    """Loss, gradients and the state after the forward pass; then the parameters move."""
    prefix = "step%d/" % step
    loss = nn.functional.mse_loss(model(tensor(x)), tensor(target))
    model.zero_grad()
    loss.backward()
    arrays = {prefix + "loss": loss.detach().numpy()}
    for key, parameter in model.named_parameters():
        arrays[prefix + "grad/" + key] = parameter.grad.numpy().copy()
        parameter.data -= RATE * parameter.grad
    for key, value in model.named_buffers():
        arrays[prefix + "buffer/" + key] = value.numpy().copy()
    return arrays
