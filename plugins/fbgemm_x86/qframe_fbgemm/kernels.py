"""The table of all kernels, by op."""

from __future__ import annotations

from qframe.plugin import Kernel

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

KERNELS: dict[str, Kernel] = {
    kernel.__name__: kernel
    for kernel in (
        activation.clamp,
        activation.lookup,
        arithmetic.add,
        arithmetic.add_scalar,
        arithmetic.cat,
        arithmetic.mul,
        arithmetic.mul_scalar,
        conv.conv1d_pack,
        conv.conv2d_pack,
        conv.conv3d_pack,
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
}
