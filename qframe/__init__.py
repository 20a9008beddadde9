"""qframe: 8-bit quantization of neural networks on NumPy, run by pluggable CPU engines.

The names are PyTorch's: ``qframe.quantization.prepare``, ``qframe.nn.quantized.Conv2d``,
``qframe.per_tensor_affine``.  Importing loads no plugin; the first operation does.
"""

from . import autograd, backends, nn, optim, quantization
from .dtypes import DType, float16, get_dtype, qint8, qint32, quint8, register_dtype
from .engines import registry as _registry
from .functions import (
    cat,
    dequantize,
    equal,
    flatten,
    mean,
    permute,
    quantize_per_channel,
    quantize_per_tensor,
    relu,
    reshape,
    stack,
    transpose,
)
from .include_path import get_include
from .qschemes import (
    QScheme,
    get_qscheme,
    per_channel_affine,
    per_channel_symmetric,
    per_tensor_affine,
    per_tensor_symmetric,
    register_qscheme,
)
from .qtensor import QTensor
from .random import manual_seed
from .serialization import load, load_into, save
from .version import __version__

#: PyTorch's names for the two kinds of description.
dtype = DType
qscheme = QScheme

set_engine = _registry.set_engine
set_num_threads = _registry.set_num_threads
get_num_threads = _registry.get_num_threads
use_engine = _registry.use_engine

__all__ = [
    "DType",
    "QScheme",
    "QTensor",
    "__version__",
    "autograd",
    "backends",
    "cat",
    "dequantize",
    "dtype",
    "equal",
    "flatten",
    "float16",
    "get_dtype",
    "get_include",
    "get_num_threads",
    "get_qscheme",
    "load",
    "load_into",
    "manual_seed",
    "mean",
    "nn",
    "optim",
    "per_channel_affine",
    "per_channel_symmetric",
    "per_tensor_affine",
    "per_tensor_symmetric",
    "permute",
    "qint8",
    "qint32",
    "qscheme",
    "quantization",
    "quantize_per_channel",
    "quantize_per_tensor",
    "quint8",
    "register_dtype",
    "register_qscheme",
    "relu",
    "reshape",
    "save",
    "set_engine",
    "set_num_threads",
    "stack",
    "transpose",
    "use_engine",
]
