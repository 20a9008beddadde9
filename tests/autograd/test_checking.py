"""gradcheck: it finds wrong gradients, and says where they are."""

import numpy as np
import pytest

from qframe import nn
from qframe.autograd import differentiable, gradcheck, is_traced
from qframe.errors import GradientError

X = np.random.default_rng(0).standard_normal((3, 2))


def squared(slope):
    return differentiable(lambda g, out, x: (g * slope * x,))(lambda x: x * x)


def test_right_gradients_pass():
    assert gradcheck(squared(2.0), X)
    assert gradcheck(lambda x, y: (x @ y, [x.sum()]), (X, X.T))


@pytest.mark.parametrize("slope", [2.01, 0.0, -2.0, np.nan])
def test_wrong_gradients_are_found(slope):
    with pytest.raises(
        GradientError, match=r"the gradient by input 0 is .* at \(\d, \d\), the difference quotient"
    ):
        gradcheck(squared(slope), X)


def test_one_wrong_element_is_found():
    def gradient(g, out, x):
        slope = 2 * x
        slope[2, 1] += 0.01
        return (g * slope,)

    with pytest.raises(GradientError, match=r"at \(2, 1\)"):
        gradcheck(differentiable(gradient)(lambda x: x * x), X)


def test_wrong_gradients_of_parameters_are_found():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)

        def forward(self, x):
            return squared(2.5)(self.inner.bias) + x

    with pytest.raises(GradientError, match=r"by parameter 'inner\.bias'"):
        gradcheck(Model(), X)


def test_a_missing_gradient_is_found():
    with pytest.raises(GradientError, match="does not depend on the inputs"):
        gradcheck(lambda x: np.zeros(3), X)
    with pytest.raises(GradientError, match="by input 1 is 0"):
        gradcheck(lambda x, y: x * getattr(y, "_value", y), (X, X + 3))


def test_all_is_computed_in_float64():
    kinds = set()

    def note(x):
        kinds.add(np.asarray(getattr(x, "_value", x)).dtype)
        return nn.functional.linear(x, np.eye(2))

    assert gradcheck(note, X.astype(np.float32))
    assert kinds == {np.dtype(np.float64)}
    assert nn.functional.linear(X, np.eye(2)).dtype == np.float32


def test_integers_and_other_arguments_are_constants():
    assert gradcheck(lambda x, rows, power: x[rows] ** power, (X, np.array([0, 2]), 3))


def test_inputs_and_parameters_stay():
    x, model = X.copy(), nn.Linear(2, 2)
    weight = model.weight
    gradcheck(model, x)
    np.testing.assert_array_equal(x, X)
    assert model.weight is weight
    assert not is_traced(model(X))


def test_nothing_to_check():
    with pytest.raises(GradientError, match="no input is a float array"):
        gradcheck(lambda x: x, np.arange(3))
    with pytest.raises(GradientError, match="returns no float array"):
        gradcheck(lambda x: None, X)
