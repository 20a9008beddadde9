"""Handles that take hooks away again, and the tables that hold the hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Hook = Callable[..., Any]
HookTable = dict["HookHandle", Hook]


class HookHandle:
    """Returned when a hook is registered; :meth:`remove` takes the hook away (mirrors ``RemovableHandle``).

    As a context manager it removes the hook at the end of the block.  It is the hook's key in the
    module's table; a handle that is copied together with its module belongs to the copy.
    """

    __slots__ = ("_table",)

    def __init__(self, table: HookTable) -> None:
        self._table = table

    def remove(self) -> None:
        """Take the hook away; nothing happens if it is gone already."""
        self._table.pop(self, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def register(table: HookTable, hook: Hook, prepend: bool) -> HookHandle:
    """Enter ``hook`` at the end of ``table``, or with ``prepend`` at its start."""
    handle = HookHandle(table)
    if prepend:
        later = dict(table)
        table.clear()
        table[handle] = hook
        table.update(later)
    else:
        table[handle] = hook
    return handle
