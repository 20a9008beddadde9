"""Gradients of float models: a thin layer over the ``autograd`` package.

:func:`value_and_grad` runs a loss and returns its value and the gradients of a model's parameters;
:mod:`qframe.optim` takes steps with them.  :func:`no_grad` and :func:`detach` leave parts out,
:func:`gradcheck` compares gradients with differences, :func:`differentiable` gives a function of one's
own its gradient.

The ``autograd`` package is imported by the first differentiation, never by inference.
"""

from .checking import gradcheck
from .gradients import Gradients, value_and_grad
from .tracing import detach, differentiable, is_traced, no_grad

__all__ = [
    "Gradients",
    "detach",
    "differentiable",
    "gradcheck",
    "is_traced",
    "no_grad",
    "value_and_grad",
]
