"""What observers found out about a float module: its quantized weight, and the qparams of its output."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...dtypes import DType, qint8, quint8
from ...errors import ConfigurationError
from ...qparams import check_scale, check_zero_point
from ...qschemes import QScheme
from ...qtensor import QTensor
from ..exact_types import require_exact_type
from ..fake_quantized import FakeQuantized

Array = np.ndarray[Any, Any]


def require_convertible(quantized: type, module: Any, wanted: type) -> None:
    """Raise unless ``module`` is exactly a ``wanted``, or its form for quantization-aware training.

    Raises:
        ConfigurationError: of another type; a subclass may compute something else than its base.
    """
    if vars(type(module)).get("converts_as") is not wanted:
        require_exact_type(quantized, module, wanted)


def quantized_parameters(module: Any, layer: Any) -> tuple[QTensor, Array | None]:
    """Return the qint8 weight and a float32 copy of the bias that the quantized form of ``module`` has.

    After quantization-aware training the weight has the qparams that it was last rounded with.

    Args:
        module: with the qconfig: ``layer`` itself, or a fused container around it.
        layer: the one with the weight.

    Raises:
        ConfigurationError: no qconfig, or the weight's observer is for another dtype or qscheme.
    """
    if not isinstance(module, FakeQuantized):
        return observed_weight(layer.weight, weight_observer(module, layer)), float_copy(layer.bias)
    weight, bias = module.folded_parameters()
    _check_weight_dtype(module.weight_fake_quant)
    return quantize_weight(np.asarray(weight, dtype=np.float32), module.weight_fake_quant), float_copy(bias)


def weight_observer(*modules: Any) -> Any:
    """Return a new weight observer from the first qconfig that one of ``modules`` carries.

    Raises:
        ConfigurationError: none has a qconfig.
    """
    for module in modules:
        qconfig = getattr(module, "qconfig", None)
        if qconfig is not None:
            return qconfig.weight()
    raise ConfigurationError(
        f"a float {type(modules[0]).__name__} without qconfig cannot be quantized",
        fix="Set its qconfig, then run prepare and calibrate, before convert",
    )


def observed_weight(weight: Array, observer: Any) -> QTensor:
    """Return ``weight`` quantized to qint8 with what a fresh ``observer`` says after seeing it once.

    Raises:
        ConfigurationError: the observer is for another dtype.
    """
    _check_weight_dtype(observer)
    weight = np.asarray(weight, dtype=np.float32)
    observer(weight)
    return quantize_weight(weight, observer)


def _check_weight_dtype(observer: Any) -> None:
    dtype = getattr(observer, "dtype", None)
    if dtype is not qint8:
        raise ConfigurationError(
            f"the weight observer {type(observer).__name__} has dtype {dtype!r}; weights need qframe.qint8",
            fix="Give the qconfig a weight observer with dtype=qframe.qint8, such as default_weight_observer",
        )


def quantize_weight(weight: Array, observer: Any) -> QTensor:
    """Return float32 ``weight`` quantized to qint8 with the qparams that ``observer`` computes.

    The observer's qscheme decides between one scale for all and one for each slice along its ``ch_axis``;
    codes outside of its ``quant_min..quant_max``, if it has them, become the nearer bound.

    Raises:
        ConfigurationError: the observer's qscheme is none of qframe's.
    """
    qscheme = observer.qscheme
    if not isinstance(qscheme, QScheme):
        raise ConfigurationError(
            f"the weight observer {type(observer).__name__} has qscheme {qscheme!r}",
            fix="Use qframe.per_tensor_symmetric, qframe.per_channel_symmetric or their affine forms",
        )
    scale, zero_point = observer.calculate_qparams()
    if not qscheme.per_channel:
        return _limited(ops.quantize_per_tensor(weight, *as_numbers(scale, zero_point), qint8), observer)
    scales = np.asarray(scale, dtype=np.float64)
    zero_points = np.asarray(zero_point, dtype=np.int64)
    return _limited(ops.quantize_per_channel(weight, scales, zero_points, observer.ch_axis, qint8), observer)


def _limited(weight: QTensor, observer: Any) -> QTensor:
    """Return ``weight`` with its codes clamped to those that ``observer`` has in use."""
    codes = weight.int_repr()
    low, high = getattr(observer, "quant_min", qint8.minimum), getattr(observer, "quant_max", qint8.maximum)
    if low <= codes.min(initial=0) and codes.max(initial=0) <= high:
        return weight
    codes = np.clip(codes, low, high)
    if weight.qscheme().per_channel:
        scales, zero_points = weight.q_per_channel_scales(), weight.q_per_channel_zero_points()
        return QTensor.per_channel(codes, scales, zero_points, weight.q_per_channel_axis())
    return QTensor.per_tensor(codes, weight.q_scale(), weight.q_zero_point())


def output_qparams(module: Any, dtype: DType | None = None) -> tuple[float, int]:
    """Return (scale, zero_point) that the observer of ``module``'s output arrived at.

    Args:
        dtype: what the quantized module puts out, where it is fixed.

    Raises:
        ConfigurationError: there is no observer, or one for another dtype or per channel.
    """
    observer = output_observer(module)
    if dtype is not None and observer.dtype is not dtype:
        raise ConfigurationError(
            f"the activation observer of {type(module).__name__} has dtype {observer.dtype!r}; "
            f"its quantized form puts out {dtype!r}",
            fix=f"Give the qconfig an activation observer with dtype={dtype!r}",
        )
    scale, zero_point = observer.calculate_qparams()
    if np.size(scale) != 1:
        raise ConfigurationError(
            f"the activation observer of {type(module).__name__} gives {np.size(scale)} scales; "
            "activations have one",
            fix="Use a per-tensor observer for activations",
        )
    scale, zero_point = as_numbers(scale, zero_point)
    return check_scale(scale), check_zero_point(zero_point, observer.dtype)


def output_observer(module: Any) -> Any:
    """Return the observer of ``module``'s output.

    Raises:
        ConfigurationError: there is none.
    """
    observer = getattr(module, "activation_post_process", None)
    if not hasattr(observer, "calculate_qparams"):
        raise ConfigurationError(
            f"a float {type(module).__name__} without an activation observer cannot be quantized",
            fix="Run prepare and calibrate before convert",
        )
    return observer


def float_copy(array: Array | None) -> Array | None:
    """Return a float32 copy, or None for None."""
    return None if array is None else np.array(array, dtype=np.float32)


def as_numbers(scale: Any, zero_point: Any) -> tuple[float, int]:
    """Return one-element arrays or numbers as a Python float and int."""
    return float(np.asarray(scale).item()), int(np.asarray(zero_point).item())


#: What linear layers and convolutions put out.
ACTIVATION_DTYPE = quint8
