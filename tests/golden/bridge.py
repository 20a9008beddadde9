"""Between NumPy and PyTorch 1.6: building quantized tensors from codes and reading them back."""

import numpy as np
import torch

DTYPES = {"quint8": torch.quint8, "qint8": torch.qint8, "qint32": torch.qint32}
CODES = {"quint8": (0, 255), "qint8": (-128, 127), "qint32": (-(2**31), 2**31 - 1)}
NUMPY = {"quint8": np.uint8, "qint8": np.int8, "qint32": np.int32}

torch.set_num_threads(1)
torch.backends.quantized.engine = "fbgemm"


def tensor(array):
    """A PyTorch tensor that owns a copy of ``array``."""
    return torch.from_numpy(np.array(array, order="C"))


def per_tensor(codes, scale, zero_point):
    """Wrap integer codes."""
    return torch._make_per_tensor_quantized_tensor(tensor(codes), float(scale), int(zero_point))


def per_channel(codes, scales, zero_points, axis):
    """Wrap integer codes with one scale and zero point for each slice along ``axis``."""
    zeros = tensor(np.asarray(zero_points, np.int64))
    return torch._make_per_channel_quantized_tensor(tensor(codes), tensor(scales), zeros, axis)


def codes_of(q):
    """Integer codes of a quantized tensor, in logical order."""
    return q.int_repr().contiguous().numpy().copy()


def random_codes(rng, shape, dtype, low=None, high=None):
    """Random codes of a dtype, both ends of the range included."""
    least, most = CODES[dtype]
    return rng.randint(least if low is None else low, (most if high is None else high) + 1, shape).astype(
        NUMPY[dtype]
    )
