"""What dynamic recurrent layers and cells have in common: their packed weights, and how they are saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from ....dtypes import DType, qint8
from ....errors import ArgumentError
from ....ops.checks import check_float
from ....ops.packed_recurrent import PackedRecurrent
from ....ops.recurrent import RecurrentKind
from ....qtensor import QTensor
from ...exact_types import require_exact_type
from ...module import Module
from ...state import State, StateCheck
from ..entries import check_qweight
from ..observed import float_copy
from .weights import check_weight_dtype, chosen_dtype, converted_weight, to_half

Array = np.ndarray[Any, Any]
Shapes = dict[str, tuple[int, ...]]


class RecurrentWeights(Module):
    """Base of the dynamic recurrent modules: a holder of packed weights for each layer and direction.

    The holders keep the logical weights, which are what is saved and copied, and pack them again whenever
    another engine is in use.

    Attributes:
        dtype: of the weights, qint8 or float16.
        reduce_range: whether activations are quantized to 7 bits; None: what the engine in use asks for.
    """

    _kind: ClassVar[RecurrentKind]
    _float_module: ClassVar[type]
    _holder_type: ClassVar[type[PackedRecurrent]]
    #: What an engine must provide for float16 weights.
    _half_op: ClassVar[str]

    hidden_size: int
    bias: bool
    #: By the endings of the weights' names.
    _packed_params: dict[str, PackedRecurrent]

    # -- what subclasses say ---------------------------------------------------------------------

    def _suffixes(self) -> list[str]:
        """Return the endings of the weights' names, one for each holder."""
        raise NotImplementedError(f"{type(self).__name__} does not name its weights")

    def _input_width(self, suffix: str) -> int:
        """Return how many inputs the layer with this ending has."""
        raise NotImplementedError(f"{type(self).__name__} does not say how wide its inputs are")

    def _further(self) -> tuple[Any, ...]:
        """Return what the holder takes beside weights and biases."""
        return ()

    @classmethod
    def _arguments_of(cls, mod: Any) -> dict[str, Any]:
        """Return the arguments with which this class is built like the float module ``mod``."""
        raise NotImplementedError(f"{cls.__name__} does not say how it is built")

    # -- weights ---------------------------------------------------------------------------------

    def _set_up(self, dtype: DType, reduce_range: bool | None) -> None:
        """Begin with zeros."""
        check_weight_dtype(self._get_name(), dtype)
        self.dtype = dtype
        self.reduce_range = reduce_range
        zeros: dict[str, Any] = {}
        for name, shape in self._shapes().items():
            floats = np.zeros(shape, np.float32)
            quantized = dtype is qint8 and len(shape) == 2
            zeros[name] = QTensor.per_tensor(floats.astype(np.int8), 1.0, 0) if quantized else floats
        self._packed_params = self._holders(zeros)

    def _shapes(self) -> Shapes:
        """Return name and shape of all weights and biases, in the order of a float module's state_dict."""
        rows = self._kind.gates * self.hidden_size
        shapes: Shapes = {}
        for suffix in self._suffixes():
            shapes["weight_ih" + suffix] = rows, self._input_width(suffix)
            shapes["weight_hh" + suffix] = rows, self.hidden_size
            for name in ("bias_ih", "bias_hh") if self.bias else ():
                shapes[name + suffix] = (rows,)
        return shapes

    def _holders(self, values: Mapping[str, Any]) -> dict[str, PackedRecurrent]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return {
            suffix: self._holder_type(*(values.get(name + suffix) for name in names), *self._further())
            for suffix in self._suffixes()
        }

    def _values(self) -> Iterator[tuple[str, Any]]:
        """Yield the name and the logical value of all weights and biases, as :meth:`_shapes` does."""
        for suffix, holder in self._packed_params.items():
            values = *holder.weight, *holder.bias
            for name, value in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), values, strict=True):
                if value is not None:
                    yield name + suffix, value

    def get_weight(self) -> dict[str, Any]:
        """Return copies of the weights by name: qint8 tensors, or float32 arrays of half precision."""
        return {n: _copied(v) for n, v in self._values() if n.startswith("weight")}

    def get_bias(self) -> dict[str, Array]:
        """Return copies of the float32 biases by name; empty if there are none."""
        return {n: v.copy() for n, v in self._values() if n.startswith("bias")}

    def set_weight_bias(self, weight_bias_dict: Mapping[str, Any]) -> None:
        """Replace all weights and biases; they are packed at the next call.

        Args:
            weight_bias_dict: by name, as :meth:`get_weight` and :meth:`get_bias` give them.

        Raises:
            ArgumentError: names are missing or unknown, or a shape is another one.
            DTypeError, QSchemeError: a weight of another kind than this module's.
        """
        shapes = self._shapes()
        if set(weight_bias_dict) != set(shapes):
            odd = sorted(set(weight_bias_dict) ^ set(shapes))
            raise ArgumentError(
                f"{self._get_name()}: {', '.join(odd)} missing or unknown", fix=f"Give {', '.join(shapes)}"
            )
        values = {name: self._prepared(name, value) for name, value in weight_bias_dict.items()}
        for name, shape in shapes.items():
            if values[name].shape != shape:
                raise ArgumentError(
                    f"{self._get_name()}: {name} has shape {values[name].shape}; it needs {shape}",
                    fix="Build the module with the sizes of the weights",
                )
        self._packed_params = self._holders(values)

    def _prepared(self, name: str, value: Any) -> Any:
        """Return a weight as the holder takes it: half precision in float32."""
        if self.dtype is qint8 or name.startswith("bias"):
            return value
        return to_half(value).astype(np.float32)

    def _run_packed(
        self,
        suffix: str,
        x: Array,
        batch_sizes: tuple[int, ...],
        states: tuple[Array, ...],
        reverse: bool = False,
    ) -> tuple[Array, ...]:
        packed = self._packed_params[suffix]
        return packed(x, batch_sizes, states, reverse=reverse, reduce_range=self.reduce_range)

    def _float(self, x: Any, name: str) -> Array:
        """Refuse what is not float32, as all dynamic modules do."""
        check_float(self._get_name(), x, name)
        return np.asarray(x)

    def _get_name(self) -> str:
        return f"DynamicQuantized{type(self).__name__}"

    # -- saving ----------------------------------------------------------------------------------

    def _save_to_state_dict(self, destination: State, prefix: str) -> None:
        super()._save_to_state_dict(destination, prefix)
        for name, value in self._values():
            half = self.dtype is not qint8 and name.startswith("weight")
            destination[prefix + name] = to_half(value) if half else value

    def _check_state_dict(self, check: StateCheck, prefix: str) -> None:
        super()._check_state_dict(check, prefix)
        for name, value in self._values():
            if isinstance(value, QTensor):
                check_qweight(check, prefix + name, value.shape, self._get_name())
            else:
                check.expect_array(prefix + name, value, self)

    def _load_from_state_dict(self, state: State, prefix: str) -> None:
        super()._load_from_state_dict(state, prefix)
        values = {name: _copied(state.get(prefix + name, value)) for name, value in self._values()}
        self._packed_params = self._holders(values)

    # -- conversion ------------------------------------------------------------------------------

    @classmethod
    def from_float(cls, mod: Any) -> Any:
        """Return the dynamically quantized form of a float module; nothing needs to be calibrated.

        Args:
            mod: exactly of the float type with a ``qconfig``, whose weight observer's dtype chooses the form.

        Raises:
            ConfigurationError: another type, no qconfig, or a weight observer for another dtype.
        """
        require_exact_type(cls, mod, cls._float_module)
        dtype = chosen_dtype(mod)
        quantized = cls(**cls._arguments_of(mod), dtype=dtype)  # type: ignore[call-arg]
        quantized.set_weight_bias(
            {
                name: float_copy(value) if value.ndim == 1 else converted_weight(value, mod, dtype)
                for name, value in mod.named_parameters()
            }
        )
        return quantized


def _copied(value: Any) -> Any:
    """Return a copy: a tensor, or a float32 array."""
    return value.clone() if isinstance(value, QTensor) else np.array(value, dtype=np.float32)
