"""Packing the weights of linear layers; the packed form does the multiplying."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engines import op
from ..errors import ArgumentError
from ..qtensor import QTensor
from .checks import check_bias, check_float, check_weight
from .protocols import PackedLinearFp16Kernel, PackedLinearKernel

Array = np.ndarray[Any, Any]


@op(packs=True)
def linear_pack(weight: QTensor, bias: Array | None) -> PackedLinearKernel:
    """Lay out ``weight`` (qint8, shape (N, K), per tensor or per channel axis 0) for one engine.

    Args:
        bias: float32, shape (N,), or None.

    Raises:
        DTypeError, QSchemeError, ArgumentError: weight or bias of another kind.
    """
    check_weight("linear_pack", weight, 2)
    check_bias("linear_pack", bias, weight.shape[0])


@op(qparams="none", packs=True)
def linear_pack_fp16(weight: Array, bias: Array | None) -> PackedLinearFp16Kernel:
    """Lay out a float32 ``weight`` (N, K) as half precision, saturated at ±65504.

    Raises:
        DTypeError, ArgumentError: weight or bias of another kind.
    """
    check_float("linear_pack_fp16", weight, "the weight")
    if weight.ndim != 2:
        raise ArgumentError(
            f"linear_pack_fp16: the weight has shape {weight.shape}; it must be (out, in)", fix="Reshape it"
        )
    check_bias("linear_pack_fp16", bias, weight.shape[0])
