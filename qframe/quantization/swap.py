"""Replacing float modules by quantized ones, once their observers know enough."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from ..errors import CalibrationError, ConfigurationError, QFrameError, QuantizationWarning
from ..nn.containers import Identity
from ..nn.fake_quantized import FakeQuantized
from ..nn.intrinsic.fused import FusedSequential
from ..nn.module import Module
from ..nn.quantized.float_functional import FloatFunctional
from .agreement import rehearse, warn_of_differences
from .fake_quantize import FakeQuantize
from .hints import base_in, place, subclass_hint
from .insert import check_model
from .mappings import DEFAULT_MODULE_MAPPING
from .observer_base import ObserverBase
from .rules import raise_all
from .stubs import DeQuantStub
from .watch import OBSERVER, is_ours, observe_output

Swaps = Mapping[type[Module], Any]


def swap_module(mod: Module, mapping: Swaps) -> Module:
    """Return the quantized form of ``mod``, or ``mod`` itself if it has none.

    It has one if its exact type is in ``mapping`` and it has a qconfig; a DeQuantStub needs no qconfig.
    Hooks are carried over, but for the observer's.  Mirrors ``torch.quantization.swap_module``.

    Args:
        mapping: from float types to classes with ``from_float``.
    """
    if not will_swap(mod, mapping):
        return mod
    new: Module = mapping[type(mod)].from_float(mod)
    new.train(mod.training)
    for hook in mod._forward_pre_hooks.values():
        if not is_ours(hook):
            new.register_forward_pre_hook(hook)
    for hook in mod._forward_hooks.values():
        if not is_ours(hook):
            new.register_forward_hook(hook)
    return new


def will_swap(module: Module, mapping: Swaps) -> bool:
    """Return whether ``module`` is replaced under ``mapping``."""
    wanted = getattr(module, "qconfig", None) is not None or type(module) is DeQuantStub
    return wanted and type(module) in mapping


def convert(
    module: Module,
    mapping: Swaps | None = None,
    inplace: bool = False,
    *,
    compare: bool | tuple[Any, ...] = True,
) -> Module:
    """Return the quantized form of a model that was prepared and calibrated, or trained with rounding.

    Every module with a qconfig whose exact type is in ``mapping`` is replaced, the root too; one that is
    used in several places stays one.  Hooks of the user survive.  The others lose observer and attribute
    ``qconfig``, so that the result is ready to run, copy and save.  Mirrors ``torch.quantization.convert``.

    After :func:`prepare_qat` weights get the qparams that they were last rounded with, and the integers are
    compared with what was trained, module by module, on one batch.

    Warns (QuantizationWarning) when nothing was replaced, when a subclass of a mapped type was not, and when
    the integers of a module differ by more than one step from the output that was rounded in training.

    Args:
        mapping: from float types to classes with ``from_float``, in place of ``DEFAULT_MODULE_MAPPING``.
        inplace: change ``module`` itself; otherwise a copy.  A root that is replaced is only returned.
        compare: the arguments to compare with, True for those of the last forward, False not to compare.

    Raises:
        CalibrationError: observers saw no data, or weights hold NaN or infinity; lists all of them.
        ConfigurationError: a class in ``mapping`` lacks ``from_float``, an observer or weight does not suit
            the quantized module, or a batch norm that was trained with rounding is still in training mode.

    The model is unchanged when an error is raised.
    """
    check_model(module)
    mapping = DEFAULT_MODULE_MAPPING if mapping is None else mapping
    check_convertible(module, mapping)
    rehearsal = rehearse(module, compare)
    model = module if inplace else deepcopy(module)
    converted, swapped = swap_all(model, mapping)
    _warn_about_the_rest(converted, mapping, swapped)
    strip(converted)
    if rehearsal is not None:
        warn_of_differences(converted, rehearsal)
    return converted


def swap_all(model: Module, mapping: Swaps) -> tuple[Module, int]:
    """Swap modules all over the tree, in place, children first; a fused container that is swapped is one.

    Returns:
        The root, or what replaces it; and how many modules were replaced, DeQuantStubs not counted.

    Raises:
        QFrameError: a module cannot be converted; the text begins with its path.  The tree is as before.
    """
    swaps = _Swapping(mapping)
    try:
        return swaps.visit(model, ""), swaps.count
    except Exception:
        swaps.undo()
        raise


class _Swapping:
    """One walk over a tree, which remembers what it did."""

    def __init__(self, mapping: Swaps) -> None:
        self.mapping = mapping
        self.count = 0
        self._done: dict[int, tuple[Module, Module]] = {}
        self._written: list[tuple[dict[str, Module | None], str, Module]] = []

    def visit(self, module: Module, path: str) -> Module:
        if id(module) in self._done:
            return self._done[id(module)][1]
        if not is_unit(module, self.mapping):
            for name, child in list(module._modules.items()):
                if child is not None and name != OBSERVER:
                    self._write(module._modules, name, child, self.visit(child, _join(path, name)))
        new = self._replacement(module, path)
        self._done[id(module)] = module, new
        self.count += new is not module and type(module) is not DeQuantStub
        return new

    def _replacement(self, module: Module, path: str) -> Module:
        try:
            return swap_module(module, self.mapping)
        except QFrameError as error:
            what = f"{place(path)} ({type(module).__name__}) cannot be converted: {error.what}"
            raise type(error)(what, fix=error.fix) from error

    def _write(self, table: dict[str, Module | None], name: str, old: Module, new: Module) -> None:
        if new is not old:
            self._written.append((table, name, old))
            table[name] = new

    def undo(self) -> None:
        for table, name, old in reversed(self._written):
            table[name] = old


def is_unit(module: Module, mapping: Swaps) -> bool:
    """Return whether ``module`` is swapped together with everything in it."""
    return isinstance(module, (FusedSequential, FakeQuantized)) and will_swap(module, mapping)


def _to_swap(module: Module, mapping: Swaps, path: str = "") -> Iterator[tuple[str, Module]]:
    if not is_unit(module, mapping):
        for name, child in module._modules.items():
            if child is not None and name != OBSERVER:
                yield from _to_swap(child, mapping, _join(path, name))
    if will_swap(module, mapping):
        yield path, module


def check_convertible(model: Module, mapping: Swaps) -> None:
    """Raise if modules that ``mapping`` would replace are not ready for it.

    Raises:
        CalibrationError: observers saw no data (in lists: never called, never enabled, and called with empty
            arrays only), or weights hold NaN or infinity.
        ConfigurationError: a class in ``mapping`` lacks ``from_float``, or a batch norm that was trained with
            rounding is in training mode.
    """
    raise_all(
        "mapping holds classes without from_float",
        [f"{k.__name__}: {v!r}" for k, v in mapping.items() if not hasattr(v, "from_float")],
        "Give classes with a from_float classmethod",
    )
    modules = list(_to_swap(model, mapping))
    _check_norms(model)
    _check_observers(modules)
    broken = [f"{place(path)} ({type(m).__name__})" for path, m in modules if not _is_finite(m)]
    if broken:
        raise CalibrationError(
            f"weights hold NaN or infinity: {', '.join(broken)}",
            fix="Check how the float model was trained or loaded",
        )


def _check_norms(model: Module) -> None:
    """Raise if a model that was trained with rounding still lets its statistics follow the batches."""
    modules = list(model.named_modules())
    if not any(isinstance(module, FakeQuantize) for _, module in modules):
        return
    norms = [
        f"{place(path)} ({type(module).__name__})"
        for path, module in modules
        if module.training and module._buffers.get("running_mean") is not None
    ]
    if norms:
        raise ConfigurationError(
            f"batch norms are in training mode: {', '.join(norms)}. Integers use their running statistics, "
            "the model as it is now does not",
            fix="Call model.eval(), see that it is as good as in training, then convert",
        )


def _check_observers(modules: list[tuple[str, Module]]) -> None:
    blind = [(path, module, why) for path, module in modules if (why := _blindness(module))]
    if not blind:
        return
    lines = []
    for reason in dict.fromkeys(why for _, _, why in blind):
        names = [f"{place(path)} ({type(module).__name__})" for path, module, why in blind if why == reason]
        lines.append(f"{reason}: {', '.join(names)}")
    raise CalibrationError(
        "\n  ".join([f"{len(blind)} of {len(modules)} modules to convert saw no calibration data:", *lines]),
        fix="Run the prepared model on data that reaches them, with observers enabled, or set qconfig = None "
        "before prepare on those that forward never uses",
    )


def _blindness(module: Module) -> str | None:
    """Return why an observer of a module's output or weight knows nothing; None if all know something."""
    for observer in (module._modules.get(OBSERVER), module._modules.get("weight_fake_quant")):
        if isinstance(observer, ObserverBase) and not observer.has_data:
            if not observer.calls:
                return "never called"
            disabled = isinstance(observer, FakeQuantize) and not observer.activation_post_process.calls
            return "observers never enabled" if disabled else "called with empty arrays only"
    return None


