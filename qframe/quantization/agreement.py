"""Whether integers compute what a model was trained with: both forward passes compared, layer by layer."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..errors import ConfigurationError, QuantizationWarning
from ..nn.module import Module
from ..nn.quantized.float_functional import QFunctional
from ..qtensor import QTensor
from .fake_quantize import FakeQuantize, disable_observer
from .hints import place
from .watch import find_watch, observers

Array = np.ndarray[Any, Any]


class Difference(NamedTuple):
    """How far the integers of one module are from the output that was rounded in training.

    Attributes:
        path: of the module.
        steps: the largest difference, in steps of the output's scale.
        share: of the elements that differ by more than one step.
    """

    path: str
    steps: int
    share: float


class Rehearsal(NamedTuple):
    """What a model that was trained with rounding puts out for one batch.

    Attributes:
        batch: the arguments of the model.
        outputs: by the path of each module, its rounded outputs in the order of its calls.
    """

    batch: tuple[Any, ...]
    outputs: dict[str, list[Array]]


def rehearse(model: Module, compare: bool | tuple[Any, ...]) -> Rehearsal | None:
    """Run a copy of ``model`` on a batch, as it is in evaluation mode.

    Args:
        compare: arguments for the model, True for those of its last forward, or False.

    Returns:
        None if there is nothing to compare: no module rounds its output, or there is no batch.

    Raises:
        ConfigurationError: ``compare`` is something else.
    """
    if not isinstance(compare, (bool, tuple)):
        raise ConfigurationError(
            f"compare={compare!r:.60} is neither True, False nor a tuple of arguments for the model",
            fix="Give compare=(batch,)",
        )
    batch = _last_batch(model) if compare is True else compare
    if not batch or not any(True for _ in _rounding(model)):
        return None
    twin = deepcopy(model).eval()
    twin.apply(disable_observer)
    rehearsal = Rehearsal(batch, {})
    for path, fake in _rounding(twin):
        outputs = rehearsal.outputs.setdefault(path, [])
        fake.register_forward_hook(lambda module, arguments, output, to=outputs: to.append(output))
    twin(*batch)
    return rehearsal


def _last_batch(model: Module) -> tuple[Any, ...] | None:
    watch = find_watch(model)
    return None if watch is None else watch.batch


def _rounding(model: Module) -> Iterator[tuple[str, FakeQuantize]]:
    for path, observer in observers(model):
        if isinstance(observer, FakeQuantize) and observer.fake_quant_enabled[0]:
            yield path, observer


def differences(converted: Module, rehearsal: Rehearsal) -> list[Difference]:
    """Return how far each module's integers are off, the worst first.

    Each module gets the inputs that it had in training: after it was compared, its output is replaced by
    the other one, so that differences do not add up from layer to layer.
    """
    found: list[Difference] = []
    handles = []
    for path, outputs in rehearsal.outputs.items():
        module: Any = converted.get_submodule(path)
        if type(module) is QFunctional:
            module = module.activation_post_process
        handles.append(module.register_forward_hook(_Comparison(path, iter(outputs), found)))
    try:
        converted(*rehearsal.batch)
    finally:
        for handle in handles:
            handle.remove()
    return sorted(found, key=lambda difference: (-difference.steps, -difference.share))


class _Comparison:
    """A forward hook that compares the output of a module, and replaces it."""

    def __init__(self, path: str, expected: Iterator[Array], found: list[Difference]) -> None:
        self._path, self._expected, self._found = path, expected, found

    def __call__(self, module: Module, arguments: tuple[Any, ...], output: Any) -> Any:
        expected = next(self._expected, None)
        if expected is None or not isinstance(output, QTensor):
            return None
        scale, zero_point = output.q_scale(), output.q_zero_point()
        steps = np.abs(np.rint(expected / scale) + zero_point - output.int_repr())
        if steps.size:
            self._found.append(Difference(self._path, int(steps.max()), float((steps > 1).mean())))
        return ops.quantize_per_tensor(expected, scale, zero_point, output.dtype)


def warn_of_differences(converted: Module, rehearsal: Rehearsal) -> None:
    """Warn if the integers of a module differ by more than one step from the output rounded in training."""
    try:
        found = differences(converted, rehearsal)
    except Exception as error:  # the model may be converted in part only; what is wrong shows when it runs
        _warn(f"the converted model was not compared with what was trained: it raises {error}")
        return
    apart = [difference for difference in found if difference.steps > 1]
    if apart:
        worst = apart[0]
        kind = converted.get_submodule(worst.path)._get_name()
        others = f"; {len(apart) - 1} other modules by less" if len(apart) > 1 else ""
        _warn(
            f"the integers of {place(worst.path)} ({kind}) differ by up to {worst.steps} steps from the "
            f"output that was rounded in training, {worst.share:.2%} of them by more than one{others}. "
            "Causes are codes clamped early (quant_min, quant_max of activations), and operations in front "
            "whose results are rounded in integers only, such as averages"
        )


def _warn(text: str) -> None:
    warnings.warn(f"{text}. convert(..., compare=False) skips this", QuantizationWarning, stacklevel=4)
