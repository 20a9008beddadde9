"""Operations without a module of their own, wrapped so that they can be observed and converted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from ... import ops
from ...errors import DTypeError
from ...ops.checks import check_per_tensor, describe
from ...qtensor import QTensor
from ..containers import Identity
from ..functional import relu
from ..functional_shape import joined
from ..module import Module
from .observed import output_qparams, require_exact_type
from .requantizing import ANY_DTYPE, Requantizing, relu_codes

Array = np.ndarray[Any, Any]


class FloatFunctional(Module):
    """Float operations whose results can be observed (mirrors ``torch.nn.quantized.FloatFunctional``).

    Call the operations, not the module: ``self.skip_add.add(a, b)``.  ``prepare`` puts an observer
    into ``activation_post_process``, through which every result goes; ``convert`` makes a
    :class:`QFunctional` of it.  Use one instance for each place in ``forward``.

    The operations take float arrays and raise DTypeError for quantized tensors.
    """

    def __init__(self) -> None:
        super().__init__()
        self.activation_post_process = Identity()

    def forward(self, x: Any) -> NoReturn:
        _no_forward(self)

    def add(self, x: Array, y: Array) -> Array:
        """Return ``x + y``."""
        return self._observed(_float(x, "add") + _float(y, "add"))

    def add_scalar(self, x: Array, y: float) -> Array:
        """Return ``x + y`` for a number ``y``."""
        return self._observed(_float(x, "add_scalar") + x.dtype.type(y))

    def mul(self, x: Array, y: Array) -> Array:
        """Return ``x * y``."""
        return self._observed(_float(x, "mul") * _float(y, "mul"))

    def mul_scalar(self, x: Array, y: float) -> Array:
        """Return ``x * y`` for a number ``y``."""
        return self._observed(_float(x, "mul_scalar") * x.dtype.type(y))

    def cat(self, x: Sequence[Array], dim: int = 0) -> Array:
        """Return the arrays joined along ``dim``."""
        return self._observed(joined([_float(part, "cat") for part in x], dim))

    def add_relu(self, x: Array, y: Array) -> Array:
        """Return ``max(x + y, 0)``."""
        return self._observed(relu(_float(x, "add_relu") + _float(y, "add_relu")))

    def _observed(self, result: Array) -> Array:
        return self.activation_post_process(result)


class QFunctional(Requantizing):
    """The quantized form of :class:`FloatFunctional` (mirrors ``torch.nn.quantized.QFunctional``).

    ``add``, ``mul``, ``cat`` and ``add_relu`` requantize to (scale, zero_point), ``add_scalar`` and
    ``mul_scalar`` derive the output's qparams from the input's.  The operations take per-tensor
    quantized tensors of one dtype and raise DTypeError for float arrays.

    Attributes:
        scale: float, 1.0 at first.
        zero_point: int, 0 at first.
    """

    _zero_point_dtype = ANY_DTYPE

    def __init__(self) -> None:
        super().__init__()
        self.activation_post_process = Identity()

    def forward(self, x: Any) -> NoReturn:
        _no_forward(self)

    def add(self, x: QTensor, y: QTensor) -> QTensor:
        """Return ``x + y``, broadcast."""
        return self._result(ops.add(x, y, self.scale, self.zero_point))

    def add_scalar(self, x: QTensor, y: float) -> QTensor:
        """Return ``x + y`` for a number ``y``; the zero point moves."""
        return self._result(ops.add_scalar(x, y))

    def mul(self, x: QTensor, y: QTensor) -> QTensor:
        """Return ``x * y``, broadcast."""
        return self._result(ops.mul(x, y, self.scale, self.zero_point))

    def mul_scalar(self, x: QTensor, y: float) -> QTensor:
        """Return ``x * y`` for a number ``y``; the scale changes."""
        return self._result(ops.mul_scalar(x, y))

    def cat(self, x: Sequence[QTensor], dim: int = 0) -> QTensor:
        """Return the tensors joined along ``dim``."""
        return self._result(ops.cat(x, dim, self.scale, self.zero_point))

    def add_relu(self, x: QTensor, y: QTensor) -> QTensor:
        """Return ``max(x + y, 0)``, broadcast; the activation is a clamp at the zero point."""
        check_per_tensor("add_relu", x)
        clamp = relu_codes(None, self.scale, self.zero_point, x.dtype)
        return self._result(ops.add(x, y, self.scale, self.zero_point, clamp=clamp))

    def _result(self, result: QTensor) -> QTensor:
        return self.activation_post_process(result)

    def extra_repr(self) -> str:
        return f"scale={self.scale}, zero_point={self.zero_point}"

    @classmethod
    def from_float(cls, mod: Any) -> QFunctional:
        """Return the quantized form of an observed FloatFunctional.

        Raises:
            ConfigurationError: ``mod`` is of another type or was not observed.
        """
        require_exact_type(cls, mod, FloatFunctional)
        quantized = cls()
        quantized.scale, quantized.zero_point = output_qparams(mod)
        return quantized


def _float(x: Any, operation: str) -> Any:
    if isinstance(x, QTensor):
        raise DTypeError(
            f"FloatFunctional.{operation} got {describe(x)}; it takes float arrays",
            fix="Set a qconfig on this FloatFunctional, so that convert makes a QFunctional of it, "
            "or dequantize its inputs",
        )
    return x


def _no_forward(module: Module) -> NoReturn:
    raise NotImplementedError(
        f"{type(module).__name__} is not meant to be called. "
        "Call one of its operations: add, add_scalar, mul, mul_scalar, cat, add_relu"
    )
