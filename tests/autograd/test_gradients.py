"""value_and_grad: what it returns, and what it leaves as it was."""

import threading

import numpy as np
import pytest

from qframe import nn
from qframe.autograd import Gradients, detach, is_traced, no_grad, value_and_grad
from qframe.errors import DTypeError, TrainingWarning
from qframe.nn import functional

from .models import X, network


def test_loss_and_gradients():
    model = nn.Linear(3, 2)
    loss, gradients = value_and_grad(model, lambda x: model(x).sum())(X)
    assert isinstance(loss, np.float32)
    assert loss == model(X).sum()
    assert isinstance(gradients, Gradients)
    assert list(gradients) == ["weight", "bias"]
    np.testing.assert_allclose(gradients["weight"], np.tile(X.sum(axis=0), (2, 1)), rtol=1e-5)
    np.testing.assert_array_equal(gradients["bias"], [4, 4])
    assert gradients.parameters["weight"] is model.weight


def test_arguments_go_to_the_loss_function():
    model = nn.Linear(3, 2)
    seen = []

    def loss(*args, **kwargs):
        seen.append((args, kwargs))
        return model(X).sum()

    value_and_grad(model, loss)(1, "two", three=3)
    assert seen == [((1, "two"), {"three": 3})]


def test_a_loss_of_one_element_is_a_number():
    model = nn.Linear(3, 1)
    loss, _ = value_and_grad(model, lambda: model(X[:1]))()
    assert loss.shape == ()


def test_the_forward_gives_the_bytes_of_inference():
    model = network()
    outputs = []

    def loss():
        outputs.append(model(X))
        return outputs[0].mean()

    value_and_grad(model, loss)()
    assert is_traced(outputs[0])
    np.testing.assert_array_equal(detach(outputs[0]), model(X))


def test_parameters_are_plain_arrays_again_whatever_happens():
    model = network()
    before = dict(model.named_parameters())

    def failing():
        assert all(map(is_traced, model.parameters()))
        raise KeyError("mine")

    with pytest.raises(KeyError):
        value_and_grad(model, failing)()
    value_and_grad(model, lambda: model(X).sum())()
    assert all(array is before[path] for path, array in model.named_parameters())
    assert all(array.flags.writeable for array in model.parameters())


def test_an_array_that_the_loss_assigns_stays():
    model = network()
    own = np.zeros(2, np.float32)

    def loss():
        total = model(X).sum()
        model[2].bias = own
        return total

    _, gradients = value_and_grad(model, loss)()
    assert model[2].bias is own
    assert gradients.parameters["2.bias"] is not own


def test_only_what_the_loss_depends_on_has_a_gradient():
    model = network()
    _, gradients = value_and_grad(model, lambda: model[2](np.ones((1, 5), np.float32)).sum())()
    assert list(gradients) == ["2.weight", "2.bias"]
    assert list(gradients.parameters) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_a_part_of_a_model():
    model = network()
    _, gradients = value_and_grad(model[2], lambda: model(X).sum())()
    _, all_gradients = value_and_grad(model, lambda: model(X).sum())()
    np.testing.assert_array_equal(gradients["weight"], all_gradients["2.weight"])
    assert list(gradients) == ["weight", "bias"]


def test_gradients_share_no_memory():
    """Also where one array is the gradient of two parameters, or of a broadcast one."""
    model = nn.Module()
    for name in "abc":
        model.register_parameter(name, np.ones((2, 3), np.float32))
    _, gradients = value_and_grad(model, lambda: (model.a + model.b + model.c.T.T).sum())()
    for gradient in gradients.values():
        gradient *= 2
    assert all((gradient == 2).all() for gradient in gradients.values())
    assert all(gradient.dtype == np.float32 for gradient in gradients.values())


def test_float64_on_the_way_does_not_spread():
    model = network()

    def loss():
        hidden = model[1](model[0](X)) * np.float64(3)
        return model[2](hidden).sum() * np.float64(2)

    _, gradients = value_and_grad(model, loss)()
    assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(np.float32)}


def test_penalties_of_parameters():
    model = nn.Linear(3, 2)
    _, gradients = value_and_grad(model, lambda: sum((p * p).sum() for p in model.parameters()))()
    np.testing.assert_allclose(gradients["weight"], 2 * model.weight)


def test_running_statistics_are_updated():
    model = nn.BatchNorm1d(3)
    value_and_grad(model, lambda: (model(X) ** 3).sum())()
    np.testing.assert_allclose(model.running_mean, 0.1 * X.mean(axis=0), rtol=1e-5)
    assert model.num_batches_tracked == 1


def test_evaluation_mode_with_batch_norm_warns():
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)).eval()
    with pytest.warns(
        TrainingWarning, match=r"1 \(BatchNorm1d\) normalizes by its running .* Call train\(\)"
    ) as found:
        value_and_grad(model, lambda: model(X).sum())()
    assert found[0].filename == __file__
    model.train()
    model[1].eval()  # frozen on purpose
    value_and_grad(model, lambda: model(X).sum())()
    other = network().eval()  # in which nothing depends on the mode
    value_and_grad(other, lambda: other(X).sum())()


def test_no_module():
    with pytest.raises(DTypeError, match="takes a module and a function, got function"):
        value_and_grad(lambda x: x, network())


@pytest.mark.parametrize("inner", ["the same model", "another model"])
def test_derivatives_of_derivatives(inner):
    model, other = network(), network()
    chosen = model if inner == "the same model" else other

    def loss():
        return value_and_grad(chosen, lambda: chosen(X).sum())()[0]

    with pytest.raises(NotImplementedError, match="derivatives of derivatives"):
        value_and_grad(model, loss)()
    value_and_grad(model, lambda: model(X).sum())()


def test_under_no_grad_gradients_are_computed_all_the_same():
    model = network()
    with no_grad():
        _, gradients = value_and_grad(model, lambda: model(X).sum())()
    assert len(gradients) == 4


def test_threads_take_turns():
    models = [network() for _ in range(4)]
    labels = np.array([0, 1, 1, 0])

    def gradients(model):
        return value_and_grad(model, lambda: functional.cross_entropy(model(X), labels))()[1]

    expected = [gradients(model) for model in models]
    results = [[] for _ in models]

    def work(number):
        for _ in range(20):
            results[number].append(gradients(models[number]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for found, wanted in zip(results, expected, strict=True):
        assert len(found) == 20
        for each in found:
            for path, gradient in each.items():
                np.testing.assert_array_equal(gradient, wanted[path])


def test_another_thread_infers_meanwhile():
    """Its no_grad is no matter of the thread that differentiates."""
    model, other = network(), network()
    expected = other(X)
    found = []
    entered, done = threading.Event(), threading.Event()

    def infer():
        with no_grad():
            found.append(other(X))
            entered.set()
            done.wait(10)

    thread = threading.Thread(target=infer)

    def loss():
        thread.start()
        assert entered.wait(10)
        output = model(X)
        done.set()
        thread.join()
        return output.sum()

    _, gradients = value_and_grad(model, loss)()
    np.testing.assert_array_equal(found[0], expected)
    assert len(gradients) == 4


def test_an_error_of_the_loss_goes_through():
    model = network()

    def loss():
        raise TypeError("of my own")

    with pytest.raises(TypeError, match="^of my own$"):
        value_and_grad(model, loss)()
