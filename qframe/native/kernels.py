"""The table of all kernels, by op.

A kernel of this package is a function whose first argument is a library; an engine's table binds its own.
"""

from __future__ import annotations

from types import MethodType

from ..plugin import Kernel
from . import (
    activation,
    arithmetic,
    conv,
    convert,
    fake_quantize,
    linear,
    normalization,
    observe,
    pooling,
    recurrent,
    reduce,
    resize,
)
from .library import NativeLibrary

#: With the library as the first argument of each.
FUNCTIONS: dict[str, Kernel] = {
    function.__name__: function
    for function in (
        activation.clamp,
        activation.lookup,
        arithmetic.add,
        arithmetic.add_scalar,
        arithmetic.cat,
        arithmetic.mul,
        arithmetic.mul_scalar,
        convert.dequantize,
        convert.quantize_per_channel,
        convert.quantize_per_tensor,
        convert.requantize,
        fake_quantize.fake_quantize_per_channel,
        fake_quantize.fake_quantize_per_tensor,
        linear.linear_pack,
        linear.linear_pack_fp16,
        normalization.batch_norm,
        normalization.group_norm,
        normalization.layer_norm,
        observe.histogram,
        observe.min_max,
        observe.min_max_per_channel,
        pooling.adaptive_avg_pool2d,
        pooling.avg_pool2d,
        pooling.max_pool2d,
        recurrent.gru_pack,
        recurrent.gru_pack_fp16,
        recurrent.lstm_pack,
        recurrent.lstm_pack_fp16,
        recurrent.rnn_pack,
        recurrent.rnn_pack_fp16,
        reduce.mean,
        resize.interpolate_bilinear,
        resize.interpolate_nearest,
    )
} | dict.fromkeys(("conv1d_pack", "conv2d_pack", "conv3d_pack"), conv.conv_pack)


def kernel_table(native: NativeLibrary) -> dict[str, Kernel]:
    """Return the kernel of each op, on the library ``native``."""
    return {op: MethodType(function, native) for op, function in FUNCTIONS.items()}
