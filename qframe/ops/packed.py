"""Holders of packed weights: the logical weight, and the form that the engine in use made of it.

A holder packs at first use and again whenever another engine is in use, so that a packed form
never runs on the wrong engine.  Copying, pickling and saving carry the logical weight only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dtypes import quint8
from ..engines import dispatcher, registry
from ..errors import ArgumentError
from ..numerics import Clamp
from ..qtensor import QTensor
from . import conv as conv_ops
from . import linear as linear_ops
from .checks import (
    check_activation,
    check_bias,
    check_clamp,
    check_float,
    check_qparams,
    check_rank,
    check_weight,
)
from .geometry import conv_output_size

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]


class Packed:
    """Base of the holders.

    Attributes:
        weight: the logical weight.
        bias: float32 vector or None.  A holder of several weights has tuples of both.
    """

    #: Name of the op that packs.
    pack_op: str

    def __init__(self, weight: Any, bias: Any) -> None:
        self.weight = weight
        self.bias = bias
        self._form: Any = None
        self._packed_for: str | None = None
        self._generation = -1

    def _arguments(self) -> tuple[Any, ...]:
        return self.weight, self.bias

    def _pack(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how it is packed")

    def form(self) -> Any:
        """Return the callable that the engine in use made of the weight, packing where needed."""
        engine, generation = registry.current(), registry.generation
        if self._packed_for != engine or self._generation != generation:
            self._form = self._pack()
            self._packed_for, self._generation = engine, generation
        return self._form

    @property
    def engine(self) -> str:
        """The engine that runs this weight at present (a fallback, if the one in use lacks the op)."""
        return dispatcher.provider(self.pack_op, registry.current())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._arguments()

    def __deepcopy__(self, memo: Any) -> Packed:
        return type(self)(*(a.copy() if isinstance(a, np.ndarray) else _clone(a) for a in self._arguments()))


def _clone(argument: Any) -> Any:
    return argument.clone() if isinstance(argument, QTensor) else argument


class PackedLinear(Packed):
    """A linear layer's weight (qint8, shape (N, K)) and bias.

    Raises:
        DTypeError, QSchemeError, ArgumentError: weight or bias of another kind.
    """

    pack_op = "linear_pack"

    def __init__(self, weight: QTensor, bias: Array | None = None) -> None:
        check_weight("linear", weight, 2)
        check_bias("linear", bias, weight.shape[0])
        super().__init__(weight, bias)

    def _pack(self) -> Any:
        return linear_ops.linear_pack(self.weight, self.bias)

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Return ``x @ weight.T + bias`` requantized to quint8.

        Args:
            x: quint8 per tensor, shape (..., K), at least two dimensions.
            clamp: a fused activation, in codes of the output.

        Raises:
            DTypeError, QSchemeError, ArgumentError: ``x`` or the qparams do not fit.
        """
        check_activation("linear", x)
        _check_features("linear", x, self.weight.shape[1])
        check_qparams(scale, zero_point, quint8)
        check_clamp("linear", clamp, quint8)
        return self.form()(x, scale, zero_point, clamp=clamp)  # type: ignore[no-any-return]

    def dynamic(self, x: Array, *, relu: bool = False, reduce_range: bool | None = None) -> Array:
        """Return the float32 product with activations quantized on the fly (one scale for all of ``x``).

        Args:
            x: float32, shape (..., K).
            reduce_range: quantize to 7 bits; default: what the engine in use asks for.

        Raises:
            DTypeError, ArgumentError: ``x`` does not fit, or is not finite.
        """
        check_float("dynamic linear", x)
        _check_features("dynamic linear", x, self.weight.shape[1])
        if reduce_range is None:
            reduce_range = registry.descriptor().reduce_range
        return self.form().dynamic(x, relu=relu, reduce_range=reduce_range)  # type: ignore[no-any-return]


