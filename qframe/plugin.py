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
    output_transform,
    quantize,
    reciprocal,
    requantize,
    requantize_channels_last,
    round_to_codes,
)
from .numerics_recurrent import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell, run_steps
from .numerics_transcendental import exp, sigmoid, tanh
from .ops.geometry import adaptive_windows, conv_output_size, pool_output_size
from .ops.protocols import (
    PackedConvKernel,
    PackedLinearFp16Kernel,
    PackedLinearKernel,
    PackedRecurrentFp16Kernel,
    PackedRecurrentKernel,
)
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
    "OutputTransform",
    "PackedConvKernel",
    "PackedLinearFp16Kernel",
    "PackedLinearKernel",
    "PackedRecurrentFp16Kernel",
    "PackedRecurrentKernel",
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
    "exp",
    "fake_quantize",
    "float16",
    "gru_cell",
    "hookimpl",
    "linear_sources",
    "lstm_cell",
    "mean_codes",
    "nearest_sources",
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
    "rnn_relu_cell",
    "rnn_tanh_cell",
    "round_to_codes",
    "run_steps",
    "sigmoid",
    "tanh",
]
