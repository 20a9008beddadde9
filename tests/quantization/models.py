"""Small models that the tests quantize, and what they calibrate with."""

import numpy as np

from qframe import nn
from qframe import quantization as q


def images(seed=0, shape=(2, 3, 6, 6)):
    return np.float32(np.random.default_rng(seed).normal(size=shape))


def set_statistics(model, seed=0):
    """Give every batch norm statistics and weights that are not the neutral ones."""
    rng = np.random.default_rng(seed)
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            module.running_mean[...] = rng.normal(size=module.num_features)
            module.running_var[...] = rng.uniform(0.2, 2, module.num_features)
            if module.weight is not None:
                module.weight[...] = rng.uniform(0.5, 2, module.num_features)
                module.bias[...] = rng.normal(size=module.num_features)
    return model


def set_weights(model, seed=0):
    """Give every layer weights that do not depend on chance."""
    rng = np.random.default_rng(seed)
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            module.weight[...] = rng.uniform(-0.5, 0.5, module.weight.shape)
            module.bias[...] = rng.uniform(-0.5, 0.5, module.bias.shape)
    return model


def noise(actual, expected):
    """Size of the difference as a share of what is expected."""
    return np.linalg.norm(actual - expected) / np.linalg.norm(expected)


class Net(nn.Module):
    """A convolution with batch norm and ReLU, a skip connection, and a linear head."""

    fuse = (("conv", "bn", "relu"),)

    def __init__(self):
        super().__init__()
        self.quant = q.QuantStub()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.relu = nn.ReLU()
        self.side = nn.Conv2d(4, 4, 1)
        self.plus = nn.quantized.FloatFunctional()
        self.drop = nn.Dropout()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(4, 5)
        self.dequant = q.DeQuantStub()
        set_statistics(set_weights(self))

    def forward(self, x):
        x = self.relu(self.bn(self.conv(self.quant(x))))
        x = self.drop(self.plus.add(x, self.side(x)))
        return self.dequant(self.fc(self.flatten(self.pool(x))))


def ready(qconfig=None, fused=True):
    """A Net in evaluation mode with a qconfig on the root."""
    model = Net().eval()
    if fused:
        model = q.fuse_modules(model, model.fuse)
    model.qconfig = qconfig or q.default_qconfig
    return model


def calibrated(model, seeds=range(3), **keywords):
    prepared = q.prepare(model, **keywords)
    for seed in seeds:
        prepared(images(seed))
    return prepared


def snapshot(model):
    """What must not change: text, state, modes, qconfigs and numbers of hooks."""
    return (
        repr(model),
        {key: np.array(value) for key, value in model.state_dict().items()},
        [
            (
                path,
                m.training,
                vars(m).get("qconfig", "none"),
                len(m._forward_hooks),
                len(m._forward_pre_hooks),
            )
            for path, m in model.named_modules()
        ],
    )


def assert_unchanged(model, before):
    text, state, rest = snapshot(model)
    assert (text, rest) == (before[0], before[2])
    assert state.keys() == before[1].keys()
    for key, value in state.items():
        np.testing.assert_array_equal(value, before[1][key])


def kinds(model):
    """Type name by path."""
    return {path: type(module).__name__ for path, module in model.named_modules()}


def observed_paths(model):
    found = {}
    q.get_observer_dict(model, found)
    return [path.removesuffix("activation_post_process").rstrip(".") for path in found]


class MyLinear(nn.Linear):
    """A subclass, which exact types pass over."""
