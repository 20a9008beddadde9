"""Data of the wrong kind into float layers: what arrived, where, and what to do."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import DTypeError
from qframe.nn import functional
from qframe.qtensor import QTensor

LAYERS = {
    "Linear": (lambda: nn.Linear(3, 2), (1, 3)),
    "Conv1d": (lambda: nn.Conv1d(3, 2, 1), (1, 3, 4)),
    "Conv2d": (lambda: nn.Conv2d(3, 2, 1), (1, 3, 4, 4)),
    "Conv3d": (lambda: nn.Conv3d(3, 2, 1, padding=1, padding_mode="circular"), (1, 3, 4, 4, 4)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(3), (2, 3)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(3), (2, 3, 4, 4)),
    "LayerNorm": (lambda: nn.LayerNorm(3), (2, 3)),
    "GroupNorm": (lambda: nn.GroupNorm(1, 3), (2, 3, 4)),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(3), (2, 3, 4, 4)),
    "ELU": (nn.ELU, (2, 3)),
    "Hardswish": (nn.Hardswish, (2, 3)),
    "LSTM": (lambda: nn.LSTM(3, 2), (4, 1, 3)),
}
ANY_FLOAT = {
    "ReLU": (nn.ReLU, (1, 3)),
    "ReLU6": (nn.ReLU6, (1, 3)),
    "LeakyReLU": (nn.LeakyReLU, (1, 3)),
    "Sigmoid": (nn.Sigmoid, (1, 3)),
    "Tanh": (nn.Tanh, (1, 3)),
    "Hardtanh": (nn.Hardtanh, (1, 3)),
    "Hardsigmoid": (nn.Hardsigmoid, (1, 3)),
    "Threshold": (lambda: nn.Threshold(0.1, 2.0), (1, 3)),
    "Softmax": (lambda: nn.Softmax(1), (1, 3)),
    "Upsample": (lambda: nn.Upsample(scale_factor=2), (1, 3, 4)),
    "AvgPool3d": (lambda: nn.AvgPool3d(2), (1, 3, 4, 4, 4)),
    "MaxPool2d": (lambda: nn.MaxPool2d(2), (1, 3, 4, 4)),
    "AvgPool2d": (lambda: nn.AvgPool2d(2), (1, 3, 4, 4)),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d(2), (1, 3, 4, 4)),
    "Dropout": (nn.Dropout, (1, 3)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_quantized_tensor_into_a_float_layer(name):
    make, shape = LAYERS[name]
    model = nn.Sequential({"body": nn.Sequential({"layer": make()})})
    q = QTensor.per_tensor(np.zeros(shape, np.uint8), 0.1, 0)
    with pytest.raises(DTypeError) as caught:
        model(q)
    text = str(caught.value)
    assert text.startswith(f"in module 'body.layer' ({name}): ")
    assert f"a quint8 tensor of shape {shape}; it needs a float32 array" in text
    assert "DeQuantStub before" in text
    assert "qconfig" in text
    assert ("Fuse the batch norm into the convolution" in text) == name.startswith("BatchNorm")


@pytest.mark.parametrize("name", {**LAYERS, **ANY_FLOAT})
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool])
def test_integers_are_refused(name, dtype):
    make, shape = {**LAYERS, **ANY_FLOAT}[name]
    with pytest.raises(DTypeError, match=rf"a {np.dtype(dtype)} array of shape .*Use \.astype\('float32'\)"):
        make()(np.zeros(shape, dtype))


@pytest.mark.parametrize("name", {**LAYERS, **ANY_FLOAT})
@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_other_floats_are_converted(name, dtype):
    make, shape = {**LAYERS, **ANY_FLOAT}[name]
    layer = make()
    out = layer(np.ones(shape, dtype))
    first = out[0] if isinstance(out, tuple) else out
    assert first.dtype == np.float32


def test_lists_are_refused():
    with pytest.raises(DTypeError, match="list .* Make it a NumPy array"):
        nn.Linear(1, 1)([[1.0]])


def test_quantized_weight_into_a_float_function():
    weight = QTensor.per_tensor(np.zeros((2, 3), np.int8), 0.1, 0)
    with pytest.raises(DTypeError, match="linear: the weight is a qint8 tensor"):
        functional.linear(np.zeros((1, 3), np.float32), weight)


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.L1Loss(), nn.CrossEntropyLoss(), nn.NLLLoss()])
def test_quantized_tensor_into_a_loss(loss):
    q = QTensor.per_tensor(np.zeros((2, 3), np.uint8), 0.1, 0)
    with pytest.raises(
        DTypeError, match=rf"in the outermost module \({type(loss).__name__}\): .*quint8 tensor"
    ):
        loss(q, np.array([0, 1]))
