"""Fusion: sequences of float modules that the quantized engines compute in one go become one module."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from ..errors import ConfigurationError, FusionWarning
from ..nn.containers import Identity
from ..nn.module import Module
from .folding import KNOWN_SEQUENCES, fuse_conv_bn, fuse_conv_bn_relu, known_fuser, type_names

__all__ = ["fuse_conv_bn", "fuse_conv_bn_relu", "fuse_known_modules", "fuse_modules"]

Fuser = Callable[[list[Module]], Sequence[Module]]


def fuse_known_modules(mod_list: Sequence[Module]) -> list[Module]:
    """Fuse a sequence of modules into the first; Identity modules take the places of the others.

    Known are Conv1d/2d/3d with BatchNorm of the same rank, with ReLU, or with both; Linear with
    BatchNorm1d, with ReLU, or (in evaluation mode) both; BatchNorm2d/3d with ReLU.  ReLU6 may stand
    for ReLU.  In evaluation mode the batch norm is folded into the weight.

    Args:
        mod_list: modules of exactly these types, all in the same mode.

    Returns:
        As many modules.  An unknown sequence comes back as it is, with a FusionWarning.

    Raises:
        ConfigurationError: modes differ, or the batch norm does not fit the layer before it.
    """
    modules = list(mod_list)
    fuser = known_fuser(modules)
    if fuser is None:
        _warn_unknown(type_names(modules))
        return modules
    fused = fuser(*modules)
    fused.training = modules[0].training
    identities: list[Module] = [Identity() for _ in modules[1:]]
    for identity in identities:
        identity.training = fused.training
    return [fused, *identities]


def fuse_modules(
    model: Module,
    modules_to_fuse: Sequence[str] | Sequence[Sequence[str]],
    inplace: bool = False,
    fuser_func: Fuser = fuse_known_modules,
) -> Module:
    """Fuse groups of modules, e.g. ``[["conv1", "bn1", "relu1"], ["conv2", "relu2"]]``.

    The first module of a group is replaced by the fused one, the others by Identity.  Pre-hooks of the
    first and forward hooks of the last move to the fused module, as does a qconfig that the first has.
    See :func:`fuse_known_modules` for what can be fused; another sequence is left unchanged, with a
    FusionWarning.  Mirrors ``torch.quantization.fuse_modules``.

    Args:
        modules_to_fuse: paths of one group, or a list of groups.
        inplace: change ``model`` itself; otherwise a copy.
        fuser_func: takes the modules of a group, returns as many.

    Raises:
        ArgumentError: there is no module of that path; the text names similar ones.
        ConfigurationError: groups overlap, modes differ, a batch norm does not fit, or ``fuser_func`` returns
            another number of modules.  The model is unchanged then.
    """
    groups = _groups(modules_to_fuse)
    model = model if inplace else deepcopy(model)
    modules = [[model.get_submodule(path) for path in group] for group in groups]
    fused = [_fused(group, parts, fuser_func) for group, parts in zip(groups, modules, strict=True)]
    for group, before, after in zip(groups, modules, fused, strict=True):
        if after[0] is not before[0]:
            _move_settings(group, before, after[0])
        for path, module in zip(group, after, strict=True):
            parent, _, name = path.rpartition(".")
            model.get_submodule(parent)._modules[name] = module
    return model


def _groups(modules_to_fuse: Any) -> list[list[str]]:
    groups = [modules_to_fuse] if _is_group(modules_to_fuse) else modules_to_fuse
    if not isinstance(groups, (list, tuple)) or not all(map(_is_group, groups)):
        raise ConfigurationError(
            f"modules_to_fuse={modules_to_fuse!r:.80} holds something else than paths of modules",
            fix="Give a list of paths, or a list of such lists",
        )
    paths = [path for group in groups for path in group]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise ConfigurationError(
            f"modules_to_fuse names {', '.join(twice)} more than once", fix="Put each module into one group"
        )
    return [list(group) for group in groups if group]


def _is_group(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(path, str) and path for path in value)


def _fused(paths: list[str], modules: list[Module], fuser_func: Fuser) -> list[Module]:
    if fuser_func is fuse_known_modules and known_fuser(modules) is None:
        _warn_unknown(
            ", ".join(f"{path} ({type(m).__name__})" for path, m in zip(paths, modules, strict=True))
        )
        return modules
    try:
        fused = list(fuser_func(modules))
    except ConfigurationError as error:
        raise ConfigurationError(f"cannot fuse {', '.join(paths)}: {error.what}", fix=error.fix) from error
    if len(fused) != len(modules):
        raise ConfigurationError(
            f"fuser_func made {len(fused)} modules of {', '.join(paths)}",
            fix="Return as many modules as were given, with Identity in place of those that are gone",
        )
    return fused


def _warn_unknown(what: str) -> None:
    known = "; ".join(KNOWN_SEQUENCES)
    warnings.warn(
        f"left unfused: {what}. What can be fused, with exactly these types: {known} "
        "(ReLU6 may stand for ReLU)",
        FusionWarning,
        stacklevel=4,
    )


def _move_settings(paths: list[str], modules: list[Module], fused: Module) -> None:
    """Give the fused module the hooks that still make sense, and the first module's own qconfig."""
    first, last = modules[0], modules[-1]
    for hook in first._forward_pre_hooks.values():
        fused.register_forward_pre_hook(hook)
    for hook in last._forward_hooks.values():
        fused.register_forward_hook(hook)
    first._forward_pre_hooks.clear()
    last._forward_hooks.clear()
    if "qconfig" in vars(first):
        fused.qconfig = first.qconfig
    hooked = [
        path
        for path, module in zip(paths, modules, strict=True)
        if module._forward_pre_hooks or module._forward_hooks
    ]
    if hooked:
        warnings.warn(
            "hooks in the middle of a fused sequence are not called any more once it is folded or "
            f"converted: {', '.join(hooked)}. Register them on {paths[0]} after fusing",
            FusionWarning,
            stacklevel=3,
        )
