"""The entries of a state_dict that only quantized modules have: how each is checked before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...dtypes import DType, qint8
from ...errors import ArgumentError
from ...ops.checks import describe
from ...qparams import check_scale, check_zero_point
from ...qtensor import QTensor
from ..state import StateCheck

Number = Callable[[Any], float]


def scale_of(entry: Any) -> float:
    """Return the scale in a state_dict's entry.

    Raises:
        ArgumentError: it is no single float, or not a scale.
    """
    return check_scale(_single(entry, "fiu"))


def zero_point_of(entry: Any, dtype: DType) -> int:
    """Return the zero point in a state_dict's entry.

    Raises:
        ArgumentError: it is no single integer, or none of ``dtype``.
    """
    return check_zero_point(_single(entry, "iu"), dtype)


def bound_of(entry: Any) -> float:
    """Return the upper bound of a fused activation in a state_dict's entry.

    Raises:
        ArgumentError: it is no single float above zero.
    """
    value = float(_single(entry, "fiu"))
    if not 0 < value < np.inf:
        raise ArgumentError(
            f"an activation's upper bound must be above zero, not {value}", fix="Save it anew"
        )
    return value


def _single(entry: Any, kinds: str) -> Any:
    value = None if isinstance(entry, QTensor) else np.asarray(entry)
    if value is None or value.size != 1 or value.dtype.kind not in kinds:
        wanted = "integer" if kinds == "iu" else "number"
        raise ArgumentError(f"{describe(entry)} is not a single {wanted}", fix=f"Save one {wanted}")
    return value.item()


def check_number(
    check: StateCheck, key: str, read: Number, *, note: str = "", optional: bool = False
) -> None:
    """Tell ``check`` that ``key`` is loaded, and reject it if ``read`` cannot make a number of it."""
    if check.allow(key) if optional else check.expect(key, note):
        try:
            read(check.state[key])
        except ArgumentError as error:
            check.reject(key, f"cannot be loaded: {error.what}")


def check_qweight(check: StateCheck, key: str, shape: tuple[int, ...], owner: str) -> None:
    """Tell ``check`` that ``key`` is a qint8 weight, and reject what is not.

    Args:
        shape: what the weight must have.
        owner: name of the module, for messages.
    """
    wanted = f"{owner}, qint8 of shape {shape}"
    if not check.expect(key, wanted):
        return
    value = check.state[key]
    if not isinstance(value, QTensor) or value.dtype is not qint8:
        check.reject(key, f"is {describe(value)}; it needs a quantized weight: {wanted}")
    elif value.shape != shape:
        check.reject(key, f"has shape {value.shape}; it needs {wanted}")
    elif value.qscheme().per_channel and value.q_per_channel_axis() != 0:
        check.reject(key, f"is quantized along axis {value.q_per_channel_axis()}; only axis 0 is supported")


def upgrade_packed(state: dict[str, Any], prefix: str) -> bool:
    """Rewrite PyTorch's layouts of packed linear weights to ``weight`` and ``bias``.

    Version 2 wrote ``_packed_params.weight`` and ``.bias``, version 3 ``_packed_params._packed_params``,
    a pair of both, beside ``_packed_params.dtype``.  A bias of None is no bias.

    Returns:
        Whether ``state`` had one of these layouts.
    """
    packed = prefix + "_packed_params."
    found = any(packed + name in state for name in ("weight", "_packed_params"))
    if found:
        pair = state.pop(packed + "_packed_params", None)
        if pair is None:
            pair = state.pop(packed + "weight", None), state.pop(packed + "bias", None)
        weight, bias = pair if isinstance(pair, (tuple, list)) and len(pair) == 2 else (pair, None)
        state.pop(packed + "dtype", None)
        state[prefix + "weight"], state[prefix + "bias"] = weight, bias
    if prefix + "bias" in state and state[prefix + "bias"] is None:
        del state[prefix + "bias"]
    return found
