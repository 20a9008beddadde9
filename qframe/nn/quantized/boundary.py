"""Where a model enters and leaves the quantized domain."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ... import ops
from ...dtypes import DType
from ...errors import ConfigurationError, DTypeError
from ...ops.checks import describe
from ...qparams import check_scale, check_zero_point
from ...qtensor import QTensor
from ...qtensor.text import format_array
from ..module import Module
from ..state import StateCheck
from .entries import check_number, scale_of, zero_point_of
from .observed import as_numbers, output_observer, output_qparams

Array = np.ndarray[Any, Any]


class Quantize(Module):
    """Quantizes a float array (mirrors ``torch.nn.quantized.Quantize``; a QuantStub becomes this).

    Args:
        scale, zero_point: of the output.
        dtype: of the output, e.g. ``qframe.quint8``.

    Buffers: ``scale`` (float64, shape (1,)) and ``zero_point`` (int64, shape (1,)).

    Raises:
        ArgumentError: scale or zero point out of range.
        DTypeError: ``dtype`` is no quantized one; in ``forward``: the input is not float32.
    """

    scale: Array
    zero_point: Array

    def __init__(self, scale: float, zero_point: int, dtype: DType) -> None:
        super().__init__()
        if not isinstance(dtype, DType) or not dtype.is_quantized:
            raise DTypeError(
                f"Quantize: dtype={dtype!r} is no quantized dtype",
                fix="Use qframe.quint8, qframe.qint8 or qframe.qint32",
            )
        scale, zero_point = as_numbers(scale, zero_point)
        self.dtype = dtype
        self.register_buffer("scale", np.array([check_scale(scale)], dtype=np.float64))
        self.register_buffer("zero_point", np.array([check_zero_point(zero_point, dtype)], dtype=np.int64))

    def forward(self, X: Array) -> QTensor:
        if isinstance(X, QTensor):
            raise DTypeError(
                f"Quantize got {describe(X)}; it takes a float32 array",
                fix="The input is quantized already: remove this QuantStub, or the one before it",
            )
        return ops.quantize_per_tensor(X, float(self.scale[0]), int(self.zero_point[0]), self.dtype)

    def extra_repr(self) -> str:
        scale, zero_point = format_array(self.scale), int(self.zero_point[0])
        return f"scale=tensor({scale}), zero_point=tensor([{zero_point}]), dtype={self.dtype!r}"

    def _check_state_dict(self, check: StateCheck, prefix: str) -> None:
        super()._check_state_dict(check, prefix)
        zero_point = partial(zero_point_of, dtype=self.dtype)
        check_number(check, prefix + "scale", scale_of, optional=True)
        check_number(check, prefix + "zero_point", zero_point, optional=True)

    @classmethod
    def from_float(cls, mod: Any) -> Quantize:
        """Return what quantizes as the observer of the stub ``mod`` says; its dtype decides the output's.

        Raises:
            ConfigurationError: ``mod`` has no observer.
        """
        scale, zero_point = output_qparams(mod)
        dtype = output_observer(mod).dtype
        return cls(scale, zero_point, dtype)


class DeQuantize(Module):
    """Turns a quantized tensor into a float32 array (mirrors ``torch.nn.quantized.DeQuantize``).

    ``forward`` raises DTypeError when its input is float already.
    """

    def forward(self, Xq: QTensor) -> Array:
        if not isinstance(Xq, QTensor):
            raise DTypeError(
                f"DeQuantize got {describe(Xq)}; it takes a quantized tensor",
                fix="The input is float already: remove this DeQuantStub, "
                "or see why nothing before it was quantized (no qconfig, no QuantStub)",
            )
        return ops.dequantize(Xq)

    @classmethod
    def from_float(cls, mod: Any) -> DeQuantize:
        """Return a DeQuantize; the stub ``mod`` holds nothing that it would need.

        Raises:
            ConfigurationError: ``mod`` has parameters, so it is no stub.
        """
        if next(iter(mod.parameters()), None) is not None:
            raise ConfigurationError(
                f"DeQuantize.from_float takes a DeQuantStub, got a {type(mod).__name__} with parameters",
                fix="Map this type to another class",
            )
        return cls()