class PackedLinearFp16(Packed):
    """A linear layer's weight kept in half precision (float32 array of shape (N, K)) and bias.

    Raises:
        DTypeError, ArgumentError: weight or bias of another kind.
    """

    pack_op = "linear_pack_fp16"

    def __init__(self, weight: Array, bias: Array | None = None) -> None:
        check_float("float16 linear", weight, "the weight")
        check_rank("float16 linear: the weight", weight, 2, "(out, in)")
        check_bias("float16 linear", bias, weight.shape[0])
        super().__init__(weight, bias)

    def _pack(self) -> Any:
        return linear_ops.linear_pack_fp16(self.weight, self.bias)

    def __call__(self, x: Array, *, relu: bool = False) -> Array:
        """Return ``x @ half(weight).T + bias``, float32, for float32 ``x`` of shape (..., K)."""
        check_float("float16 linear", x)
        _check_features("float16 linear", x, self.weight.shape[1])
        return self.form()(x, relu=relu)  # type: ignore[no-any-return]


_LAYOUTS = {1: "(N, C, L)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}
_PACK_OPS: dict[int, Callable[..., Any]] = {
    1: conv_ops.conv1d_pack,
    2: conv_ops.conv2d_pack,
    3: conv_ops.conv3d_pack,
}


class PackedConv(Packed):
    """A convolution's weight (qint8, (OC, IC / groups, kernel...)), bias and geometry, 1-D to 3-D.

    Raises:
        DTypeError, QSchemeError, ArgumentError: arguments of another kind.
    """

    def __init__(
        self,
        weight: QTensor,
        bias: Array | None,
        stride: Ints,
        padding: Ints,
        dilation: Ints,
        groups: int = 1,
    ) -> None:
        self.dims = len(stride)
        self.name = f"conv{self.dims}d"
        self.pack_op = f"{self.name}_pack"
        conv_ops.check_conv_pack(self.name, weight, bias, stride, padding, dilation, groups, self.dims)
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self._accepted: Ints = ()  # the last input shape that passed
        super().__init__(weight, bias)

    def _arguments(self) -> tuple[Any, ...]:
        return self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups

    def _pack(self) -> Any:
        return _PACK_OPS[self.dims](*self._arguments())

    def __call__(self, x: QTensor, scale: float, zero_point: int, *, clamp: Clamp | None = None) -> QTensor:
        """Return the convolution of ``x``, requantized to quint8.

        Args:
            x: quint8 per tensor, shape (N, IC, spatial...), any strides.
            clamp: a fused activation, in codes of the output.

        Raises:
            DTypeError, QSchemeError, ArgumentError: ``x`` or the qparams do not fit.
        """
        check_activation(self.name, x)
        if x.shape != self._accepted:
            self._check_input(x)
            self._accepted = x.shape
        check_qparams(scale, zero_point, quint8)
        check_clamp(self.name, clamp, quint8)
        return self.form()(x, scale, zero_point, clamp=clamp)  # type: ignore[no-any-return]

    def _check_input(self, x: QTensor) -> None:
        check_rank(self.name, x, self.dims + 2, _LAYOUTS[self.dims])
        channels = self.weight.shape[1] * self.groups
        if x.shape[1] != channels:
            raise ArgumentError(
                f"{self.name} with groups={self.groups} and a weight of shape {self.weight.shape} takes "
                f"{channels} channels, got {x.shape[1]} in an input of shape {x.shape}",
                fix="Give the input as (N, C, spatial...), channels second",
            )
        kernel = self.weight.shape[2:]
        output = conv_output_size(x.shape[2:], kernel, self.stride, self.padding, self.dilation)
        if min(output) < 1:
            raise ArgumentError(
                f"{self.name}: an input of spatial size {x.shape[2:]} is too small for kernel {kernel}, "
                f"padding {self.padding}, dilation {self.dilation}",
                fix="Use a larger input or more padding",
            )


def _check_features(op: str, x: Any, features: int) -> None:
    shape = x.shape
    if len(shape) < 2 or shape[-1] != features:
        raise ArgumentError(
            f"{op} takes shape (..., {features}) with at least two dimensions, got {shape}",
            fix="Add the batch dimension" if len(shape) == 1 else "Match the layer's in_features",
        )
