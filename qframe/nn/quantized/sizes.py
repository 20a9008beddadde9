"""Numbers that may be given once for all spatial dimensions or one by one."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from ...errors import ArgumentError


def spatial(name: str, value: Any, dims: int) -> tuple[int, ...]:
    """Return ``value`` as ``dims`` ints: an int is repeated.

    Raises:
        ArgumentError: another number of entries, or entries that are no whole numbers.
    """
    try:
        values = (
            tuple(map(operator.index, value))
            if isinstance(value, Iterable)
            else (operator.index(value),) * dims
        )
    except TypeError:
        values = ()
    if len(values) != dims:
        raise ArgumentError(
            f"{name}={value!r} must be a whole number or {dims} of them",
            fix=f"Give one number for each of the {dims} spatial dimensions",
        )
    return values
