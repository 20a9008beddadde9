"""What the layers for quantization-aware training have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from ..errors import ConfigurationError
from . import functional
from .activation import ReLU6
from .exact_types import require_exact_type
from .functional_checks import Array
from .module import Module


class FakeQuantized(Module):
    """Base of the float layers that round their weight and their output while they are trained.

    A subclass computes its output from the rounded weight in ``_product``; it also derives from the float
    layer whose parameters it has.

    Attributes:
        qconfig: as given.
        activation_post_process: rounds the output; what ``qconfig.activation()`` returned.
        weight_fake_quant: rounds the weight; what ``qconfig.weight()`` returned.
    """

    #: The float type that is quantized to the same type as this one; each subclass says it for itself.
    converts_as: ClassVar[type[Module]]
    #: What ``from_float`` takes.
    _float_module: type[Module]

    qconfig: Any
    activation_post_process: Any
    weight_fake_quant: Any
    weight: Array
    bias: Array | None

    def _attach(self, qconfig: Any) -> None:
        """Build both parts that round.

        Raises:
            ConfigurationError: ``qconfig`` is none.
        """
        check_qconfig(type(self), qconfig)
        self.qconfig = qconfig
        self.activation_post_process = qconfig.activation()
        self.weight_fake_quant = qconfig.weight()

    def forward(self, input: Array) -> Array:
        """Return what the float layer would, with weight and output rounded."""
        return self.activation_post_process(self._activated(self._product(input)))

    def _product(self, input: Array) -> Array:
        """Return the output before the activation."""
        raise NotImplementedError(f"{type(self).__name__} does not define _product()")

    def _activated(self, x: Array) -> Array:
        return x

    def folded_parameters(self) -> tuple[Array, Array | None]:
        """Return weight, not rounded, and bias of the layer that this one is once it is converted."""
        return self.weight, self.bias

    @classmethod
    def from_float(cls, mod: Any, qconfig: Any = None) -> Any:
        """Return this form of a float module, with the very same parameters.

        Args:
            mod: exactly the float module, or the fused container, of the same name.
            qconfig: in place of the module's own.

        Raises:
            ConfigurationError: another type, or no qconfig.
        """
        require_exact_type(cls, mod, cls._float_module)
        qconfig = getattr(mod, "qconfig", None) if qconfig is None else qconfig
        check_qconfig(cls, qconfig)
        return cls._from_module(mod, qconfig)

    @classmethod
    def _from_module(cls, mod: Any, qconfig: Any) -> Any:
        raise NotImplementedError(f"{cls.__name__} does not define _from_module()")


class WithReLU(FakeQuantized):
    """Base of those that end in a ReLU or ReLU6.

    Attributes:
        max_value: upper bound of the activation, 6.0 for ReLU6; None (ReLU) at first.
    """

    max_value: float | None = None

    def _activated(self, x: Array) -> Array:
        return functional.relu(x) if self.max_value is None else functional.relu6(x)

    @classmethod
    def _from_module(cls, mod: Any, qconfig: Any) -> Any:
        has_norm = len(mod) == 3  # then the layer is built from the container, whose mode counts
        made = super()._from_module(mod if has_norm else mod[0], qconfig)
        made.max_value = upper_bound(mod[-1])
        return made


def upper_bound(relu: Module) -> float | None:
    """Return the upper bound of a ReLU (None) or ReLU6."""
    return 6.0 if type(relu) is ReLU6 else None


def check_qconfig(kind: type, qconfig: Any) -> None:
    """Raise ConfigurationError unless ``qconfig`` says how to round output and weight."""
    if not all(callable(getattr(qconfig, part, None)) for part in ("activation", "weight")):
        raise ConfigurationError(
            f"{kind.__module__}.{kind.__qualname__} needs a qconfig, got {qconfig!r:.60}",
            fix="Give a QConfig, such as quantization.default_qat_qconfig",
        )


def share_parameters(target: Module, source: Module) -> None:
    """Let ``target`` have the parameters and buffers of ``source``: the same arrays."""
    target._parameters.update(source._parameters)
    target._buffers.update(source._buffers)
