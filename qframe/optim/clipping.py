"""Limits on gradients."""

from __future__ import annotations

import math

import numpy as np

from ..autograd.gradients import Gradients
from ..errors import ArgumentError, GradientError


def clip_grad_norm_(
    gradients: Gradients, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients, in place, so that their common norm is at most ``max_norm``; return what it was.

    Mirrors ``torch.nn.utils.clip_grad_norm_``, which takes parameters.

    Args:
        gradients: by path, as from :func:`~qframe.autograd.value_and_grad`.
        norm_type: the exponent of the norm; ``math.inf`` for the largest element.
        error_if_nonfinite: raise if the norm is NaN or infinite.  (Otherwise the gradients become useless.)

    Raises:
        ArgumentError: a ``max_norm`` that is not positive.
        GradientError: the norm is NaN or infinite; the gradients are as they were.
    """
    if not max_norm > 0:
        raise ArgumentError(f"clip_grad_norm_: max_norm={max_norm!r}", fix="Give a number above 0")
    norm = _norm([np.abs(gradient) for gradient in gradients.values()], float(norm_type))
    if error_if_nonfinite and not math.isfinite(norm):
        bad = [path for path, gradient in gradients.items() if not np.isfinite(gradient).all()]
        raise GradientError(
            f"the norm of the gradients is {norm}; {', '.join(bad[:3]) or 'their sum'} is not finite",
            fix="Use a smaller learning rate, or look for divisions by zero in the loss",
        )
    factor = max_norm / (norm + 1e-6)
    if not factor >= 1.0:
        for gradient in gradients.values():
            gradient *= np.float32(factor)
    return norm


def _norm(sizes: list[np.ndarray], exponent: float) -> float:
    if math.isinf(exponent):
        return float(max((size.max(initial=0.0) for size in sizes), default=0.0))
    total = sum(float(np.sum(size.astype(np.float64) ** exponent)) for size in sizes)
    return float(total ** (1.0 / exponent))
