"""What goes on in a prepared model during calibration: feeding the observers, noticing mixed statistics."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ..errors import QuantizationWarning
from ..nn.fake_quantized import FakeQuantized
from ..nn.module import Module
from .fake_quantize import FakeQuantize
from .hints import place
from .observer_base import ObserverBase

#: The name under which a module holds the observer of its output.
OBSERVER = "activation_post_process"


def observe_output(module: Any, arguments: tuple[Any, ...], output: Any) -> Any:
    """Forward hook: pass the output of ``module`` through its observer."""
    return module.activation_post_process(output)


class CallWatch:
    """Two hooks on the root that warn of observers which one forward calls more than once.

    They also warn of modules that round by no scale in particular.

    Attributes:
        forwards: how often the root was called.
        batch: the arguments of the last forward, if they are kept.
    """

    def __init__(self, keeps_batch: bool = False) -> None:
        self.forwards = 0
        self.batch: tuple[Any, ...] | None = None
        self._keeps_batch = keeps_batch
        self._calls: dict[str, int] = {}
        self._told: set[str] = set()

    def before(self, root: Module, arguments: tuple[Any, ...]) -> None:
        """Forward pre-hook: note how often each observer was called."""
        if self._keeps_batch:
            self.batch = arguments
        self._calls = {path: observer.calls for path, observer in observers(root)}

    def after(self, root: Module, arguments: tuple[Any, ...], output: Any) -> None:
        """Forward hook: warn of those that were called more than once since."""
        self.forwards += 1
        often = {path: times for path, times in self._times(root).items() if times > 1}
        new = [f"{place(path)} ({times} times)" for path, times in often.items() if path not in self._told]
        self._told.update(often)
        if new:
            warnings.warn(
                f"one forward uses modules more than once: {', '.join(new)}. Their observers mix the "
                "ranges of different places into one scale. Give each place a module of its own (for a "
                "FloatFunctional: one instance for each operation)",
                QuantizationWarning,
                stacklevel=4,
            )

        self._warn_of_arbitrary_scales(root)

    def _warn_of_arbitrary_scales(self, root: Module) -> None:
        paths = [
            path
            for path, module in root.named_modules()
            if isinstance(module, FakeQuantize) and module.is_arbitrary and path not in self._told
        ]
        self._told.update(paths)
        if paths:
            warnings.warn(
                f"rounded with scale 1, as the observer was never enabled: {', '.join(map(place, paths))}. "
                "Let model.apply(enable_observer) have its way for some batches first, or load a state_dict",
                QuantizationWarning,
                stacklevel=5,
            )

    def _times(self, root: Module) -> dict[str, int]:
        now = {path: observer.calls for path, observer in observers(root)}
        return {path: calls - self._calls.get(path, calls) for path, calls in now.items()}


def observers(root: Module) -> Iterator[tuple[str, ObserverBase]]:
    """Yield (path of the observed module, observer) for the tree, each observer of an output once."""
    others: set[int] = set()
    for path, module in root.named_modules():
        if isinstance(module, FakeQuantized):
            others.add(id(module.weight_fake_quant))
        if isinstance(module, ObserverBase):
            if id(module) not in others:
                yield path.removesuffix(OBSERVER).removesuffix("."), module
            others.update(map(id, module.modules()))


def watch_calls(root: Module, keeps_batch: bool = False) -> None:
    """Set a :class:`CallWatch` on ``root`` unless there is one."""
    if find_watch(root) is None:
        watch = CallWatch(keeps_batch)
        root.register_forward_pre_hook(watch.before)
        root.register_forward_hook(watch.after)


def find_watch(root: Module) -> CallWatch | None:
    """Return the watch on ``root``, or None."""
    owners = (getattr(hook, "__self__", None) for hook in root._forward_hooks.values())
    return next((owner for owner in owners if isinstance(owner, CallWatch)), None)


def is_ours(hook: Any) -> bool:
    """Return whether preparing set this hook, not the user."""
    return hook is observe_output or isinstance(getattr(hook, "__self__", None), CallWatch)
