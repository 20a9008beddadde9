"""Why a differentiation failed: errors in qframe's words, and where a value stopped being finite."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np

from ..errors import GradientError, NonFiniteLoss, QFrameError
from .tape import LIBRARY

_IN_PLACE = ("item assignment", "__setitem__", "read-only", "kwargs={'out'", "out=")


@contextmanager
def explained(model: Any) -> Iterator[None]:
    """Raise what goes wrong with traced arrays as GradientError, with the module's path and the cause."""
    try:
        yield
    except QFrameError:
        raise
    except (TypeError, ValueError, AttributeError, NotImplementedError) as error:
        translated = _translated(error)
        if translated is None:
            raise
        for module in reversed(_modules_called(error.__traceback__, model)):
            translated.enter(module)
        raise translated from error


def _translated(error: Exception) -> GradientError | None:
    text = str(error.__cause__ or error)
    if "ArrayBox" in text or "read-only" in text:
        if any(sign in text for sign in _IN_PLACE):
            return GradientError(
                "an array that a gradient needs is changed in place",
                fix="Compute a new array (x = x + y), or change a copy",
            )
    elif not _raised_by_autograd(error):
        return None
    return GradientError(
        f"an array that is differentiated met a function without gradient ({_first_line(text)})",
        fix="Use functions of qframe, nn.functional or autograd.numpy instead of NumPy's; use detach(x) "
        "where no gradient is wanted",
    )


def _raised_by_autograd(error: Exception) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename.startswith(LIBRARY)


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0][:120].rstrip(". ")


def _modules_called(tb: TracebackType | None, model: Any) -> list[Any]:
    """Return the modules of the model whose calls are under way in a traceback, the outermost first."""
    known = set(model.modules())
    called = []
    while tb is not None:
        module = tb.tb_frame.f_locals.get("self")
        if tb.tb_frame.f_code.co_name == "__call__" and _is_one_of(module, known):
            called.append(module)
        tb = tb.tb_next
    return called


def _is_one_of(module: Any, known: set[Any]) -> bool:
    return hasattr(module, "named_modules") and module in known


def non_finite(loss: Any, model: Any, loss_fn: Callable[..., Any], args: Any, kwargs: Any) -> NonFiniteLoss:
    """Return the error for a loss that is NaN or infinite, with the place where that began."""
    where, fix = _origin(model, loss_fn, args, kwargs)
    return NonFiniteLoss(f"the loss is {float(loss)}: {where}", fix=fix)


def _origin(model: Any, loss_fn: Callable[..., Any], args: Any, kwargs: Any) -> tuple[str, str]:
    smaller = "Use a smaller learning rate, clip the gradients (optim.clip_grad_norm_), and start again"
    for path, array in model.named_parameters():
        if not _is_finite(array):
            return f"the parameter '{path}' holds such values, from an earlier step", smaller
    for name, value in [*enumerate(args), *kwargs.items()]:
        if not _is_finite(value):
            return f"the argument {name!r} of the loss function holds such values", "Clean the data"
    found = _first_module(model, loss_fn, args, kwargs)
    if found is None:
        return "the outputs of all modules are finite, so it arose in the loss itself", (
            "Look for logarithms and divisions by zero there"
        )
    return f"module '{found[0]}' ({found[1]}) is the first to return such values", smaller


def _first_module(model: Any, loss_fn: Callable[..., Any], args: Any, kwargs: Any) -> tuple[str, str] | None:
    """Run the loss once more, without gradients, and return path and type of the first bad module."""
    found: list[tuple[str, str]] = []

    def note(path: str, module: Any, output: Any) -> None:
        if not found and not _is_finite(output):
            found.append((path, type(module).__name__))

    handles = [
        module.register_forward_hook(lambda module, _, output, path=path: note(path, module, output))
        for path, module in model.named_modules()
    ]
    try:
        with _buffers_kept(model), np.errstate(all="ignore"):
            loss_fn(*args, **kwargs)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@contextmanager
def _buffers_kept(model: Any) -> Iterator[None]:
    """Undo afterwards what is changed in the arrays of the buffers."""
    arrays = [
        buffer for buffer in model.buffers() if isinstance(buffer, np.ndarray) and buffer.flags.writeable
    ]
    copies = [array.copy() for array in arrays]
    try:
        yield
    finally:
        for array, copy in zip(arrays, copies, strict=True):
            array[...] = copy


def _is_finite(value: Any) -> bool:
    """Whether there is no NaN and no infinity in an array or in a tuple of such; other things have none."""
    if isinstance(value, (tuple, list)):
        return all(map(_is_finite, value))
    if not isinstance(value, (np.ndarray, np.generic, float)):
        return True
    array = np.asarray(value)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
