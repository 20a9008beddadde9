"""Plugins made inside the tests: whole, or broken in one particular way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qframe.engines import API, Engine, Registry
from qframe.plugin import hookimpl


class FakePlugin:
    """A plugin object with one engine and a dict of kernels."""

    def __init__(self, engine: Engine | list[Engine], kernels: dict[str, Callable] | None = None) -> None:
        self.engine = engine
        self.kernels = kernels or {}
        self.asked: list[tuple[str, str]] = []

    @hookimpl
    def qframe_engines(self) -> Engine | list[Engine]:
        return self.engine

    @hookimpl
    def qframe_kernel(self, engine: str, op: str) -> Callable | None:
        self.asked.append((engine, op))
        mine = self.engine if isinstance(self.engine, list) else [self.engine]
        return self.kernels.get(op) if engine in {e.name for e in mine} else None


def engine(name: str = "fake", **changes: Any) -> Engine:
    """An engine that can run anywhere."""
    return Engine(name, **{"api": API, "priority": 10, "fallback": None, **changes})


@dataclass
class FakeDistribution:
    name: str
    version: str = "1.0"


class FakeEntryPoint:
    """An entry point whose ``load`` returns the plugin or raises."""

    def __init__(self, name: str, plugin: Any) -> None:
        self.name = name
        self.plugin = plugin
        self.dist = FakeDistribution(f"qframe-{name}")
        self.loaded = False

    def load(self) -> Any:
        self.loaded = True
        if isinstance(self.plugin, BaseException):
            raise self.plugin
        return self.plugin


def registry_of(**plugins: Any) -> Registry:
    """A registry of its own, in which the given plugins are installed."""
    points = [FakeEntryPoint(name, plugin) for name, plugin in sorted(plugins.items())]
    return Registry(lambda: points)


def reference_like(**kernels: Callable) -> FakePlugin:
    """A plugin that provides an engine called reference."""
    return FakePlugin(engine("reference", priority=0), kernels)
