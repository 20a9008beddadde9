"""Whole workflows in one call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from typing import Any

from ..dtypes import DType, float16, qint8
from ..errors import CalibrationError, ConfigurationError
from ..nn.module import Module
from .insert import check_model, insert_observers
from .mappings import (
    DEFAULT_DYNAMIC_MODULE_MAPPING,
    DEFAULT_MODULE_MAPPING,
    DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST,
    DYNAMIC_ONLY,
)
from .propagate import plan_qconfigs, store_qconfigs
from .qat import prepare_qat
from .qconfig import QConfigDynamic, default_dynamic_qconfig, float16_dynamic_qconfig
from .requirements import check_dynamic
from .rules import check_rules
from .swap import Swaps, convert
from .watch import find_watch, observers

_DYNAMIC_DEFAULTS = {qint8: default_dynamic_qconfig, float16: float16_dynamic_qconfig}


def default_eval_fn(model: Module, calib_data: Iterable[tuple[Any, Any]]) -> None:
    """Run ``model`` on the first part of each pair (data, target), for calibration."""
    for data, _ in calib_data:
        model(data)


def quantize(
    model: Module,
    run_fn: Callable[..., Any],
    run_args: Any,
    mapping: Swaps | None = None,
    inplace: bool = False,
) -> Module:
    """Quantize a model statically: prepare, calibrate, convert.

    The model needs qconfigs; it is set to evaluation mode.  Mirrors ``torch.quantization.quantize``.

    Args:
        run_fn: calibrates: called as ``run_fn(model, *run_args)`` if ``run_args`` is a tuple or list, else as
            ``run_fn(model, run_args)``.
        mapping: from float types to quantized ones, in place of ``DEFAULT_MODULE_MAPPING``.
        inplace: change ``model`` itself; otherwise a copy.

    Returns:
        The quantized model, without observers and qconfigs.

    Raises:
        ConfigurationError: as :func:`prepare`; the model is unchanged then.
        CalibrationError: ``run_fn`` never ran the model, or as :func:`convert`; with ``inplace`` the model
            stays prepared then.
    """
    check_model(model)
    model = model if inplace else deepcopy(model)
    mapping = DEFAULT_MODULE_MAPPING if mapping is None else mapping
    listed = DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST - DYNAMIC_ONLY
    insert_observers(model, listed | _takes_qconfig(mapping), None, None)
    model.eval()
    _run(run_fn, model, run_args)
    return convert(model, mapping, inplace=True)


def quantize_qat(model: Module, run_fn: Callable[..., Any], run_args: Any, inplace: bool = False) -> Module:
    """Train a model with rounding, then quantize it: prepare_qat, train, convert.

    The model needs qconfigs and is already fused; it is set to training mode, and to evaluation mode before
    it is converted.  Mirrors ``torch.quantization.quantize_qat``.

    Args:
        run_fn: trains: called as ``run_fn(model, *run_args)`` if ``run_args`` is a tuple or list, else as
            ``run_fn(model, run_args)``.
        inplace: change ``model`` itself; otherwise a copy.

    Returns:
        The quantized model, without observers and qconfigs.

    Raises:
        ConfigurationError, UnsupportedArgument: as :func:`prepare_qat`; nothing was prepared then.
        CalibrationError: ``run_fn`` never ran the model, or as :func:`convert`; with ``inplace`` the model
            stays prepared then.
    """
    check_model(model)
    model = model if inplace else deepcopy(model)
    prepared = prepare_qat(model.train(), inplace=True)
    _run(run_fn, prepared, run_args)
    return convert(prepared.eval(), inplace=True)


def _run(run_fn: Callable[..., Any], model: Module, run_args: Any) -> None:
    arguments = run_args if isinstance(run_args, (tuple, list)) else (run_args,)
    run_fn(model, *arguments)
    _check_was_run(model)


def _takes_qconfig(mapping: Swaps) -> set[type[Module]]:
    """Return the types of a mapping of the user's own, which are to be observed as well."""
    return {kind for kind in mapping if kind not in DEFAULT_MODULE_MAPPING}


def _check_was_run(model: Module) -> None:
    watch = find_watch(model)
    ran = watch is not None and watch.forwards
    if not ran and not any(observer.calls for _, observer in observers(model)):
        raise CalibrationError(
            "run_fn returned without having run the model: there is no calibration data",
            fix="Check that run_args holds at least one batch (a generator can be consumed only once), and "
            "that run_fn calls the model it is given",
        )


def quantize_dynamic(
    model: Module,
    qconfig_spec: Mapping[Any, Any] | Collection[Any] | None = None,
    dtype: DType = qint8,
    mapping: Swaps | None = None,
    inplace: bool = False,
) -> Module:
    """Quantize weights now and activations on the fly; no calibration is needed.

    The model is set to evaluation mode.  Mirrors ``torch.quantization.quantize_dynamic``.

    Args:
        qconfig_spec: a set of types and paths, or a dict from them to QConfigDynamic; None: all types that
            ``mapping`` holds.
        dtype: of the weights (qint8 or float16) where ``qconfig_spec`` is no dict.
        mapping: from float types to dynamic ones, in place of ``DEFAULT_DYNAMIC_MODULE_MAPPING``.
        inplace: change ``model`` itself; otherwise a copy.  A root that is replaced is returned, not changed.

    Raises:
        ConfigurationError: another ``dtype``; a rule matches nothing or only what has no dynamic form; or
            a qconfig asks for what the engine in use cannot do.  The model is unchanged then.
    """
    check_model(model)
    mapping = DEFAULT_DYNAMIC_MODULE_MAPPING if mapping is None else mapping
    rules = _dynamic_rules(qconfig_spec, dtype, mapping)
    model = model if inplace else deepcopy(model)
    placements = plan_qconfigs(model, rules, set(mapping))
    check_rules(placements, rules if qconfig_spec is not None else {}, set(mapping))
    check_dynamic(placements)
    store_qconfigs(placements)
    model.eval()
    return convert(model, mapping, inplace=True)


def _dynamic_rules(spec: Any, dtype: DType, mapping: Swaps) -> dict[Any, QConfigDynamic | None]:
    if isinstance(spec, Mapping):
        return dict(spec)
    if isinstance(spec, (str, type)):
        raise ConfigurationError(
            f"qconfig_spec={spec!r} must be a set or a dict", fix="Put it into braces: {" + repr(spec) + "}"
        )
    if dtype not in _DYNAMIC_DEFAULTS:
        raise ConfigurationError(
            f"quantize_dynamic has no default qconfig for dtype={dtype!r}",
            fix="Use qframe.qint8 or qframe.float16, or give a dict of qconfigs as qconfig_spec",
        )
    return dict.fromkeys(mapping if spec is None else spec, _DYNAMIC_DEFAULTS[dtype])
