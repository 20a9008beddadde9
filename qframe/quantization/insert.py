"""Putting observers into a model, so that calibration can begin."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from ..errors import ConfigurationError, DTypeError, QuantizationWarning
from ..nn.containers import Identity, Sequential
from ..nn.intrinsic.fused import FusedSequential
from ..nn.module import Module
from ..nn.quantized.float_functional import FloatFunctional
from ..ops.checks import describe
from .hints import skipped_subclasses, subclass_hint
from .mappings import DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST, DYNAMIC_ONLY, QAT_ONLY
from .placement import Placement
from .propagate import Types, plan_qconfigs, store_qconfigs
from .requirements import check_static
from .rules import check_rules
from .watch import OBSERVER, observe_output, watch_calls


def add_observer_(
    module: Module, non_leaf_module_list: Collection[type] | None = None, device: str | None = None
) -> None:
    """Put an observer on the output of every module that has a qconfig: leaves, and fused containers as one.

    The observer is the submodule ``activation_post_process``, fed by a forward hook; in a FloatFunctional it
    takes the place of the Identity there.  Modules observed already stay as they are.  Mirrors
    ``torch.quantization.add_observer_``.

    Args:
        non_leaf_module_list: types to observe although they have submodules, which are then left out.
        device: None or "cpu"; there is no other.

    Raises:
        ConfigurationError: another device, or a plain Sequential in ``non_leaf_module_list``.
    """
    if device not in (None, "cpu"):
        raise ConfigurationError(f"device={device!r}: qframe computes on the CPU", fix="Leave it out")
    _check_non_leaf(non_leaf_module_list)
    observe_outputs(module, tuple(non_leaf_module_list or ()))


def _check_non_leaf(non_leaf: Collection[type] | None) -> None:
    for kind in non_leaf or ():
        if isinstance(kind, type) and getattr(kind, "forward", None) is Sequential.forward:
            raise ConfigurationError(
                f"{kind.__name__} in the list of non-leaf modules runs all of its submodules in turn: "
                "an observer would become one of them",
                fix="Observe its last module, or wrap it in a module of your own",
            )


def observe_outputs(
    module: Module, non_leaf: tuple[type, ...] = (), but: Collection[type[Module]] = ()
) -> None:
    """Do what :func:`add_observer_` does, but for modules of the types in ``but``."""
    wanted = getattr(module, "qconfig", None) is not None and type(module) not in but
    if type(module) is FloatFunctional:
        if wanted and type(module.activation_post_process) is Identity:
            module.activation_post_process = _new_observer(module)
        return
    if OBSERVER in module._modules:
        return
    whole = isinstance(module, FusedSequential) or type(module) in non_leaf or _is_leaf(module)
    if not (wanted and whole):
        for child in list(module._modules.values()):
            if child is not None:
                observe_outputs(child, non_leaf, but)
    elif type(module) is not Sequential:
        module.add_module(OBSERVER, _new_observer(module))
        module.register_forward_hook(observe_output)


def _is_leaf(module: Module) -> bool:
    return all(child is None for child in module._modules.values())


def _new_observer(module: Any) -> Any:
    return module.qconfig.activation()


def prepare(
    model: Module,
    inplace: bool = False,
    white_list: Types = DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST,
    observer_non_leaf_module_list: Collection[type] | None = None,
    *,
    qconfig_dict: Mapping[Any, Any] | None = None,
) -> Module:
    """Return the model with observers in it, ready for calibration.

    Which modules are observed, and how, is said by attributes ``qconfig`` and by ``qconfig_dict``; see
    :func:`propagate_qconfig_`.  Run the result on sample data, then :func:`convert` it.  Mirrors
    ``torch.quantization.prepare``.

    Warns (QuantizationWarning) when the model is in training mode, when no module has a qconfig and when a
    subclass of a quantizable type is left in float; and during calibration when one forward uses a module
    several times, since its observer then mixes the ranges of different places.

    Args:
        inplace: change ``model`` itself; otherwise a copy.
        white_list: types that can take a qconfig; of the default, those with a dynamic form only stay float.
            Containers with a batch norm, fused for training, are prepared in parts.
        observer_non_leaf_module_list: types to observe although they have submodules.
        qconfig_dict: rules by path (``""``: everywhere) and by type.

    Raises:
        ConfigurationError: a rule matches nothing or has no effect, or a qconfig asks for what its module or
            the engine in use cannot do; lists all of them.  The model is unchanged then.
    """
    check_model(model)
    model = model if inplace else deepcopy(model)
    if model.training:
        warnings.warn(
            "the model is in training mode: batch norms would use and change their batch statistics, dropout "
            "would disturb the ranges. Call model.eval() before prepare",
            QuantizationWarning,
            stacklevel=2,
        )
    if white_list is DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST:
        white_list = white_list - DYNAMIC_ONLY
    insert_observers(model, white_list, observer_non_leaf_module_list, qconfig_dict)
    return model


def insert_observers(
    model: Module,
    white_list: Types,
    non_leaf: Collection[type] | None,
    qconfig_dict: Mapping[Any, Any] | None,
) -> None:
    """Do in place what :func:`prepare` does, in either mode; nothing is changed if an error is raised."""
    _check_non_leaf(non_leaf)
    store_qconfigs(checked_plan(model, white_list - QAT_ONLY, qconfig_dict))
    add_observer_(model, non_leaf)
    watch_calls(model)


def checked_plan(
    model: Module,
    white_list: Types,
    qconfig_dict: Mapping[Any, Any] | None = None,
    forms: Mapping[Any, Any] | None = None,
) -> list[Placement]:
    """Decide which module gets which qconfig, check all of it and warn; change nothing.

    Args:
        forms: for training, by the types that they replace.
    """
    rules = dict(qconfig_dict or {})
    placements = plan_qconfigs(model, rules, white_list)
    check_rules(placements, rules, white_list)
    check_static(placements, forms)
    skipped = skipped_subclasses(placements, white_list)
    if skipped:
        warnings.warn(subclass_hint(skipped), QuantizationWarning, stacklevel=4)
    if not any(placement.active for placement in placements) and not _has_own_qconfig(model):
        warnings.warn(
            "no module got a qconfig, so nothing will be quantized. Set model.qconfig = "
            "get_default_qconfig(...), or give qconfig_dict={'': ...}",
            QuantizationWarning,
            stacklevel=4,
        )
    return placements


def _has_own_qconfig(model: Module) -> bool:
    """Return whether a module outside of the white list was given a qconfig and has no submodules."""
    return any(getattr(m, "qconfig", None) and _is_leaf(m) for m in model.modules())


def check_model(model: Any) -> None:
    """Raise DTypeError unless ``model`` is a Module."""
    if not isinstance(model, Module):
        raise DTypeError(f"{describe(model)} is no qframe.nn.Module", fix="Give the model itself")
