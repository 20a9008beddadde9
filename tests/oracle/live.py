"""A living PyTorch beside qframe: conversions, and what the tests against it share.

PyTorch 2 rounds a few things differently from 1.6, which qframe follows: it quantizes with a fused
multiply-add, and some lanes of its kernels add the zero point before they round. Where that can show,
the tests here allow one step at positions close to half way between two steps, and nothing elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qframe.qtensor import QTensor

torch = pytest.importorskip("torch")
if int(torch.__version__.split(".")[0]) < 2:
    pytest.skip("the live tests are written for PyTorch 2", allow_module_level=True)
if "fbgemm" not in torch.backends.quantized.supported_engines:
    pytest.skip("this PyTorch has no fbgemm, whose arithmetic qframe follows", allow_module_level=True)

Array = np.ndarray[Any, Any]
DTYPES = {"quint8": torch.quint8, "qint8": torch.qint8, "qint32": torch.qint32}
CODES = {"quint8": (0, 255), "qint8": (-128, 127), "qint32": (-(2**20), 2**20)}
NUMPY = {"quint8": np.uint8, "qint8": np.int8, "qint32": np.int32}
# A float32 product of a few hundred steps is off by less than this.
TIE = 1e-4


def fbgemm() -> None:
    """Use the engine whose arithmetic qframe follows."""
    torch.set_num_threads(1)
    torch.backends.quantized.engine = "fbgemm"


def tensor(array: Array) -> Any:
    """A PyTorch tensor with a copy of ``array``."""
    return torch.from_numpy(np.array(array, order="C"))


def twin(q: QTensor) -> Any:
    """The same quantized tensor in PyTorch."""
    codes = tensor(q.int_repr())
    if not q.qscheme().per_channel:
        return torch._make_per_tensor_quantized_tensor(codes, q.q_scale(), q.q_zero_point())
    scales, zeros = tensor(q.q_per_channel_scales()), tensor(q.q_per_channel_zero_points())
    return torch._make_per_channel_quantized_tensor(codes, scales, zeros, q.q_per_channel_axis())


def codes_of(q: Any) -> Array:
    """Integer codes of a PyTorch tensor, in logical order."""
    return q.int_repr().contiguous().numpy()


def random_q(rng: Any, shape: tuple[int, ...], dtype: str = "quint8", most: int | None = None) -> QTensor:
    """Random codes with random qparams; ``most`` limits the codes."""
    low, high = CODES[dtype]
    codes = rng.integers(low, (high if most is None else most) + 1, shape).astype(NUMPY[dtype])
    zero_point = int(rng.integers(max(low, -128), min(high, 127) + 1))
    return QTensor.per_tensor(codes, float(np.float32(rng.uniform(0.01, 0.1))), zero_point)


def random_weight(rng: Any, shape: tuple[int, ...], per_channel: bool) -> QTensor:
    """A random qint8 weight with zero points that are not zero."""
    codes = rng.integers(-128, 128, shape).astype(np.int8)
    scales = np.float32(rng.uniform(0.002, 0.05, shape[0])).astype(np.float64)
    zeros = rng.integers(-8, 9, shape[0])
    if per_channel:
        return QTensor.per_channel(codes, scales, zeros, 0)
    return QTensor.per_tensor(codes, float(scales[0]), int(zeros[0]))
