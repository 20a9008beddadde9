"""Float modules that quantization treats as one: containers that ``fuse_modules`` makes.

Each runs its modules one after the other, like ``Sequential``, and marks that their quantized form is a
single module.  Types are checked exactly: a subclass may compute something else than its base.
ReLU6 may stand wherever ReLU may.
"""

from __future__ import annotations

from typing import Any

from ...errors import ArgumentError
from ..activation import ReLU, ReLU6
from ..batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from ..containers import Sequential
from ..conv import Conv1d, Conv2d, Conv3d
from ..linear import Linear

_RELU = (ReLU, ReLU6)


class FusedSequential(Sequential):
    """Base of the fused containers.

    Attributes:
        accepts: for each position the exact types that may stand there.
    """

    accepts: tuple[tuple[type, ...], ...] = ()

    def __init__(self, *modules: Any) -> None:
        fits = len(modules) == len(self.accepts) and all(
            type(module) in kinds for module, kinds in zip(modules, self.accepts, strict=True)
        )
        if not fits:
            wanted = ", ".join(" or ".join(kind.__name__ for kind in kinds) for kinds in self.accepts)
            given = ", ".join(type(module).__name__ for module in modules)
            raise ArgumentError(
                f"{type(self).__name__} takes ({wanted}), exactly these types, got ({given})",
                fix="Let fuse_modules build it, or leave the modules separate",
            )
        super().__init__(*modules)

    def forward(self, input: Any) -> Any:
        """Pass ``input`` through the fused modules; an observer among the children is left to its hook."""
        for position in range(len(self.accepts)):
            input = self[position](input)
        return input


class ConvBn1d(FusedSequential):
    """Conv1d, then BatchNorm1d (mirrors ``torch.nn.intrinsic.ConvBn1d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Conv1d,), (BatchNorm1d,))

    def __init__(self, conv: Conv1d, bn: BatchNorm1d) -> None:
        super().__init__(conv, bn)


class ConvBn2d(FusedSequential):
    """Conv2d, then BatchNorm2d (mirrors ``torch.nn.intrinsic.ConvBn2d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Conv2d,), (BatchNorm2d,))

    def __init__(self, conv: Conv2d, bn: BatchNorm2d) -> None:
        super().__init__(conv, bn)


class ConvBn3d(FusedSequential):
    """Conv3d, then BatchNorm3d (mirrors ``torch.nn.intrinsic.ConvBn3d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Conv3d,), (BatchNorm3d,))

    def __init__(self, conv: Conv3d, bn: BatchNorm3d) -> None:
        super().__init__(conv, bn)


class ConvBnReLU1d(FusedSequential):
    """Conv1d, BatchNorm1d, then ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.ConvBnReLU1d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Conv1d,), (BatchNorm1d,), _RELU)

    def __init__(self, conv: Conv1d, bn: BatchNorm1d, relu: ReLU | ReLU6) -> None:
        super().__init__(conv, bn, relu)


class ConvBnReLU2d(FusedSequential):
    """Conv2d, BatchNorm2d, then ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.ConvBnReLU2d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Conv2d,), (BatchNorm2d,), _RELU)

    def __init__(self, conv: Conv2d, bn: BatchNorm2d, relu: ReLU | ReLU6) -> None:
        super().__init__(conv, bn, relu)


class ConvBnReLU3d(FusedSequential):
    """Conv3d, BatchNorm3d, then ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.ConvBnReLU3d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Conv3d,), (BatchNorm3d,), _RELU)

    def __init__(self, conv: Conv3d, bn: BatchNorm3d, relu: ReLU | ReLU6) -> None:
        super().__init__(conv, bn, relu)


class ConvReLU1d(FusedSequential):
    """Conv1d, then ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.ConvReLU1d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Conv1d,), _RELU)

    def __init__(self, conv: Conv1d, relu: ReLU | ReLU6) -> None:
        super().__init__(conv, relu)


class ConvReLU2d(FusedSequential):
    """Conv2d, then ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.ConvReLU2d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Conv2d,), _RELU)

    def __init__(self, conv: Conv2d, relu: ReLU | ReLU6) -> None:
        super().__init__(conv, relu)


class ConvReLU3d(FusedSequential):
    """Conv3d, then ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.ConvReLU3d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Conv3d,), _RELU)

    def __init__(self, conv: Conv3d, relu: ReLU | ReLU6) -> None:
        super().__init__(conv, relu)


class LinearReLU(FusedSequential):
    """Linear, then ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.LinearReLU``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Linear,), _RELU)

    def __init__(self, linear: Linear, relu: ReLU | ReLU6) -> None:
        super().__init__(linear, relu)


class LinearBn1d(FusedSequential):
    """Linear, then BatchNorm1d, kept apart while training (mirrors ``torch.ao.nn.intrinsic.LinearBn1d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((Linear,), (BatchNorm1d,))

    def __init__(self, linear: Linear, bn: BatchNorm1d) -> None:
        super().__init__(linear, bn)


class BNReLU2d(FusedSequential):
    """BatchNorm2d, then ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.BNReLU2d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((BatchNorm2d,), _RELU)

    def __init__(self, batch_norm: BatchNorm2d, relu: ReLU | ReLU6) -> None:
        super().__init__(batch_norm, relu)


class BNReLU3d(FusedSequential):
    """BatchNorm3d, then ReLU or ReLU6 (mirrors ``torch.nn.intrinsic.BNReLU3d``).

    Raises:
        ArgumentError: modules of other types.
    """

    accepts = ((BatchNorm3d,), _RELU)

    def __init__(self, batch_norm: BatchNorm3d, relu: ReLU | ReLU6) -> None:
        super().__init__(batch_norm, relu)
