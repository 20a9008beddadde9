"""Packing the weights of convolutions; the packed form does the convolving."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engines import op
from ..errors import ArgumentError
from ..qtensor import QTensor
from .checks import check_bias, check_weight
from .protocols import PackedConvKernel

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]


def check_conv_pack(
    name: str, weight: Any, bias: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, dims: int
) -> None:
    check_weight(name, weight, dims + 2)
    check_bias(name, bias, weight.shape[0])
    for what, values, least in (("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)):
        if len(values) != dims or min(values) < least:
            raise ArgumentError(
                f"{name}: {what}={tuple(values)} must be {dims} whole numbers of at least {least}",
                fix=f"Give one number for each of the {dims} spatial dimensions",
            )
    if groups < 1 or weight.shape[0] % groups:
        raise ArgumentError(
            f"{name}: {weight.shape[0]} output channels cannot be split into {groups} groups",
            fix="Choose groups that divide the output channels",
        )


@op(packs=True)
def conv1d_pack(
    weight: QTensor, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> PackedConvKernel:
    """Lay out ``weight`` (qint8, (OC, IC / groups, kW), per tensor or per channel axis 0) for one engine.

    Raises:
        DTypeError, QSchemeError, ArgumentError: arguments of another kind.
    """
    check_conv_pack("conv1d_pack", weight, bias, stride, padding, dilation, groups, 1)


@op(packs=True)
def conv2d_pack(
    weight: QTensor, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> PackedConvKernel:
    """Lay out ``weight`` (qint8, (OC, IC / groups, kH, kW), per tensor or per channel axis 0) for one engine.

    Raises:
        DTypeError, QSchemeError, ArgumentError: arguments of another kind.
    """
    check_conv_pack("conv2d_pack", weight, bias, stride, padding, dilation, groups, 2)


@op(packs=True)
def conv3d_pack(
    weight: QTensor, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> PackedConvKernel:
    """Lay out ``weight`` (qint8, (OC, IC / groups, kD, kH, kW), per tensor or channel axis 0) for one engine.

    Raises:
        DTypeError, QSchemeError, ArgumentError: arguments of another kind.
    """
    check_conv_pack("conv3d_pack", weight, bias, stride, padding, dilation, groups, 3)
