"""The gradients of a model's parameters."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import DTypeError, GradientError, TrainingWarning
from .tracing import detach, is_traced

Array = np.ndarray[Any, Any]
Loss = Callable[..., Any]


class Gradients(dict[str, Array]):
    """The gradient of each parameter that a loss depends on, by the parameter's path.

    Attributes:
        parameters: the arrays of all parameters of the model, by path; it tells an optimizer which gradient
            belongs to which of its arrays.
    """

    def __init__(self, gradients: Mapping[str, Array], parameters: Mapping[str, Array]) -> None:
        super().__init__(gradients)
        self.parameters = dict(parameters)


def value_and_grad(model: Any, loss_fn: Loss) -> Callable[..., tuple[Any, Gradients]]:
    """Return a function that computes a loss and the gradients of the model's parameters.

    It calls ``loss_fn`` with its own arguments::

        loss_and_gradients = value_and_grad(model, lambda x, y: cross_entropy(model(x), y))
        loss, gradients = loss_and_gradients(images, labels)
        optimizer.step(gradients)

    Args:
        model: the module whose parameters are differentiated.  A part of a larger model leaves the rest as
            it is.
        loss_fn: calls the model and returns one number.

    Returns:
        A function that returns the loss, as a plain number, and :class:`Gradients`.  It raises

        * GradientError: the model has no parameters; the loss is no single number or does not depend on
          them; an array that is differentiated is changed in place or meets a function without gradient;
        * NonFiniteLoss: the loss is NaN or infinite; the text says where such a value appeared first.

        The parameters are never changed.  What else ``loss_fn`` changes, such as running statistics, stays
        changed, also when it raises.

    Raises:
        DTypeError: ``model`` is no module.
    """
    if not hasattr(model, "named_parameters"):
        raise DTypeError(
            f"value_and_grad takes a module and a function, got {type(model).__name__}",
            fix="Give the model first, then the function that computes the loss",
        )

    def loss_and_gradients(*args: Any, **kwargs: Any) -> tuple[Any, Gradients]:
        return _differentiated(model, loss_fn, args, kwargs)

    return loss_and_gradients


def _differentiated(model: Any, loss_fn: Loss, args: Any, kwargs: Any) -> tuple[Any, Gradients]:
    from .diagnosis import explained, non_finite  # lazily, as tape, which imports autograd
    from .tape import Tape

    with Tape() as tape:
        parameters = dict(model.named_parameters())
        _check_trainable(model, parameters)
        traced = {path: tape.traced(array) for path, array in parameters.items()}
        with standing_in(model, {id(parameters[path]): box for path, box in traced.items()}):
            with explained(model):
                loss = loss_fn(*args, **kwargs)
            _check_loss(loss)
            if np.isfinite(loss._value).all():
                return detached_number(loss), Gradients(tape.gradients(loss, traced), parameters)
    raise non_finite(detach(loss), model, loss_fn, args, kwargs)


def detached_number(loss: Any) -> Any:
    """Return the value of a traced loss as a NumPy scalar."""
    return np.asarray(loss._value).reshape(())[()]


@contextmanager
def standing_in(model: Any, substitutes: Mapping[int, Any]) -> Iterator[None]:
    """Put a substitute at every place of each parameter, by the identity of its array, for a while."""
    places = [
        (module._parameters, name, array)
        for module in model.modules()
        for name, array in module._parameters.items()
        if id(array) in substitutes
    ]
    for table, name, array in places:
        table[name] = substitutes[id(array)]
    try:
        yield
    finally:
        for table, name, array in places:
            if table.get(name) is substitutes[id(array)]:
                table[name] = array


def _check_trainable(model: Any, parameters: Mapping[str, Any]) -> None:
    if not parameters:
        raise GradientError(
            f"{type(model).__name__} has no parameters to differentiate",
            fix="Train the float model, or what prepare_qat makes of it; after convert() its weights are "
            "integers",
        )
    if not model.training:
        _warn_of_frozen_statistics(model)


def _warn_of_frozen_statistics(model: Any) -> None:
    for path, module in model.named_modules():
        if module._buffers.get("running_mean") is not None and not module.training:
            warnings.warn(
                f"the model is differentiated in evaluation mode: {path or 'it'} ({type(module).__name__}) "
                "normalizes by its running statistics and does not update them. Call train() on the model; "
                "to freeze the statistics, call eval() on such modules afterwards",
                TrainingWarning,
                stacklevel=5,
            )
            return


def _check_loss(loss: Any) -> None:
    if is_traced(loss) and np.size(loss._value) == 1:
        return
    if is_traced(loss):
        raise GradientError(
            f"the loss has shape {np.shape(loss._value)}; only a single number can be differentiated",
            fix="Average it, e.g. with reduction='mean', or return the number alone",
        )
    if isinstance(loss, (tuple, list, dict)):
        raise GradientError(
            f"the loss is a {type(loss).__name__}; it must be a single number",
            fix="Return the loss alone; keep what else you want in a variable, by detach()",
        )
    raise GradientError(
        f"the loss ({type(loss).__name__} {loss!r:.40}) does not depend on the model's parameters by "
        "functions with a gradient",
        fix="Compute it from the output of the model, without no_grad, detach or conversion to float",
    )
