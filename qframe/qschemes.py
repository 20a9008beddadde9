"""The quantization schemes: how real numbers are mapped to integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .dtypes import load_more
from .errors import ArgumentError

Array = np.ndarray[Any, Any]
#: Takes smallest and largest value (float32 arrays of one shape, around 0) and the smallest and largest code;
#: returns scales and zero points of that shape.
RangeToQParams = Callable[[Array, Array, int, int], tuple[Array, Array]]


@dataclass(frozen=True, eq=False)
class QScheme:
    """One way to choose scale and zero point (mirrors ``torch.qscheme``).

    Attributes:
        name: public name, e.g. ``"per_tensor_affine"``.
        per_channel: one scale and zero point for each slice along an axis, not one for all.
        symmetric: the zero point is fixed in the middle of the integer range.
        choose: for schemes of one's own, how scale and zero point follow from a range; None: as in PyTorch.
    """

    name: str
    per_channel: bool
    symmetric: bool
    choose: RangeToQParams | None = None

    def __repr__(self) -> str:
        return f"qframe.{self.name}"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return get_qscheme, (self.name,)

    def __deepcopy__(self, memo: Any) -> QScheme:
        return self


_by_name: dict[str, QScheme] = {}


def register_qscheme(qscheme: QScheme) -> QScheme:
    """Make ``qscheme`` known by name, so that it survives copying and saving.

    Raises:
        ArgumentError: another qscheme has that name already.
    """
    if _by_name.setdefault(qscheme.name, qscheme) is not qscheme:
        raise ArgumentError(
            f"a qscheme named '{qscheme.name}' is registered already",
            fix="Choose another name",
        )
    return qscheme


def get_qscheme(name: str) -> QScheme:
    """Return the qscheme called ``name``, loading the plugins if one of them may have it.

    Raises:
        ArgumentError: no qscheme has that name.
    """
    if name not in _by_name:
        load_more()
    try:
        return _by_name[name]
    except KeyError:
        raise ArgumentError(
            f"there is no qscheme '{name}' (known: {', '.join(_by_name)})",
            fix="Install the plugin that has it, or register it with qframe.register_qscheme first",
        ) from None


per_tensor_affine = register_qscheme(QScheme("per_tensor_affine", False, False))
per_channel_affine = register_qscheme(QScheme("per_channel_affine", True, False))
per_tensor_symmetric = register_qscheme(QScheme("per_tensor_symmetric", False, True))
per_channel_symmetric = register_qscheme(QScheme("per_channel_symmetric", True, True))
