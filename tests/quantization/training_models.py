"""Models that are trained with rounding, and a few steps of training."""

import warnings

import numpy as np

import qframe
from qframe import nn, optim
from qframe import quantization as q
from qframe.autograd import value_and_grad

from .models import Net, images

#: Four bits: what sixteen codes can represent.
FOUR_BITS = q.QConfig(
    activation=q.default_fake_quant,
    weight=q.default_per_channel_weight_fake_quant.with_args(quant_min=-8, quant_max=7),
)
QCONFIGS = {
    "default": q.default_qat_qconfig,
    "fbgemm": q.get_default_qat_qconfig("fbgemm"),
    "qnnpack": q.get_default_qat_qconfig("qnnpack"),
    "four_bits": FOUR_BITS,
}


class Everything(nn.Module):
    """Every layer that has a form for training, and some that have none."""

    fuse = (("cbr", "cbr_bn", "cbr_relu"), ("cb", "cb_bn"), ("cr", "cr_relu"), ("lr", "lr_relu"))

    def __init__(self):
        super().__init__()
        self.quant = q.QuantStub()
        self.cbr, self.cbr_bn, self.cbr_relu = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()
        self.cb, self.cb_bn = nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4)
        self.cr, self.cr_relu = nn.Conv2d(4, 4, 3, groups=2, padding=1), nn.ReLU6()
        self.conv = nn.Conv2d(4, 4, 3, stride=2)
        self.plus, self.times = nn.quantized.FloatFunctional(), nn.quantized.FloatFunctional()
        self.relu, self.pool, self.flatten = nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
        self.lr, self.lr_relu = nn.Linear(4, 6), nn.ReLU()
        self.fc = nn.Linear(6, 5)
        self.dequant = q.DeQuantStub()

    def forward(self, x):
        x = self.cbr_relu(self.cbr_bn(self.cbr(self.quant(x))))
        x = self.plus.add(x, self.cb_bn(self.cb(x)))
        x = self.times.mul(x, self.cr_relu(self.cr(x)))
        x = self.pool(self.relu(self.conv(x)))
        x = self.fc(self.lr_relu(self.lr(self.flatten(x))))
        return self.dequant(x)


def rounding(qconfig="fbgemm", kind=Everything, seed=0):
    """A model ready for training."""
    qframe.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = kind()
    for parameter in model.parameters():
        parameter[...] += np.float32(rng.normal(size=parameter.shape) * 0.1)
    model = q.fuse_modules(model.train(), [list(group) for group in kind.fuse])
    model.qconfig = QCONFIGS[qconfig]
    return q.prepare_qat(model)


def train(model, steps=6, seed=0):
    """Some steps on random images; return the losses."""
    target = np.float32(np.random.default_rng(seed).normal(size=(16, 5)))
    optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    step = value_and_grad(model, lambda x: nn.functional.mse_loss(model(x), target))
    losses = []
    for number in range(steps):
        loss, gradients = step(images(number % 3, (16, 3, 6, 6)))
        optimizer.step(gradients)
        losses.append(float(loss))
    return losses


def trained(qconfig="fbgemm", kind=Everything):
    """A model that was trained a little, in evaluation mode."""
    model = rounding(qconfig, kind)
    train(model)
    return model.eval()


def silently(function, *arguments, **keywords):
    """Call with warnings as errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return function(*arguments, **keywords)


__all__ = ["FOUR_BITS", "QCONFIGS", "Everything", "Net", "rounding", "silently", "train", "trained"]