def _is_finite(module: Module) -> bool:
    arrays = [*module.parameters(), *module.buffers()]
    return all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f")


def _warn_about_the_rest(model: Module, mapping: Swaps, swapped: int) -> None:
    skipped = [
        (path, type(module), base)
        for path, module in model.named_modules()
        if not (swapped and getattr(module, "qconfig", None) is None) and (base := base_in(module, mapping))
    ]
    if skipped:
        warnings.warn(subclass_hint(skipped), QuantizationWarning, stacklevel=3)
    if not swapped:
        names = ", ".join(sorted(kind.__name__ for kind in mapping))
        warnings.warn(
            f"nothing was converted: no module has a qconfig and one of the types {names}. Set model.qconfig "
            "and call prepare first, or give another mapping",
            QuantizationWarning,
            stacklevel=3,
        )


def strip(model: Module) -> None:
    """Remove from every module what preparing put there: qconfig, observer and hooks."""
    for module in model.modules():
        if "qconfig" in vars(module):
            if type(module) is FloatFunctional:
                module.activation_post_process = Identity()
            del module.qconfig
        if any(hook is observe_output for hook in module._forward_hooks.values()):
            del module._modules[OBSERVER]
        for table in (module._forward_pre_hooks, module._forward_hooks):
            for handle in [handle for handle, hook in table.items() if is_ours(hook)]:
                handle.remove()


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
