"""A dtype and a qscheme."""

from __future__ import annotations

import numpy as np

from qframe.plugin import DType, QScheme, register_dtype, register_qscheme

#: Codes from 0 to 15, each in a byte of its own.
quint4 = register_dtype(DType("quint4", np.dtype(np.uint8), 0, 15))


def power_of_two(low, high, quant_min, quant_max):
    """Return the smallest power of two that covers the range, so that rescaling is a shift."""
    steps = np.maximum((high - low) / (quant_max - quant_min), np.finfo(np.float32).tiny)
    scale = np.exp2(np.ceil(np.log2(steps)))
    return scale, np.clip(quant_min - np.rint(low / scale), quant_min, quant_max)


per_tensor_power_of_two = register_qscheme(
    QScheme("per_tensor_power_of_two", per_channel=False, symmetric=False, choose=power_of_two)
)
