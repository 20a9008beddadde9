"""Observers that are built later, from arguments given now."""

from __future__ import annotations

import functools
from typing import Any


class PartialObserver:
    """Builds a new observer at each call, with the arguments that :meth:`ObserverBase.with_args` was given.

    Its ``repr`` is that of the ``functools.partial`` inside; it copies, pickles and compares by content.

    Args:
        partial: the class, or another such builder, with its arguments.
    """

    def __init__(self, partial: functools.partial[Any]) -> None:
        self.partial = partial

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.partial(*args, **kwargs)

    def with_args(self, **kwargs: Any) -> PartialObserver:
        """Return a builder with more arguments; those given last win."""
        return PartialObserver(functools.partial(self.partial, **kwargs))

    def __repr__(self) -> str:
        return repr(self.partial)

    def _content(self) -> tuple[Any, ...]:
        return self.partial.func, self.partial.args, self.partial.keywords

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartialObserver) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash((self.partial.func, *sorted(self.partial.keywords)))
