"""Engines: what is installed, which one is in use, and how an op finds its kernel.

Nothing in here knows any op.
"""

from .dispatch import OPS, Dispatcher, Op, dispatcher, op
from .engine import API, SUPPORTED_API, Engine, Kernel
from .registry import Registry, registry

__all__ = [
    "API",
    "OPS",
    "SUPPORTED_API",
    "Dispatcher",
    "Engine",
    "Kernel",
    "Op",
    "Registry",
    "dispatcher",
    "op",
    "registry",
]
