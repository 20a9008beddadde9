"""Functions behind the modules (mirrors ``torch.nn.functional``): float32 arrays in, float32 arrays out.

Activations, poolings, ``interpolate``, ``flatten`` and ``dropout`` take quantized tensors too and give
quantized ones.  Other float dtypes are converted to float32; integers raise DTypeError.
"""

from .functional_batchnorm import batch_norm
from .functional_conv import conv1d, conv2d, conv3d
from .functional_elementwise import (
    dropout,
    elu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    relu,
    relu6,
    sigmoid,
    tanh,
    threshold,
)
from .functional_embedding import embedding
from .functional_linear import linear
from .functional_loss import cross_entropy, l1_loss, mse_loss, nll_loss
from .functional_norms import group_norm, instance_norm, layer_norm
from .functional_pooling import adaptive_avg_pool2d, avg_pool2d, avg_pool3d, max_pool2d
from .functional_resize import interpolate, upsample, upsample_bilinear, upsample_nearest
from .functional_shape import flatten, pad
from .functional_softmax import log_softmax, softmax

__all__ = [
    "adaptive_avg_pool2d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "conv1d",
    "conv2d",
    "conv3d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "flatten",
    "group_norm",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "instance_norm",
    "interpolate",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "pad",
    "relu",
    "relu6",
    "sigmoid",
    "softmax",
    "tanh",
    "threshold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]
