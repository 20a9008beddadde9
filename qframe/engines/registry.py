"""The registry: which engines there are, and which one is in use.

Choice, strongest first: ``with use_engine(name)`` (this thread or task only), ``set_engine(name)``,
the environment variable ``QFRAME_ENGINE``, the usable engine with the highest priority.  Nothing is
looked up before the first use.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ..dtypes import on_unknown_name
from ..errors import EngineError, EngineWarning, near_names
from .discovery import (
    EngineRecord,
    Inventory,
    PluginRecord,
    installed_entry_points,
    load_entry_points,
    new_manager,
    take_in,
)
from .engine import Engine, Kernel
from .threads import check_num_threads, default_num_threads

if TYPE_CHECKING:
    import pluggy

#: What installs the engines that are developed together with the core.
REMEDIES = {
    "fbgemm": 'pip install "qframe[x86]"',
    "qnnpack": 'pip install "qframe[arm]"',
    "reference": "pip install qframe-reference",
}


class Registry:
    """Holds the plugins and answers which engine is in use.

    There is one, :data:`registry`; tests make their own.

    Args:
        find_entry_points: returns what is installed; replaced in tests.
    """

    def __init__(self, find_entry_points: Callable[[], Any] = installed_entry_points) -> None:
        self._find_entry_points = find_entry_points
        self._lock = threading.RLock()
        self._scoped: ContextVar[str | None] = ContextVar("qframe_engine", default=None)
        self._chosen: str | None = None
        self._automatic: str | None = None
        self._inventory: Inventory | None = None
        self._loading = False
        self._num_threads: int | None = None
        self._manager: pluggy.PluginManager
        self._listeners: list[Callable[[], None]] = []
        #: Counts the changes of what is installed: packed weights of an earlier generation are stale.
        self.generation = 0

    # -- inventory -------------------------------------------------------------------------------

    @property
    def inventory(self) -> Inventory:
        """Everything that is installed; the first access loads the plugins."""
        if self._inventory is None:
            with self._lock:
                if self._inventory is None:
                    self._inventory = self._found()
        return self._inventory

    def _found(self) -> Inventory:
        self._manager, self._loading = new_manager(), True
        try:
            inventory = load_entry_points(self._manager, self._find_entry_points())
        finally:
            self._loading = False
        _warn_about(inventory)
        self._tell_threads(inventory)
        return inventory

    def load(self) -> None:
        """Load the plugins, unless that was done before or is going on: one may ask for it while it loads."""
        with self._lock:
            if self._inventory is None and not self._loading:
                self._inventory = self._found()

    def register(self, plugin: Any, name: str) -> PluginRecord:
        """Add a plugin object that is not installed as an entry point (tests, notebooks).

        Returns:
            The record, with ``error`` set if the plugin could not be taken in.
        """
        with self._lock:
            inventory = self.inventory
            record = PluginRecord(name, "registered in this process")
            inventory.plugins.append(record)
            take_in(self._manager, inventory, plugin, record)
            self._tell_threads(inventory)
            self._changed()
        return record

    def unregister(self, name: str) -> None:
        """Remove a plugin that :meth:`register` added, with its engines."""
        with self._lock:
            inventory = self.inventory
            if self._manager.get_plugin(name) is not None:
                self._manager.unregister(name=name)
            inventory.plugins[:] = [record for record in inventory.plugins if record.name != name]
            inventory.rejected[:] = [record for record in inventory.rejected if record.plugin.name != name]
            for engine in [e for e, record in inventory.engines.items() if record.plugin.name == name]:
                del inventory.engines[engine]
                if self._chosen == engine:
                    self._chosen = None
            self._changed()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called whenever plugins come or go (the dispatcher drops its cache)."""
        self._listeners.append(listener)

    def _changed(self) -> None:
        self._automatic = None
        self.generation += 1
        for listener in self._listeners:
            listener()

    # -- choice ----------------------------------------------------------------------------------

    def current(self) -> str:
        """Return the name of the engine in use.

        Raises:
            EngineError: ``QFRAME_ENGINE`` names an engine that cannot be used, or there is none.
        """
        return self._scoped.get() or self._chosen or self._automatic or self._choose()

    def _choose(self) -> str:
        name = os.environ.get("QFRAME_ENGINE") or self._best()
        self.check_usable(name)
        self._automatic = name
        return name

    def _best(self) -> str:
        usable = [record.engine for record in self.inventory.engines.values() if record.reason is None]
        if not usable:
            raise EngineError("no engine is usable", fix="Try: pip install qframe-reference")
        return max(usable, key=lambda engine: engine.priority).name

    def set_engine(self, name: str) -> None:
        """Use engine ``name`` from now on, in every thread that is not inside :meth:`use_engine`.

        Raises:
            EngineError: it is not installed or cannot run here.
        """
        self.check_usable(name)
        self._chosen = name

    @contextmanager
    def use_engine(self, name: str) -> Iterator[None]:
        """Use engine ``name`` inside a ``with`` block, in this thread or asyncio task only.

        Raises:
            EngineError: it is not installed or cannot run here.
        """
        self.check_usable(name)
        token = self._scoped.set(name)
        try:
            yield
        finally:
            self._scoped.reset(token)

    def reset(self) -> None:
        """Forget the choice made by :meth:`set_engine`, and look at ``QFRAME_ENGINE`` again."""
        self._chosen = self._automatic = None

    def usable_engines(self) -> list[str]:
        """Return the names of the engines that can be used here, best first."""
        usable = [record.engine for record in self.inventory.engines.values() if record.reason is None]
        return [engine.name for engine in sorted(usable, key=lambda engine: -engine.priority)]

    def descriptor(self, name: str | None = None) -> Engine:
        """Return the descriptor of an engine (default: the one in use)."""
        name = name or self.current()
        self.check_usable(name)
        return self.inventory.engines[name].engine

    def check_usable(self, name: str) -> None:
        """Raise :class:`~qframe.errors.EngineError` with the reason unless ``name`` can be used."""
        record = self.inventory.engines.get(name)
        if record is None:
            raise _not_installed(name, self.inventory)
        if record.reason is not None:
            raise EngineError(
                f"engine '{name}' (from {record.plugin.distribution or record.plugin.name}) cannot be used: "
                f"{record.reason}",
                fix=f"Choose another (usable: {', '.join(self.usable_engines())}); "
                "`python -m qframe` shows all",
            ) from record.cause

    # -- threads ---------------------------------------------------------------------------------

    def set_num_threads(self, threads: int) -> None:
        """Let every engine use up to ``threads`` threads, the calling one included.

        Results never depend on the number.

        Raises:
            ArgumentError: not a whole number from 1 to 256.
        """
        with self._lock:
            self._num_threads = check_num_threads(threads)
            if self._inventory is not None:
                self._tell_threads(self._inventory)

    def get_num_threads(self) -> int:
        """Return how many threads engines may use.

        Until :meth:`set_num_threads` is called that is ``QFRAME_NUM_THREADS``, else the number of CPUs that
        affinity and control group allow.

        Raises:
            ArgumentError: the variable is no whole number from 1 to 256.
        """
        if self._num_threads is None:
            self._num_threads = default_num_threads()
        return self._num_threads

    def _tell_threads(self, inventory: Inventory) -> None:
        threads = self.get_num_threads()
        for record in inventory.engines.values():
            if record.reason is None and record.engine.set_num_threads is not None:
                try:
                    record.engine.set_num_threads(threads)
                except Exception as error:
                    record.reason = f"set_num_threads({threads}) failed: {type(error).__name__}: {error}"
                    record.cause = error

    # -- kernels ---------------------------------------------------------------------------------

    def kernel(self, engine: str, op: str) -> Kernel | None:
        """Ask the plugins for the callable that runs ``op`` on ``engine`` (uncached)."""
        self.check_usable(engine)
        kernel: Kernel | None
        try:
            kernel = self._manager.hook.qframe_kernel(engine=engine, op=op)
        except Exception:
            kernel = self._kernel_despite_errors(engine, op)
        return kernel

    def _kernel_despite_errors(self, engine: str, op: str) -> Kernel | None:
        """Ask plugin by plugin, so that one whose hook raises does not silence the others."""
        arguments = {"engine": engine, "op": op}
        for implementation in reversed(self._manager.hook.qframe_kernel.get_hookimpls()):
            if implementation.wrapper or implementation.hookwrapper:
                continue
            try:
                kernel: Any = implementation.function(*(arguments[name] for name in implementation.argnames))
            except Exception as error:
                warnings.warn(
                    f"plugin '{implementation.plugin_name}' failed when asked for op '{op}' of engine "
                    f"'{engine}': {type(error).__name__}: {error}. Other plugins are asked instead",
                    EngineWarning,
                    stacklevel=4,
                )
                continue
            if kernel is not None:
                return kernel  # type: ignore[no-any-return]
        return None


