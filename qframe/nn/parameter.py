"""Parameter marks an array that a module is to learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.tracing import is_traced
from ..errors import DTypeError
from ..ops.checks import describe

Array = np.ndarray[Any, Any]

#: What to advise where a traced array is to stay in a module.
DETACH = "Store detach(x), the values without their gradient"


class Parameter:
    """A mark for assignment: ``self.weight = Parameter(array)`` makes the array a parameter of the module.

    The module stores the array itself, so ``self.weight`` is a plain float32 ndarray; the mark is
    gone once assigned.  (PyTorch's ``nn.Parameter`` is a tensor type; NumPy needs none.)

    Args:
        data: float array of any shape; float32 is kept without a copy, other floats are converted.

    Raises:
        DTypeError: ``data`` is quantized or no float array.
    """

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = parameter_array(data)

    def __repr__(self) -> str:
        return f"Parameter({self.data!r})"


def parameter_array(data: Any) -> Array:
    """Return ``data`` as the float32 array that a module stores, or raise DTypeError."""
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind == "f":
        return np.asarray(data, dtype=np.float32)
    raise DTypeError(
        f"a parameter must be a float array, got {describe(data)}",
        fix=DETACH
        if is_traced(data)
        else "Use .astype('float32') for integers, dequantize() for quantized tensors, "
        "register_buffer for what is not learned",
    )
