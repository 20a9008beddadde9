"""What goes on in a prepared model during calibration: feeding the observers, noticing mixed statistics."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ..errors import QuantizationWarning
from ..nn.module import Module
from .observer_base import ObserverBase

#: The name under which a module holds the observer of its output.
OBSERVER = "activation_post_process"


def observe_output(module: Any, arguments: tuple[Any, ...], output: Any) -> Any:
    """Forward hook: pass the output of ``module`` through its observer."""
    return module.activation_post_process(output)


class CallWatch:
    """Two hooks on the root that warn of observers which one forward calls more than once.

    Attributes:
        forwards: how often the root was called.
    """

    def __init__(self) -> None:
        self.forwards = 0
        self._calls: dict[str, int] = {}
        self._told: set[str] = set()

    def before(self, root: Module, arguments: tuple[Any, ...]) -> None:
        """Forward pre-hook: note how often each observer was called."""
        self._calls = {path: observer.calls for path, observer in observers(root)}

    def after(self, root: Module, arguments: tuple[Any, ...], output: Any) -> None:
        """Forward hook: warn of those that were called more than once since."""
        self.forwards += 1
        often = [
            f"'{path}' ({observer.calls - self._calls[path]} times)"
            for path, observer in observers(root)
            if path in self._calls and observer.calls - self._calls[path] > 1 and path not in self._told
        ]
        if often:
            self._told.update(path for path, _ in observers(root))
            warnings.warn(
                f"one forward uses modules more than once: {', '.join(often)}. Their observers mix the ranges of "
                "different places into one scale. Give each place a module of its own (for a FloatFunctional, "
                "one instance for each operation)",
                QuantizationWarning,
                stacklevel=4,
            )


def observers(root: Module) -> Iterator[tuple[str, ObserverBase]]:
    """Yield (path of the observed module, observer) for the tree, each observer once."""
    for path, module in root.named_modules():
        if isinstance(module, ObserverBase):
            yield path.removesuffix(OBSERVER).removesuffix("."), module


def watch_calls(root: Module) -> None:
    """Set a :class:`CallWatch` on ``root`` unless there is one."""
    if find_watch(root) is None:
        watch = CallWatch()
        root.register_forward_pre_hook(watch.before)
        root.register_forward_hook(watch.after)


def find_watch(root: Module) -> CallWatch | None:
    """Return the watch on ``root``, or None."""
    owners = (getattr(hook, "__self__", None) for hook in root._forward_hooks.values())
    return next((owner for owner in owners if isinstance(owner, CallWatch)), None)


def is_ours(hook: Any) -> bool:
    """Return whether preparing set this hook, not the user."""
    return hook is observe_output or isinstance(getattr(hook, "__self__", None), CallWatch)
