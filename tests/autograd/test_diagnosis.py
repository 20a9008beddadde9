"""What a user reads after each common mistake in training: what is wrong, where, and what to do."""

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe import quantization as tq
from qframe.autograd import detach, value_and_grad
from qframe.errors import DTypeError, GradientError, NonFiniteLoss
from qframe.nn import functional

from .models import Applying, X, around, network

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def message(kind, model, loss, *args):
    with pytest.raises(kind) as caught:
        value_and_grad(model, loss)(*args)
    return str(caught.value)


def converted():
    return tq.quantize_dynamic(nn.Sequential(nn.Linear(3, 4)))


def test_a_model_without_parameters():
    model = converted()
    text = message(GradientError, model, lambda: model(X).mean())
    assert text == (
        "Sequential has no parameters to differentiate. Train the float model, or what prepare_qat makes of "
        "it; after convert() its weights are integers"
    )


def test_a_quantized_module_in_the_model():
    model = nn.Sequential({"first": nn.Linear(3, 3), "second": converted()})
    text = message(GradientError, model, lambda: model(X).mean())
    assert "in module 'second.0' (Linear): dynamic linear got a float32 array of shape (4, 3)" in text
    assert "a quantized operation has no gradient. Train the float model" in text


def test_quantizing_in_the_model():
    model = nn.Sequential(nn.Linear(3, 3), nn.quantized.Quantize(0.1, 0, qframe.quint8))
    text = message(GradientError, model, lambda: model(X))
    assert "in module '1' (Quantize): quantize_per_tensor got" in text


LOSSES = {
    "many numbers": (lambda y: y, r"the loss has shape \(4, 2\); only a single number .* reduction='mean'"),
    "a tuple": (lambda y: (y.sum(), y), "the loss is a tuple; .* detach"),
    "detached": (lambda y: detach(y).sum(), r"the loss \(float32 .*\) does not depend on .* without no_grad"),
    "a constant": (lambda y: 1.5, r"the loss \(float 1.5\) does not depend"),
    "nothing": (lambda y: None, r"the loss \(NoneType None\) does not depend"),
    "converted": (lambda y: float(y.sum()), "function without gradient .*float"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_that_cannot_be_differentiated(name):
    make, pattern = LOSSES[name]
    model = network()
    with pytest.raises(GradientError, match=pattern):
        value_and_grad(model, lambda: make(model(X)))()


def set_item(x):
    x[0] = 1.0
    return x


def add_to_plain(x):
    total = np.zeros((4, 4), np.float32)
    total += x
    return total


def write_into_needed(x):
    target = np.ones((4, 4), np.float32)
    loss = functional.mse_loss(x, target)
    target[0] = 2.0
    return loss


IN_PLACE = {
    "assignment": set_item,
    "out": lambda x: np.add(x, 1, out=np.zeros((4, 4), np.float32)),
    "a plain sum": add_to_plain,
    "a needed array": write_into_needed,
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_changes_in_place(name):
    model = around(IN_PLACE[name])
    text = message(GradientError, model, lambda: model(X).sum())
    assert text == (
        "in module 'body.inner' (Applying): an array that a gradient needs is changed in place. "
        "Compute a new array (x = x + y), or change a copy"
    )


def test_a_parameter_changed_in_place():
    model = network()
    text = message(GradientError, model, lambda: functional.relu(model[0].weight, inplace=True).sum())
    assert "a parameter is changed in place" in text
    text = message(GradientError, model, lambda: np.copyto(model[0].weight, 0))
    assert "function without gradient" in text


@pytest.mark.parametrize("name", ["weight", "running_mean"])
def test_a_traced_array_kept_in_a_module(name):
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))

    def loss():
        y = model(X)
        setattr(model[1], name, y.mean(axis=0))
        return y.sum()

    text = message(DTypeError, model, loss)
    assert "a float32 array of shape (3,), which is differentiated. Store detach(x)" in text


WITHOUT_GRADIENT = {
    "a method": lambda x: x.fill(0),
    "conversion": lambda x: np.asarray(x, dtype=np.float32),
    "to a scalar": lambda x: np.float32(x.sum()),
    "linalg": lambda x: np.linalg.norm(x, axis=0),
    "other arguments": lambda x: x.transpose(1, 0),
}


@pytest.mark.parametrize("name", WITHOUT_GRADIENT)
def test_functions_without_gradient(name):
    model = around(WITHOUT_GRADIENT[name])
    text = message(GradientError, model, lambda: model(X).sum())
    assert text.startswith(
        "in module 'body.inner' (Applying): an array that is differentiated met a function"
    )
    assert text.endswith("use detach(x) where no gradient is wanted")


@pytest.mark.parametrize("function", [lambda x: np.concatenate([x, x]), lambda x: np.where(x > 0, x, 0)])
def test_functions_of_numpy_that_make_objects_of_arrays(function):
    model = nn.Sequential({"body": around(function), "last": nn.Linear(4, 1)})
    text = message(DTypeError, model, lambda: model(X).sum())
    assert "in module 'last' (Linear)" in text
    assert "a function of NumPy that has no gradient; use that of qframe or autograd.numpy" in text


# -- loss that is not finite -----------------------------------------------------------------------


def test_a_parameter_that_is_not_finite():
    model = network()
    model[2].weight[0, 0] = np.inf
    text = message(NonFiniteLoss, model, lambda: model(X).sum())
    assert "the parameter '2.weight' holds such values" in text
    assert "smaller learning rate" in text


def test_an_argument_that_is_not_finite():
    model = network()
    text = message(NonFiniteLoss, model, lambda x: model(x).sum(), np.full_like(X, np.nan))
    assert "the loss is nan: the argument 0 of the loss function holds such values. Clean the data" in text


def test_the_first_module_that_returns_what_is_not_finite():
    model = nn.Sequential({"body": around(lambda x: np.log(x - 100)), "last": nn.Linear(4, 1)})
    text = message(NonFiniteLoss, model, lambda: model(X).sum())
    assert "the loss is nan: module 'body.body.inner' (Applying) is the first" in text


def test_a_loss_that_is_not_finite_by_itself():
    model = network()
    text = message(NonFiniteLoss, model, lambda: np.log(model(X).sum() * 0))
    assert "the loss is -inf: the outputs of all modules are finite, so it arose in the loss itself" in text


def test_looking_for_the_place_changes_nothing_more():
    """Running statistics are moved by the failing loss alone, hooks are gone, NaN stays in one batch."""
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), Applying(lambda x: np.log(x - 100)))
    before = [array.copy() for array in model.parameters()]
    with pytest.raises(NonFiniteLoss):
        value_and_grad(model, lambda: model(X).sum())()
    assert model[1].num_batches_tracked == 1
    assert not any(module._forward_hooks for module in model.modules())
    for array, old in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_it_is_an_arithmetic_error():
    model = network()
    with pytest.raises(ArithmeticError):
        value_and_grad(model, lambda: model(X).sum() * np.inf)()
