"""States that the tests save, and what it means that two of them are the same."""

import numpy as np

from qframe.dtypes import qint8, qint32, quint8
from qframe.qschemes import per_channel_symmetric
from qframe.qtensor import QTensor


def every_value():
    """A state with an entry of each kind that a file can hold."""
    rng = np.random.default_rng(3)
    codes = rng.integers(-128, 127, (4, 6), endpoint=True).astype(np.int8)
    weight = QTensor.per_channel(codes, [0.5, 0.1, 2e-38, 3e38], [0, -128, 127, 5], 0)
    bias = rng.normal(size=4).astype(np.float32)
    return {
        "weight": weight,
        "activation": QTensor.per_tensor(np.arange(5, dtype=np.uint8), 0.1, 3),
        "accumulator": QTensor.per_tensor(np.array([-(2**31), 2**31 - 1], np.int32), 1e-5, -7),
        "bias": bias,
        "missing": None,
        "pair": (weight, bias, (None, [True, 1, 2.5, "text"])),
        "named": {"inner": np.float64(0.1), "dtype": qint8},
        "dtypes": [quint8, qint8, qint32],
        "qscheme": per_channel_symmetric,
        "number": np.array(7),
        "empty": np.zeros((0, 3)),
        "flags": np.array([True, False]),
        "not finite": np.array([np.nan, np.inf, -np.inf, -0.0], np.float16),
        "infinity": float("inf"),
    }


def same(one, other):
    """Whether two values are of one kind and equal to the last bit."""
    if isinstance(one, QTensor):
        return isinstance(other, QTensor) and one.equal(other)
    if isinstance(one, (np.ndarray, np.generic)):
        one = np.asarray(one)
        alike = isinstance(other, np.ndarray) and (one.dtype, one.shape) == (other.dtype, other.shape)
        return alike and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (tuple, list)):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def snapshot(module):
    """The state of ``module`` now, in memory of its own."""
    return {
        key: value.clone() if isinstance(value, QTensor) else np.array(value)
        for key, value in module.state_dict().items()
    }


def with_header(content, edit):
    """A safetensors file whose header was edited as text, its length put right."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = edit(content[8:end].decode()).encode()
    return len(header).to_bytes(8, "little") + header + content[end:]
