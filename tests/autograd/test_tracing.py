"""Traced arrays: what is recorded, what is not, and functions of one's own."""

import subprocess
import sys

import numpy as np
import pytest

from qframe import nn
from qframe.autograd import detach, differentiable, gradcheck, is_traced, no_grad, value_and_grad
from qframe.errors import GradientError
from qframe.nn import functional

from .models import X, network


def gradients(model, loss):
    return value_and_grad(model, loss)()[1]


def _scaled_gradients(g, out, x, scale, note):
    return lambda: note("x") or g * scale, lambda: note("scale") or (g * x).sum(axis=0), None


@differentiable(_scaled_gradients)
def scaled(x, scale, note):
    """Multiply."""
    assert not is_traced(x)
    assert not is_traced(scale)
    return x * scale


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(np.array([1.0, 2.0, 3.0], np.float32))
        self.notes = []

    def forward(self, x):
        return scaled(x, self.scale, self.notes.append)


def test_a_function_of_ones_own():
    assert scaled.__name__ == "scaled"
    assert scaled.__doc__ == "Multiply."
    model = Scale()
    np.testing.assert_array_equal(model(X), X * model.scale)
    assert gradcheck(model, X)


def test_only_the_gradients_that_are_wanted_are_computed():
    model = Scale()
    found = gradients(model, lambda: model(X).sum())
    np.testing.assert_allclose(found["scale"], X.sum(axis=0), rtol=1e-6)
    assert model.notes == ["scale"]


def test_a_gradient_of_another_shape_is_an_error():
    wrong = differentiable(lambda g, out, x, bias: (g, g))(lambda x, bias: x + bias)
    model = nn.Module()
    model.bias = nn.Parameter(np.zeros(3, np.float32))
    with pytest.raises(
        GradientError, match=r"of <lambda> has shape \(4, 3\) for an argument of shape \(3,\)"
    ):
        gradients(model, lambda: wrong(X, model.bias).sum())


def test_no_gradient_is_zero():
    step = differentiable(lambda g, out, x: (None,))(np.sign)
    model = nn.Linear(3, 2)
    found = gradients(model, lambda: step(model(X)).sum() + model.bias.sum())
    assert not found["weight"].any()
    np.testing.assert_array_equal(found["bias"], [1, 1])


def test_detach():
    model = network()

    def loss():
        output = model(X)
        values = detach(output)
        assert type(values) is np.ndarray
        assert not values.flags.writeable
        return (output * values).sum()

    found = gradients(model, loss)
    constant = model(X)
    expected = gradients(model, lambda: (model(X) * constant).sum())
    for path, gradient in found.items():
        np.testing.assert_array_equal(gradient, expected[path])
    assert detach(X) is X
    assert detach(3) == 3


def test_no_grad_inside_of_a_loss():
    model = network()

    def loss():
        output = model(X)
        with no_grad():
            assert not is_traced(model(X))
            assert not is_traced(functional.relu(output))
            assert not is_traced(output * 2 + 1)
            with no_grad():
                pass
            assert not is_traced(output.sum())
            values = output + 0
        assert is_traced(output * 2)
        return (output * values).sum()

    found = gradients(model, loss)
    constant = model(X)
    np.testing.assert_array_equal(
        found["2.bias"], gradients(model, lambda: (model(X) * constant).sum())["2.bias"]
    )


def test_no_grad_ends_with_an_error():
    model = network()

    def loss():
        with pytest.raises(KeyError), no_grad():
            raise KeyError
        return model(X).sum()

    assert len(gradients(model, loss)) == 4


def test_no_grad_around_a_function():
    model = network()

    @no_grad()
    def evaluate():
        assert not is_traced(model(X))
        return model(X).sum()

    assert (
        gradients(model, lambda: model(X).sum() * evaluate()).keys() == dict(model.named_parameters()).keys()
    )
    assert evaluate() == model(X).sum()


def test_in_place_under_no_grad_is_refused():
    model = network()

    def loss():
        output = model(X)
        with no_grad():
            functional.relu(output, inplace=True)
        return output.sum()

    with pytest.raises(GradientError, match="under no_grad"):
        gradients(model, loss)


def test_inputs_can_be_written_again_afterwards():
    model = network()
    x, labels = X.copy(), np.array([0, 1, 1, 0])
    view = x[1:]
    gradients(model, lambda: functional.cross_entropy(model(x), labels) + model(view).sum())
    for array in (x, view, labels):
        array[0] = 0
    assert not x[:2].any()


def test_inference_does_not_import_autograd():
    code = (
        "import sys, numpy as np; from qframe import nn, optim; from qframe.autograd import no_grad, detach;"
        "layers = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten();"
        "model = nn.Sequential(*layers);"
        "optim.Adam(model.parameters());\n"
        "with no_grad(): detach(model(np.ones((2, 1, 8, 8), np.float32)))\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'autograd'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