def _not_installed(name: str, inventory: Inventory) -> EngineError:
    installed = ", ".join(inventory.engines) or "none"
    for record in inventory.plugins:
        if record.name == name and record.error is not None:
            error = EngineError(
                f"engine '{name}' cannot be used: plugin {record.distribution} failed at {record.stage}: "
                f"{type(record.error).__name__}: {record.error}",
                fix="Reinstall the plugin; `python -m qframe` shows all",
            )
            error.__cause__ = record.error
            return error
    if name in inventory.skipped:
        return EngineError(
            f"engine '{name}' cannot be used: QFRAME_PLUGINS="
            f"{os.environ.get('QFRAME_PLUGINS', '')!r} keeps its plugin from loading",
            fix=f"Add {name} to QFRAME_PLUGINS, or unset it",
        )
    close = near_names(name, inventory.engines, 1)
    remedy = f"Try: {REMEDIES[name]}" if name in REMEDIES else "Install the plugin that provides it"
    return EngineError(
        f"engine '{name}' cannot be used: no installed plugin provides it (installed: {installed})",
        fix=f"Did you mean '{close[0]}'?" if close and name not in REMEDIES else remedy,
    )


def _warn_about(inventory: Inventory) -> None:
    for record in inventory.plugins:
        if record.error is not None:
            warnings.warn(
                f"plugin '{record.name}' ({record.distribution}) is left out: {record.stage} failed: "
                f"{type(record.error).__name__}: {record.error}. Reinstall or remove it; "
                "`python -m qframe` shows all",
                EngineWarning,
                stacklevel=2,
            )
    for rejected in inventory.rejected:
        warnings.warn(
            f"engine '{rejected.engine.name}' of plugin '{rejected.plugin.name}' is left out: "
            f"{rejected.reason}. Uninstall one of the two",
            EngineWarning,
            stacklevel=2,
        )


#: The registry of this process.
registry = Registry()
on_unknown_name(registry.load)

__all__ = ["EngineRecord", "Inventory", "PluginRecord", "Registry", "registry"]
