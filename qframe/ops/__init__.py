"""Op contracts: what every engine computes.  Each checks its arguments, then the engine's kernel runs."""

from .activation import (
    clamp,
    elu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    lookup,
    relu,
    relu6,
    sigmoid,
    tanh,
    threshold,
)
from .arithmetic import add, add_scalar, cat, mul, mul_scalar
from .conv import conv1d_pack, conv2d_pack, conv3d_pack
from .convert import dequantize, quantize_per_channel, quantize_per_tensor, requantize
from .fake_quantize import fake_quantize_per_channel, fake_quantize_per_tensor
from .linear import linear_pack, linear_pack_fp16
from .normalization import batch_norm, group_norm, instance_norm, layer_norm
from .observe import histogram, min_max, min_max_per_channel
from .packed import PackedConv, PackedLinear, PackedLinearFp16
from .packed_recurrent import PackedGRU, PackedLSTM, PackedRNN
from .pooling import adaptive_avg_pool2d, avg_pool2d, avg_pool3d, max_pool2d
from .recurrent import gru_pack, gru_pack_fp16, lstm_pack, lstm_pack_fp16, rnn_pack, rnn_pack_fp16
from .reduce import mean
from .resize import interpolate_bilinear, interpolate_nearest

__all__ = [
    "PackedConv",
    "PackedGRU",
    "PackedLSTM",
    "PackedLinear",
    "PackedLinearFp16",
    "PackedRNN",
    "adaptive_avg_pool2d",
    "add",
    "add_scalar",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "cat",
    "clamp",
    "conv1d_pack",
    "conv2d_pack",
    "conv3d_pack",
    "dequantize",
    "elu",
    "fake_quantize_per_channel",
    "fake_quantize_per_tensor",
    "group_norm",
    "gru_pack",
    "gru_pack_fp16",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "histogram",
    "instance_norm",
    "interpolate_bilinear",
    "interpolate_nearest",
    "layer_norm",
    "leaky_relu",
    "linear_pack",
    "linear_pack_fp16",
    "lookup",
    "lstm_pack",
    "lstm_pack_fp16",
    "max_pool2d",
    "mean",
    "min_max",
    "min_max_per_channel",
    "mul",
    "mul_scalar",
    "quantize_per_channel",
    "quantize_per_tensor",
    "relu",
    "relu6",
    "requantize",
    "rnn_pack",
    "rnn_pack_fp16",
    "sigmoid",
    "tanh",
    "threshold",
]
