"""Looking into a prepared model."""

from __future__ import annotations

from typing import Any

from ..nn.containers import Identity
from ..nn.module import Module
from .watch import OBSERVER


def get_observer_dict(mod: Module, target_dict: dict[str, Any], prefix: str = "") -> None:
    """Enter every observer of the tree into ``target_dict``, under ``<path>.activation_post_process``.

    Mirrors ``torch.quantization.get_observer_dict``.

    Args:
        prefix: path of ``mod``, put before all others.
    """
    start = f"{prefix}." if prefix else ""
    observer = mod._modules.get(OBSERVER)
    if observer is not None and type(observer) is not Identity:  # that of a FloatFunctional unprepared
        target_dict[start + OBSERVER] = observer
    for name, child in mod._modules.items():
        if child is not None and name != OBSERVER:
            get_observer_dict(child, target_dict, start + name)
