"""QConfig: which observers a module gets, one for its output and one for its weight.

Mirrors ``torch.quantization.qconfig`` of PyTorch 1.6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..engines import registry
from ..errors import ConfigurationError
from ..nn.containers import Identity
from ..nn.module import Module
from .fake_quantize import (
    FakeQuantize,
    default_fake_quant,
    default_per_channel_weight_fake_quant,
    default_weight_fake_quant,
)
from .observer import (
    HistogramObserver,
    MovingAverageMinMaxObserver,
    NoopObserver,
    default_debug_observer,
    default_dynamic_quant_observer,
    default_observer,
    default_per_channel_weight_observer,
    default_weight_observer,
)

ObserverFactory = Callable[..., Any]


class _Observers(NamedTuple):
    activation: ObserverFactory
    weight: ObserverFactory


class QConfig(_Observers):
    """How to quantize a module statically (mirrors ``torch.quantization.QConfig``).

    Args:
        activation: builds the observer of the output: an observer class or ``MyObserver.with_args(x=1)``.
        weight: builds the observer of the weight.

    Raises:
        ConfigurationError: an observer that is built already, or anything else that cannot be called.
    """

    __slots__ = ()

    def __new__(cls, activation: ObserverFactory, weight: ObserverFactory) -> QConfig:
        _check_factories(cls, activation=activation, weight=weight)
        return super().__new__(cls, activation, weight)


class QConfigDynamic(_Observers):
    """How to quantize a module's weight, the input being quantized on the fly.

    Mirrors ``torch.quantization.QConfigDynamic``.

    Args:
        activation: kept for its name's sake; dynamic modules choose the input's qparams themselves.
        weight: builds the observer of the weight; its dtype (qint8 or float16) decides the form.

    Raises:
        ConfigurationError: an observer that is built already, or anything else that cannot be called.
    """

    __slots__ = ()

    def __new__(
        cls, activation: ObserverFactory = Identity, weight: ObserverFactory = Identity
    ) -> QConfigDynamic:
        _check_factories(cls, activation=activation, weight=weight)
        return super().__new__(cls, activation, weight)


def _check_factories(cls: type, **factories: Any) -> None:
    for name, factory in factories.items():
        if isinstance(factory, Module):
            raise ConfigurationError(
                f"{cls.__name__} got {name}={type(factory).__name__}(), an observer that is built already; "
                "each module needs one of its own",
                fix=f"Give the class, or {type(factory).__name__}.with_args(...) for other arguments",
            )
        if not callable(factory):
            raise ConfigurationError(
                f"{cls.__name__} got {name}={factory!r:.60}, which cannot be called",
                fix="Give an observer class, or MyObserver.with_args(...)",
            )


default_qconfig = QConfig(activation=default_observer, weight=default_weight_observer)
default_debug_qconfig = QConfig(activation=default_debug_observer, weight=default_weight_observer)
default_per_channel_qconfig = QConfig(activation=default_observer, weight=default_per_channel_weight_observer)
default_dynamic_qconfig = QConfigDynamic(
    activation=default_dynamic_quant_observer, weight=default_weight_observer
)
float16_dynamic_qconfig = QConfigDynamic(
    activation=default_dynamic_quant_observer, weight=NoopObserver.with_args()
)
per_channel_dynamic_qconfig = QConfigDynamic(
    activation=default_dynamic_quant_observer, weight=default_per_channel_weight_observer
)

default_qat_qconfig = QConfig(activation=default_fake_quant, weight=default_weight_fake_quant)
#: To see what rounding the weights alone does; cannot be converted.
default_weight_only_qconfig = QConfig(activation=Identity, weight=default_weight_fake_quant)
#: To see what rounding the activations alone does; cannot be converted.
default_activation_only_qconfig = QConfig(activation=default_fake_quant, weight=Identity)

#: (reduce_range, per_channel) that PyTorch 1.6 chooses for its two engines, installed or not.
_DOCUMENTED = {"fbgemm": (True, True), "qnnpack": (False, False)}


def get_default_qconfig(backend: str = "fbgemm") -> QConfig:
    """Return the qconfig that suits an engine.

    Args:
        backend: "fbgemm" (activations of 7 bits, weights per channel), "qnnpack" (8 bits, per tensor), or
            any installed engine, whose description says what it wants.

    Raises:
        ConfigurationError: there is no such engine; the text lists those known.
    """
    reduce_range, per_channel = _wishes(backend)
    return QConfig(
        activation=HistogramObserver.with_args(reduce_range=reduce_range),
        weight=default_per_channel_weight_observer if per_channel else default_weight_observer,
    )


def get_default_qat_qconfig(backend: str = "fbgemm") -> QConfig:
    """Return the qconfig for quantization-aware training that suits an engine.

    Args:
        backend: as :func:`get_default_qconfig` takes it.

    Raises:
        ConfigurationError: there is no such engine; the text lists those known.
    """
    reduce_range, per_channel = _wishes(backend)
    return QConfig(
        activation=FakeQuantize.with_args(
            observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255, reduce_range=reduce_range
        ),
        weight=default_per_channel_weight_fake_quant if per_channel else default_weight_fake_quant,
    )


def _wishes(backend: str) -> tuple[bool, bool]:
    if isinstance(backend, str) and backend in _DOCUMENTED:
        return _DOCUMENTED[backend]
    engines = registry.inventory.engines
    if isinstance(backend, str) and backend in engines:
        descriptor = engines[backend].engine
        return descriptor.reduce_range, descriptor.per_channel
    known = ", ".join(dict.fromkeys([*_DOCUMENTED, *engines]))
    raise ConfigurationError(
        f"there is no default qconfig for engine {backend!r} (known: {known})",
        fix="Install the plugin that provides it, or build a QConfig",
    )
