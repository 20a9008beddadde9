"""Finding plugins and taking in their engines: guarded step by step, so that none breaks the others."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .engine import PROJECT, SUPPORTED_API, Engine

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    import pluggy

#: The plugin that is loaded whatever ``QFRAME_PLUGINS`` says.
REFERENCE = "reference"


@dataclass(eq=False, repr=False)
class PluginRecord:
    """What became of one installed plugin.

    Attributes:
        name: the entry point's name.
        distribution: name and version of the package that it came with.
        stage: the last step reached: "import", "registration", "qframe_engines" or "loaded".
        error: what that step raised, None once loaded.
    """

    name: str
    distribution: str = ""
    stage: str = "import"
    error: BaseException | None = None


@dataclass(eq=False, repr=False)
class EngineRecord:
    """One engine as found on this machine.

    Attributes:
        engine: the descriptor that the plugin gave.
        plugin: the plugin that provides it.
        reason: why it cannot be used, None if it can.
        cause: the exception behind the reason, if there was one.
    """

    engine: Engine
    plugin: PluginRecord
    reason: str | None = None
    cause: BaseException | None = None


@dataclass(eq=False, repr=False)
class Inventory:
    """Everything that discovery found.

    Attributes:
        engines: by name.
        plugins: all plugins in the order in which they were tried.
        rejected: engines whose name was taken already.
        skipped: names of plugins that ``QFRAME_PLUGINS`` left out.
    """

    engines: dict[str, EngineRecord] = field(default_factory=dict)
    plugins: list[PluginRecord] = field(default_factory=list)
    rejected: list[EngineRecord] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def installed_entry_points() -> list[EntryPoint]:
    """Return the entry points of the group ``qframe``, in name order."""
    from importlib.metadata import entry_points  # lazily: it costs more than the rest of this module

    return sorted(entry_points(group=PROJECT), key=lambda point: point.name)


def wanted(name: str) -> bool:
    """Return whether ``QFRAME_PLUGINS`` (comma-separated; unset: all) admits a plugin."""
    limit = os.environ.get("QFRAME_PLUGINS")
    if limit is None or name == REFERENCE:
        return True
    return name in {part.strip() for part in limit.split(",")}


def new_manager() -> pluggy.PluginManager:
    """Return a plugin manager that knows the hooks and has no plugins yet."""
    import pluggy  # lazily, like everything that only the first use needs

    from . import hookspecs

    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def load_entry_points(manager: pluggy.PluginManager, points: Iterable[EntryPoint]) -> Inventory:
    """Import and register each plugin, then ask it for its engines."""
    inventory = Inventory()
    for point in points:
        if not wanted(point.name):
            inventory.skipped.append(point.name)
            continue
        record = PluginRecord(point.name, _distribution(point))
        inventory.plugins.append(record)
        try:
            plugin = point.load()
        except BaseException as error:  # a plugin that calls sys.exit() is broken too
            _give_up(record, error)
            continue
        take_in(manager, inventory, plugin, record)
    return inventory


def take_in(manager: pluggy.PluginManager, inventory: Inventory, plugin: Any, record: PluginRecord) -> None:
    """Register an imported plugin and enter its engines into the inventory."""
    record.stage = "registration"
    try:
        manager.register(plugin, name=record.name)
        record.stage = "qframe_engines"
        engines = _engines_of(manager, plugin)
    except BaseException as error:
        _give_up(record, error)
        if manager.get_plugin(record.name) is plugin:
            manager.unregister(plugin)
        return
    record.stage = "loaded"
    for engine in engines:
        _enter(inventory, EngineRecord(engine, record))


def _give_up(record: PluginRecord, error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt):
        raise error
    record.error = error


def _engines_of(manager: pluggy.PluginManager, plugin: Any) -> list[Engine]:
    """Call this one plugin's hook: a multicall would lose all results when one raises."""
    found: list[Any] = []
    for implementation in manager.hook.qframe_engines.get_hookimpls():
        if implementation.plugin is plugin:
            answer = implementation.function()
            found += answer if isinstance(answer, (list, tuple)) else [answer]
    for engine in found:
        if not isinstance(engine, Engine):
            raise TypeError(f"qframe_engines returned {engine!r}, which is not a qframe.plugin.Engine")
    return found


def _enter(inventory: Inventory, record: EngineRecord) -> None:
    name = record.engine.name
    holder = inventory.engines.get(name)
    if holder is not None:
        record.reason = f"the name is taken by plugin '{holder.plugin.name}'"
        inventory.rejected.append(record)
        return
    record.reason, record.cause = _examine(record.engine)
    inventory.engines[name] = record


def _examine(engine: Engine) -> tuple[str | None, BaseException | None]:
    """Return why the engine cannot be used, and the exception if one says so."""
    if engine.api not in SUPPORTED_API:
        low, high = SUPPORTED_API[0], SUPPORTED_API[-1]
        remedy = "upgrade qframe" if engine.api > high else "upgrade the plugin"
        return f"it was written for API {engine.api}, this qframe supports {low}..{high}: {remedy}", None
    try:
        return engine.probe(), None
    except (Exception, SystemExit) as error:
        return f"probe failed: {type(error).__name__}: {error}", error


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else ""
