"""What a user reads after each common mistake: what is wrong, where in the model, and what to do."""

import numpy as np
import pytest

import qframe
from qframe import errors, nn
from qframe import quantization as tq

X = np.random.default_rng(0).random((4, 3, 8, 8), dtype="float32")
Q = qframe.quantize_per_tensor(X, 0.01, 0, qframe.quint8)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.conv(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = tq.QuantStub()
        self.block = Block()
        self.dequant = tq.DeQuantStub()

    def forward(self, x):
        return self.dequant(self.block(self.quant(x)))


def float_net():
    net = Net().eval()
    net.qconfig = tq.default_qconfig
    return net


def calibrate(model, *batches):
    for batch in batches:
        model(batch)


def quantized_net():
    return tq.quantize(float_net(), calibrate, [X])


def prepared_net():
    return tq.prepare(float_net())


def loaded(change):
    state = dict(quantized_net().state_dict())
    change(state)
    return quantized_net().load_state_dict(state)


def without_the_boundary(model):
    model.quant = nn.Identity()
    return model


MISTAKES = {
    "float into a quantized module": (
        lambda: without_the_boundary(quantized_net())(X),
        errors.DTypeError,
        "in module 'block.conv' (Conv2d): conv2d got a float32 array of shape (4, 3, 8, 8); it needs a "
        "quantized tensor. Put a QuantStub before this layer",
    ),
    "quantized into a float module": (
        lambda: Net()(Q),
        errors.DTypeError,
        "in module 'block.conv' (Conv2d)",
    ),
    "integers into a float module": (
        lambda: Net()((X * 255).astype(np.uint8)),
        errors.DTypeError,
        "in module 'block.conv' (Conv2d)",
    ),
    "wrong activation dtype": (
        lambda: without_the_boundary(quantized_net())(qframe.quantize_per_tensor(X, 0.01, 0, qframe.qint8)),
        errors.DTypeError,
        "conv2d takes quint8 activations, got a qint8 tensor of shape (4, 3, 8, 8)",
    ),
    "wrong channel count, float": (
        lambda: Net()(X[:, :2]),
        errors.ArgumentError,
        "in module 'block.conv' (Conv2d)",
    ),
    "wrong channel count, quantized": (
        lambda: quantized_net()(X[:, :2]),
        errors.ArgumentError,
        "takes 3 channels, got 2 in an input of shape (4, 2, 8, 8). Give the input as (N, C, spatial...)",
    ),
    "scale of zero": (
        lambda: qframe.quantize_per_tensor(X, 0.0, 0, qframe.quint8),
        errors.ArgumentError,
        "scale must be a finite number above zero (a normal float32), not 0.0",
    ),
    "scale that is not a number": (
        lambda: qframe.quantize_per_tensor(X, float("nan"), 0, qframe.quint8),
        errors.ArgumentError,
        "scale must be a finite number above zero (a normal float32), not nan",
    ),
    "infinite scale in a module": (
        lambda: nn.quantized.Quantize(float("inf"), 0, qframe.quint8),
        errors.ArgumentError,
        "scale must be a finite number above zero",
    ),
    "zero point out of range": (
        lambda: qframe.quantize_per_tensor(X, 0.1, 300, qframe.quint8),
        errors.ArgumentError,
        "zero_point 300 is out of range for qframe.quint8 (0..255). Choose a zero_point inside the range",
    ),
    "per-channel parameters of the wrong length": (
        lambda: qframe.quantize_per_channel(X, [0.1, 0.2], [0, 0], 1, qframe.qint8),
        errors.ArgumentError,
        "scales has shape (2,), but axis 1 of shape (4, 3, 8, 8) has 3 channels",
    ),
    "empty calibration data": (
        lambda: tq.quantize(float_net(), calibrate, []),
        errors.CalibrationError,
        "there is no calibration data. Check that run_args holds at least one batch",
    ),
    "convert without calibration": (
        lambda: tq.convert(prepared_net()),
        errors.CalibrationError,
        "3 of 4 modules to convert saw no calibration data:\n  never called: 'quant' (QuantStub), "
        "'block.conv' (Conv2d), 'block.relu' (ReLU). Run the prepared model on data",
    ),
    "NaN in the calibration data": (
        lambda: calibrate(prepared_net(), X, np.where(X > 0.99, np.nan, X).astype("float32")),
        errors.CalibrationError,
        "in module 'quant.activation_post_process' (MinMaxObserver): batch 2 of this observer holds",
    ),
    "infinity in the calibration data": (
        lambda: calibrate(prepared_net(), np.where(X > 0.99, np.inf, X).astype("float32")),
        errors.CalibrationError,
        "infinite among 768 values. Check that sample of the calibration data",
    ),
    "unknown engine": (
        lambda: qframe.set_engine("refrence"),
        errors.EngineError,
        "engine 'refrence' cannot be used: no installed plugin provides it",
    ),
    "missing entry in a state_dict": (
        lambda: loaded(lambda state: state.pop("block.conv.scale")),
        errors.StateDictError,
        "block.conv.scale",
    ),
    "unexpected entry in a state_dict": (
        lambda: loaded(lambda state: state.update({"block.conv.gamma": X})),
        errors.StateDictError,
        "block.conv.gamma",
    ),
    "wrong shape in a state_dict": (
        lambda: loaded(lambda state: state.update({"block.conv.bias": np.zeros(6, np.float32)})),
        errors.StateDictError,
        "block.conv.bias",
    ),
    "float weight in the state_dict of a quantized module": (
        lambda: loaded(lambda state: state.update({"block.conv.weight": np.zeros((5, 3, 3, 3), np.float32)})),
        errors.StateDictError,
        "block.conv.weight",
    ),
    "a rule that matches nothing": (
        lambda: tq.prepare(Net().eval(), qconfig_dict={"blok.conv": tq.default_qconfig}),
        errors.ConfigurationError,
        "rule 'blok.conv' matches no module: did you mean 'block.conv'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_text_says_what_where_and_what_to_do(mistake):
    call, kind, text = MISTAKES[mistake]
    with pytest.raises(kind) as caught:
        call()
    assert text in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize("change", ["missing", "unexpected", "shape"])
def test_a_state_dict_that_does_not_fit_changes_nothing(change):
    model = quantized_net()
    before = model(X)
    other = quantized_net().state_dict() | {"quant.scale": np.array([0.5])}
    if change == "missing":
        del other["block.conv.weight"]
    elif change == "unexpected":
        other["extra"] = X
    else:
        other["block.conv.bias"] = np.zeros(2, np.float32)
    with pytest.raises(errors.StateDictError):
        model.load_state_dict(other)
    np.testing.assert_array_equal(model(X), before)
