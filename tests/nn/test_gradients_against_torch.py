"""Gradients against PyTorch, where it is installed.

Each gradient may differ by 1e-4 of itself, and by 1e-5 of the largest one of its array: sums that cancel out
leave the rounding errors of their terms.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qframe
from qframe import nn
from qframe.autograd import value_and_grad
from qframe.nn import functional

from .gradient_cases import FUNCTIONS, NAMESPACE, convolution, embedding, in_place

torch = pytest.importorskip("torch")

EXAMPLES = settings(max_examples=25, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**32 - 1)


def close(actual, expected):
    expected = expected.detach().numpy()
    assert np.asarray(actual).dtype == np.float32
    scale = np.abs(expected).max(initial=0.0)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5 * scale + 1e-7)


def constant(array):
    array = np.array(array)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def tensor(array):
    return torch.from_numpy(constant(array))


class Arrays(nn.Module):
    """Arrays as parameters, so that they are differentiated."""

    def __init__(self, arrays):
        super().__init__()
        for number, array in enumerate(arrays):
            self.register_parameter(f"p{number}", array)

    def together(self):
        return list(self._parameters.values())


def compare(case, ours, theirs):
    """Value and gradients of a weighted sum of the output."""
    arrays = [constant(array) for array in case.arrays]
    tensors = [tensor(array).requires_grad_() for array in arrays]
    expected = case.call(theirs, tensor, *tensors)
    weights = np.random.default_rng(1).standard_normal(tuple(expected.shape)).astype(np.float32)
    (expected * torch.from_numpy(np.asarray(weights))).sum().backward()

    model = Arrays(arrays)
    outputs = []

    def loss():
        outputs.append(case.call(ours, constant, *model.together()))
        return (outputs[-1] * weights).sum()

    _, gradients = value_and_grad(model, loss)()
    close(qframe.autograd.detach(outputs[0]), expected)
    for number, given_tensor in enumerate(tensors):
        close(gradients[f"p{number}"], given_tensor.grad)


@pytest.mark.parametrize("name", FUNCTIONS)
@EXAMPLES
@given(seed=SEEDS)
def test_functions(name, seed):
    compare(FUNCTIONS[name](np.random.default_rng(seed)), functional, torch.nn.functional)


@pytest.mark.parametrize("name", NAMESPACE)
@EXAMPLES
@given(seed=SEEDS)
def test_functions_of_the_namespace(name, seed):
    compare(NAMESPACE[name](np.random.default_rng(seed)), qframe, torch)


@EXAMPLES
@given(seed=SEEDS)
def test_activations_in_place(seed):
    compare(in_place(np.random.default_rng(seed)), functional, torch.nn.functional)


@EXAMPLES
@given(seed=SEEDS)
def test_padding_rows_of_embeddings_have_no_gradient(seed):
    compare(embedding(np.random.default_rng(seed), padded=True), functional, torch.nn.functional)


@pytest.mark.parametrize("room", [30, 300])
@EXAMPLES
@given(seed=SEEDS)
def test_convolutions_in_blocks(room, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qframe.nn.functional_conv._BLOCK", room)
        compare(convolution(2)(np.random.default_rng(seed)), functional, torch.nn.functional)


KINKS = {
    "relu": (),
    "relu6": (),
    "hardtanh": (-1.0, 2.0),
    "hardswish": (),
    "hardsigmoid": (),
    "leaky_relu": (0.25,),
    "threshold": (1.0, 5.0),
    "elu": (0.5,),
}


@pytest.mark.parametrize("name", KINKS)
def test_activations_at_their_kinks(name):
    x = np.array([-6, -3, -1, -0.0, 0.0, 1, 2, 3, 6], np.float32)
    theirs = tensor(x).requires_grad_()
    getattr(torch.nn.functional, name)(theirs, *KINKS[name]).sum().backward()
    model = Arrays([x])
    _, gradients = value_and_grad(model, lambda: getattr(functional, name)(model.p0, *KINKS[name]).sum())()
    np.testing.assert_allclose(gradients["p0"], theirs.grad.numpy(), rtol=1e-6)


def test_equal_values_in_a_max_pool():
    """The first of them gets the gradient."""
    x = np.random.default_rng(0).integers(0, 3, (2, 3, 7, 6)).astype(np.float32)
    theirs = tensor(x).requires_grad_()
    (torch.nn.functional.max_pool2d(theirs, 3, 2, 1) ** 2).sum().backward()
    model = Arrays([x])
    _, gradients = value_and_grad(model, lambda: (functional.max_pool2d(model.p0, 3, 2, 1) ** 2).sum())()
    close(gradients["p0"], theirs.grad)


# -- modules ---------------------------------------------------------------------------------------


def compare_modules(ours, theirs, x, run=lambda module, x: module(x)):
    """Value, gradients of input and parameters, and the state afterwards."""
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    wrapped = nn.Module()
    wrapped.layer, wrapped.x = ours, nn.Parameter(x)
    inputs = tensor(x).requires_grad_()

    def loss(module, x):
        output = run(module, x)
        parts = output if isinstance(output, tuple) else (output,)
        convert = constant if isinstance(module, nn.Module) else tensor
        return sum((part * convert(normal(*part.shape, seed=1))).sum() for part in parts) / 3

    expected = loss(theirs, inputs)
    expected.backward()
    value, gradients = value_and_grad(wrapped, lambda: loss(ours, wrapped.x))()
    close(value, expected)
    close(gradients["x"], inputs.grad)
    for path, parameter in theirs.named_parameters():
        close(gradients[f"layer.{path}"], parameter.grad)
    for path, entry in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[path], entry.numpy(), rtol=1e-5, atol=1e-6)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


MODULES = {
    "Linear": ((7, 5), (4, 3, 7)),
    "Conv2d": ((4, 6, 3, 2, 1, 1, 2), (3, 4, 9, 8)),
    "BatchNorm1d": ((5,), (6, 5)),
    "BatchNorm2d": ((5, 1e-3, 0.3), (3, 5, 4, 6)),
    "BatchNorm3d": ((2, 1e-5, None), (3, 2, 4, 2, 3)),
    "InstanceNorm2d": ((4, 1e-5, 0.1, True, True), (2, 4, 5, 5)),
    "LayerNorm": (((3, 5),), (2, 4, 3, 5)),
    "GroupNorm": ((2, 6), (3, 6, 4, 4)),
}


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", MODULES)
def test_modules(name, training):
    """Norms in training use and update their statistics, in evaluation they use the running ones."""
    arguments, shape = MODULES[name]
    ours, theirs = getattr(nn, name)(*arguments), getattr(torch.nn, name)(*arguments)
    for module in (ours, theirs):
        module.train(training)
    compare_modules(ours, theirs, normal(*shape))


RECURRENT = [
    ("LSTM", {}),
    ("LSTM", {"num_layers": 2, "bidirectional": True}),
    ("LSTM", {"bias": False, "batch_first": True}),
    ("GRU", {}),
    ("GRU", {"num_layers": 2, "bidirectional": True}),
]


def last_states(module, x):
    output, states = module(x)
    return (output, *states) if isinstance(states, tuple) else (output, states)


@pytest.mark.parametrize(("name", "options"), RECURRENT)
def test_recurrent_layers(name, options):
    ours, theirs = (getattr(library, name)(6, 5, **options) for library in (nn, torch.nn))
    compare_modules(ours, theirs, normal(7, 3, 6), last_states)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_packed_sequences(name):
    """Sequences of several lengths, unsorted."""
    ours, theirs = (getattr(library, name)(4, 3, bidirectional=True) for library in (nn, torch.nn))

    def run(utils, module, x):
        packed = utils.pack_padded_sequence(x, [2, 5, 3, 1], enforce_sorted=False)
        output, states = module(packed)
        padded = utils.pad_packed_sequence(output, padding_value=2.0)[0]
        return (padded, *states) if isinstance(states, tuple) else (padded, states)

    utils = {nn: nn.utils.rnn, torch.nn: torch.nn.utils.rnn}

    def either(module, x):
        return run(utils[nn if isinstance(module, nn.Module) else torch.nn], module, x)

    compare_modules(ours, theirs, normal(5, 4, 4), either)


@pytest.mark.parametrize(
    ("name", "options"),
    [("LSTMCell", {}), ("GRUCell", {}), ("RNNCell", {}), ("RNNCell", {"nonlinearity": "relu"})],
)
def test_recurrent_cells(name, options):
    ours, theirs = (getattr(library, name)(4, 3, **options) for library in (nn, torch.nn))

    def three_steps(module, x):
        states = None
        for _ in range(3):
            states = module(x, states)
        return states

    compare_modules(ours, theirs, normal(5, 4), three_steps)


def test_dropout_scales_what_it_keeps():
    model = Arrays([normal(50, 40)])
    kept = []

    def loss():
        qframe.manual_seed(0)
        output = functional.dropout(model.p0, 0.3)
        kept.append(qframe.autograd.detach(output) != 0)
        return output.sum()

    _, gradients = value_and_grad(model, loss)()
    np.testing.assert_allclose(gradients["p0"], kept[0] / np.float32(0.7), rtol=1e-6)
    assert 0.6 < kept[0].mean() < 0.8


def network(library, flatten):
    """A small network of most kinds of layers, with a skip connection."""
    body = library.Sequential(
        library.Conv2d(2, 8, 3, padding=1, bias=False), library.BatchNorm2d(8), library.ReLU()
    )
    depthwise = library.Conv2d(8, 8, 3, 2, 1, groups=8)
    head = library.Sequential(library.Linear(8 * 4, 10), library.LayerNorm(10), library.Linear(10, 3))
    model = library.Sequential(body, depthwise, head)

    def run(x):
        y = model[0](x)
        y = model[1](y + y * y)
        return model[2](flatten(y, 1))

    return model, run


def test_a_network():
    model, run = network(nn, qframe.flatten)
    their_model, their_run = network(torch.nn, torch.flatten)
    model.load_state_dict(their_model.state_dict())
    x, labels = normal(6, 2, 4, 4), np.array([0, 1, 2, 0, 1, 2])
    loss, gradients = value_and_grad(model, lambda: functional.cross_entropy(run(x), labels))()
    expected = torch.nn.functional.cross_entropy(their_run(tensor(x)), tensor(labels))
    expected.backward()
    np.testing.assert_allclose(loss, expected.item(), rtol=1e-5)
    for path, parameter in their_model.named_parameters():
        close(gradients[path], parameter.grad)


REAL_SIZES = {
    "linear": ("Linear", (256, 128), (64, 256)),
    "convolution": ("Conv2d", (32, 48, 3, 1, 1), (8, 32, 20, 20)),
    "strided convolution": ("Conv2d", (16, 32, 3, 2, 1), (4, 16, 33, 33)),
    "depthwise convolution": ("Conv2d", (64, 64, 3, 1, 1, 1, 64), (2, 64, 28, 28)),
    "batch norm": ("BatchNorm2d", (32,), (16, 32, 20, 20)),
}


@pytest.mark.parametrize("case", REAL_SIZES)
def test_layers_of_real_size(case):
    name, arguments, shape = REAL_SIZES[case]
    compare_modules(getattr(nn, name)(*arguments), getattr(torch.nn, name)(*arguments), normal(*shape))
