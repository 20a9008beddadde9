"""The gradient of every float function and layer against differences of its values, in float64."""

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe.autograd import gradcheck, value_and_grad
from qframe.nn import functional
from qframe.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .gradient_cases import ELSEWHERE, FUNCTIONS, NAMESPACE, in_place

EXAMPLES = range(12)


def random(seed=0):
    return np.random.default_rng(seed)


def test_every_float_function_is_looked_at():
    assert set(functional.__all__) == set(FUNCTIONS) | set(ELSEWHERE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    for seed in EXAMPLES:
        case = FUNCTIONS[name](random(seed))
        assert gradcheck(lambda *arrays, call=case.call: call(functional, np.asarray, *arrays), case.arrays)


@pytest.mark.parametrize("name", NAMESPACE)
def test_functions_of_the_namespace(name):
    for seed in EXAMPLES:
        case = NAMESPACE[name](random(seed))
        assert gradcheck(lambda *arrays, call=case.call: call(qframe, np.asarray, *arrays), case.arrays)


def test_dropout_passes_the_gradient_of_what_it_kept():
    def dropped(x):
        qframe.manual_seed(3)
        return functional.dropout(x, 0.4)

    x = random().standard_normal((5, 6))
    assert gradcheck(dropped, x)
    assert 0 < np.count_nonzero(dropped(x)) < x.size


def test_activations_in_place():
    for seed in EXAMPLES:
        case = in_place(random(seed))
        assert gradcheck(lambda x, call=case.call: call(functional, np.asarray, x), case.arrays)


LAYERS = {
    "LSTM": lambda bias, both: nn.LSTM(3, 2, num_layers=2, bias=bias, bidirectional=both),
    "GRU": lambda bias, both: nn.GRU(3, 2, num_layers=2, bias=bias, bidirectional=both, batch_first=True),
}


@pytest.mark.parametrize("both", [False, True], ids=["forward", "both directions"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_recurrent_layers(name, bias, both):
    layer = LAYERS[name](bias, both)
    x, h = random().standard_normal((4, 3, 3)), random(1).standard_normal((4 if both else 2, 3, 2))
    if layer.batch_first:
        x = x.swapaxes(0, 1)
    assert gradcheck(layer, x)
    assert gradcheck(lambda x, h, c: layer(x, (h, c) if name == "LSTM" else h + c), (x, h, 2 * h))


@pytest.mark.parametrize("name", LAYERS)
def test_packed_sequences(name):
    layer = LAYERS[name](True, True)
    layer.batch_first = False

    def run(x):
        output, states = layer(pack_padded_sequence(x, [2, 4, 1, 4], enforce_sorted=False))
        return pad_packed_sequence(output, batch_first=True, total_length=5)[0], states

    assert gradcheck(run, random().standard_normal((4, 4, 3)))


@pytest.mark.parametrize(
    "cell",
    [
        nn.LSTMCell(3, 2),
        nn.GRUCell(3, 2),
        nn.RNNCell(3, 2, bias=False),
        nn.RNNCell(3, 2, nonlinearity="relu"),
    ],
    ids=repr,
)
def test_recurrent_cells(cell):
    assert gradcheck(cell, random().standard_normal((4, 3)))


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_convolution_layers_pad_in_every_mode(mode):
    layer = nn.Conv2d(2, 3, (2, 3), padding=(1, 2), padding_mode=mode)
    assert gradcheck(layer, random().standard_normal((2, 2, 3, 4)))


def test_large_convolutions_are_gathered_in_blocks(monkeypatch):
    """With room for few columns at a time: several images, several rows of an image, and a rest."""
    for room in (10, 70, 200):
        monkeypatch.setattr("qframe.nn.functional_conv._BLOCK", room)
        for stride in (1, 2):
            layer = nn.Conv2d(2, 3, 3, stride=stride, padding=1)
            assert gradcheck(layer, random().standard_normal((3, 2, 5, 4)))


def test_shared_parameters_add_their_gradients_up():
    layer = nn.Linear(3, 3)
    model = nn.Sequential(layer, nn.Tanh(), layer)
    x = random().standard_normal((2, 3))
    assert gradcheck(model, x)
    _, gradients = value_and_grad(model, lambda: model(x).sum())()
    assert list(gradients) == ["0.weight", "0.bias"]


def test_float_functional_and_fused_modules():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.intrinsic.ConvReLU2d(nn.Conv2d(2, 2, 1), nn.ReLU())
            self.f = nn.quantized.FloatFunctional()

        def forward(self, x):
            y = self.body(x)
            y = self.f.add_relu(self.f.mul(x, y), self.f.add_scalar(x, 0.5))
            return self.f.cat([self.f.add(x, y), self.f.mul_scalar(y, 3.0)], 1)

    assert gradcheck(Net(), random().standard_normal((2, 2, 3, 3)))
