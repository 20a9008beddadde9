"""Weights of dynamic modules: qint8 or half precision."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....dtypes import DType, float16, qint8
from ....errors import ConfigurationError, DTypeError
from ....ops.checks import describe
from ..observed import float_copy, observed_weight, weight_observer

Array = np.ndarray[Any, Any]


def check_weight_dtype(name: str, dtype: Any) -> None:
    """Raise DTypeError unless weights can have ``dtype`` in the dynamic module called ``name``."""
    if dtype not in (qint8, float16):
        raise DTypeError(f"{name}: the weight's dtype is {dtype!r}", fix="Use qframe.qint8 or qframe.float16")


def chosen_dtype(mod: Any) -> DType:
    """Return the dtype that the qconfig of a float module gives to its weights.

    Raises:
        ConfigurationError: no qconfig, or a weight observer for another dtype.
    """
    observer = weight_observer(mod)
    dtype = getattr(observer, "dtype", None)
    if dtype is not qint8 and dtype is not float16:
        raise ConfigurationError(
            f"the weight observer {type(observer).__name__} has dtype {dtype!r}; "
            "dynamic quantization needs qframe.qint8 or qframe.float16",
            fix="Use default_dynamic_qconfig or float16_dynamic_qconfig",
        )
    return dtype


def converted_weight(weight: Array, mod: Any, dtype: DType) -> Any:
    """Return a weight of the float module ``mod`` as a qint8 tensor, or a float32 copy for float16."""
    return float_copy(weight) if dtype is float16 else observed_weight(weight, weight_observer(mod))


def to_half(weight: Any) -> Array:
    """Return float data rounded to half precision, saturated at ±65504.

    Raises:
        DTypeError: ``weight`` is no float array.
    """
    if not isinstance(weight, np.ndarray) or weight.dtype.kind != "f":
        raise DTypeError(
            f"a float16 weight is made from a float array, not from {describe(weight)}", fix="Use float32"
        )
    limit = np.finfo(np.float16).max
    return np.clip(weight, -limit, limit).astype(np.float16)
