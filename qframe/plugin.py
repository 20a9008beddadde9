"""Everything that plugin authors import: the hooks, the engine descriptor, tensors and the rounding rules.

A plugin imports this module and nothing else from qframe, so that the rest may change freely.
"""

from .dtypes import DType, dtype_of, float16, qint8, qint32, quint8, register_dtype
from .engines import API, Engine, Kernel, op
from .engines.hookspecs import hookimpl
from .errors import ArgumentError, DTypeError, EngineError, QFrameError, QSchemeError, UnsupportedOp
from .numerics import (
    BatchNormCoefficients,
    Clamp,
    LinearSources,
    NormStatistics,
    OutputTransform,
    ScalarShift,
    add_scalar_shift,
    along_axis,
    average,
    batch_norm_coefficients,
    centered,
    clamp_codes,
    dequantize,
    dequantize_per_channel,
    fake_quantize,
    linear_sources,
    nearest_sources,
    norm_statistics,
    output_transform,
    quantize,
    reciprocal,
    requantize,
    requantize_channels_last,
    round_to_codes,
)
from .ops.geometry import adaptive_windows, conv_output_size, pool_output_size
from .ops.protocols import PackedConvKernel, PackedLinearFp16Kernel, PackedLinearKernel
from .qparams import choose_dynamic_qparams
from .qschemes import (
    QScheme,
    per_channel_affine,
    per_channel_symmetric,
    per_tensor_affine,
    per_tensor_symmetric,
    register_qscheme,
)
from .qtensor import QTensor
from .qtensor_reductions import mean_codes

__all__ = [
    "API",
    "ArgumentError",
    "BatchNormCoefficients",
    "Clamp",
    "DType",
    "DTypeError",
    "Engine",
    "EngineError",
    "Kernel",
    "LinearSources",
    "NormStatistics",
    "OutputTransform",
    "PackedConvKernel",
    "PackedLinearFp16Kernel",
    "PackedLinearKernel",
    "QFrameError",
    "QScheme",
    "QSchemeError",
    "QTensor",
    "ScalarShift",
    "UnsupportedOp",
    "adaptive_windows",
    "add_scalar_shift",
    "along_axis",
    "average",
    "batch_norm_coefficients",
    "centered",
    "choose_dynamic_qparams",
    "clamp_codes",
    "conv_output_size",
    "dequantize",
    "dequantize_per_channel",
    "dtype_of",
    "fake_quantize",
    "float16",
    "hookimpl",
    "linear_sources",
    "mean_codes",
    "nearest_sources",
    "norm_statistics",
    "op",
    "output_transform",
    "per_channel_affine",
    "per_channel_symmetric",
    "per_tensor_affine",
    "per_tensor_symmetric",
    "pool_output_size",
    "qint8",
    "qint32",
    "quantize",
    "quint8",
    "reciprocal",
    "register_dtype",
    "register_qscheme",
    "requantize",
    "requantize_channels_last",
    "round_to_codes",
]
