"""Checks that quantized modules and the engine in use can do what the qconfigs ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ..dtypes import float16, qint8, qint32, quint8
from ..engines import dispatcher, registry
from ..errors import EngineError, QFrameError
from ..nn.quantized.weighted import WeightedModule
from .hints import place
from .mappings import DEFAULT_DYNAMIC_MODULE_MAPPING, DEFAULT_MODULE_MAPPING
from .placement import Placement
from .qconfig import QConfig, QConfigDynamic
from .rules import raise_all

_BUILT_IN = (quint8, qint8, qint32, float16)


def check_static(placements: Sequence[Placement], forms: Mapping[Any, Any] | None = None) -> None:
    """Raise unless all modules to be quantized have a QConfig that the engine in use can honour.

    Args:
        forms: for training, by type; what they are quantized to counts then.

    Raises:
        ConfigurationError: lists every module with what is wrong and what would do.
    """
    find = partial(_static_problems, forms or {})
    _check(placements, QConfig, "prepare and quantize", "quantize_dynamic", find)


def check_dynamic(placements: Sequence[Placement]) -> None:
    """Raise unless all modules to be quantized have a QConfigDynamic that the engine in use can honour.

    Raises:
        ConfigurationError: lists every module with what is wrong and what would do.
    """
    _check(placements, QConfigDynamic, "quantize_dynamic", "prepare and quantize", _dynamic_problems)


def _check(placements: Sequence[Placement], kind: type, mine: str, other: str, find: Any) -> None:
    problems = []
    for placement in placements:
        if not placement.active:
            continue
        qconfig = placement.qconfig
        if isinstance(qconfig, kind):
            found = list(find(type(placement.module), qconfig))
        else:
            found = [f"has a {type(qconfig).__name__}, which is for {other}: {mine} takes a {kind.__name__}"]
        problems += [f"{place(placement.path)} ({type(placement.module).__name__}) {text}" for text in found]
    raise_all("qconfigs that cannot be honoured", problems)


def is_weighted(kind: Any) -> bool:
    """Return whether the quantized form of a type has a quantized weight."""
    return issubclass(DEFAULT_MODULE_MAPPING.get(kind, object), WeightedModule)


def _static_problems(forms: Mapping[Any, Any], kind: type, qconfig: QConfig) -> Iterator[str]:
    weighted = is_weighted(forms.get(kind, kind))
    activation: Any
    weight: Any
    try:
        activation = qconfig.activation()
        weight = qconfig.weight() if weighted else None
    except QFrameError as error:
        yield f"has a qconfig whose observers cannot be built: {error}"
        return
    if _per_channel(activation):
        yield (
            f"has the per-channel activation observer {type(activation).__name__}: activations have one "
            "scale; use a per-tensor observer"
        )
    if weighted:
        if _wrong_dtype(activation, quint8):
            yield f"puts out qframe.quint8, its activation observer is for {activation.dtype!r}: use quint8"
        if _wrong_dtype(weight, qint8):
            yield f"needs qframe.qint8 weights, its weight observer is for {weight.dtype!r}: use qint8"
        yield from _weight_problems(weight)


def _dynamic_problems(kind: type, qconfig: QConfigDynamic) -> Iterator[str]:
    if kind not in DEFAULT_DYNAMIC_MODULE_MAPPING:
        return
    try:
        weight = qconfig.weight()
    except QFrameError as error:
        yield f"has a qconfig whose weight observer cannot be built: {error}"
        return
    dtype = getattr(weight, "dtype", None)
    if dtype is float16:
        yield from _float16_problems(kind)
    elif dtype in (None, *_BUILT_IN) and dtype is not qint8:
        yield (
            f"has the weight observer {type(weight).__name__} for {dtype!r}: dynamic quantization keeps "
            "weights as qint8 or float16; use default_dynamic_qconfig or float16_dynamic_qconfig"
        )
    yield from _weight_problems(weight)


def _weight_problems(observer: Any) -> Iterator[str]:
    if not _per_channel(observer):
        return
    engine = registry.descriptor()
    if not engine.per_channel:
        yield (
            f"has a per-channel weight observer, but engine '{engine.name}' takes weights with one scale: "
            f"use get_default_qconfig('{engine.name}') or default_weight_observer, or another engine"
        )
    axis = getattr(observer, "ch_axis", 0)
    if axis != 0:
        yield f"has a weight observer along axis {axis}: output channels lie along axis 0; use ch_axis=0"


def _float16_problems(kind: type) -> Iterator[str]:
    engine = registry.current()
    quantized: Any = DEFAULT_DYNAMIC_MODULE_MAPPING[kind]
    try:
        dispatcher.provider(quantized._half_op, engine)
    except EngineError:
        yield (
            f"asks for float16 weights, which engine '{engine}' does not have: use dtype=qframe.qint8, or "
            "another engine"
        )


def _per_channel(observer: Any) -> bool:
    return bool(getattr(getattr(observer, "qscheme", None), "per_channel", False))


def _wrong_dtype(observer: Any, wanted: Any) -> bool:
    """Return whether the observer is for another one of qframe's dtypes; those of third parties may pass."""
    dtype = getattr(observer, "dtype", wanted)
    return dtype in _BUILT_IN and dtype is not wanted
