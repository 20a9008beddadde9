"""What each contract refuses: the kind of error, the offending value in its text, and the remedy."""

import math

import numpy as np
import pytest

from qframe import ops
from qframe.dtypes import float16, qint8
from qframe.engines import registry
from qframe.errors import ArgumentError, DTypeError

from .tensors import activation, floats, weight

X = activation(2, 3)
IMAGE = activation(1, 2, 5, 5)
WINDOW = ((2, 2), (2, 2), (0, 0))
VECTORS = (floats(3),) * 4
TABLE = np.zeros(256, dtype=np.uint8)

REFUSED = {
    "different dtypes": (
        lambda: ops.add(X, weight(2, 3), 0.1, 0),
        DTypeError,
        "add got qframe.quint8 and qframe.qint8; both must have the same dtype",
    ),
    "shapes that do not broadcast": (
        lambda: ops.mul(X, activation(2, 4), 0.1, 0),
        ArgumentError,
        "mul: shapes (2, 3) and (2, 4) do not broadcast",
    ),
    "infinite scalar": (
        lambda: ops.add_scalar(X, math.inf),
        ArgumentError,
        "add_scalar: the scalar inf is not finite",
    ),
    "NaN scalar": (
        lambda: ops.mul_scalar(X, math.nan),
        ArgumentError,
        "mul_scalar: the scalar nan is not finite",
    ),
    "scalar that makes the scale vanish": (
        lambda: ops.mul_scalar(X, 1e-40),
        ArgumentError,
        "scale must be a finite",
    ),
    "cat of nothing": (lambda: ops.cat([], 0, 0.1, 0), ArgumentError, "cat of no tensors. Give at least one"),
    "cat along no dimension": (
        lambda: ops.cat([X], 2, 0.1, 0),
        ArgumentError,
        "cat along dimension 2 of shape (2, 3)",
    ),
    "cat of other dtypes": (
        lambda: ops.cat([X, weight(2, 3)], 0, 0.1, 0),
        DTypeError,
        "both must have the same dtype",
    ),
    "cat of other shapes": (
        lambda: ops.cat([X, activation(2, 4)], 0, 0.1, 0),
        ArgumentError,
        "cat along dimension 0: shapes [(2, 3), (2, 4)] differ elsewhere",
    ),
    "clamp upside down": (
        lambda: ops.clamp(X, 9, 3),
        ArgumentError,
        "clamp to codes 9..3 of qframe.quint8 (0..255)",
    ),
    "clamp beyond the dtype": (lambda: ops.clamp(X, 0, 300), ArgumentError, "clamp to codes 0..300"),
    "hardtanh upside down": (
        lambda: ops.hardtanh(X, 1.0, -1.0),
        ArgumentError,
        "min_val 1.0 exceeds max_val -1.0",
    ),
    "short table": (
        lambda: ops.lookup(X, TABLE[:9], 0.1, 0),
        ArgumentError,
        "lookup takes an 8-bit tensor and a table of 256 codes, got qframe.quint8 and shape (9,)",
    ),
    "table for qint32": (
        lambda: ops.lookup(activation(2, dtype=np.int32), TABLE, 0.1, 0),
        ArgumentError,
        "got qframe.qint32 and shape (256,). Quantize to 8 bits",
    ),
    "table of floats": (
        lambda: ops.lookup(X, floats(256), 0.1, 0),
        DTypeError,
        "uint8, int8 or int32 numbers",
    ),
    "quantize to float16": (
        lambda: ops.quantize_per_tensor(floats(2), 0.1, 0, float16),
        DTypeError,
        "dtype is qframe.float16; it must be a quantized dtype. Use qframe.quint8",
    ),
    "quantize to a NumPy type": (
        lambda: ops.quantize_per_tensor(floats(2), 0.1, 0, np.uint8),
        DTypeError,
        "it must be a quantized dtype",
    ),
    "axis outside": (
        lambda: ops.quantize_per_channel(floats(2, 3), np.ones(2), np.zeros(2, int), 2, qint8),
        ArgumentError,
        "channel axis 2 is out of range for shape (2, 3)",
    ),
    "too few scales": (
        lambda: ops.quantize_per_channel(floats(2, 3), np.ones(2), np.zeros(3, int), 1, qint8),
        ArgumentError,
        "scales has shape (2,), but axis 1 of shape (2, 3) has 3 channels",
    ),
    "too many zero points": (
        lambda: ops.quantize_per_channel(floats(2, 3), np.ones(2), np.zeros(3, int), 0, qint8),
        ArgumentError,
        "zero_points has shape (3,)",
    ),
    "pool of another rank": (
        lambda: ops.max_pool2d(activation(2, 5, 5), *WINDOW, (1, 1), False),
        ArgumentError,
        "max_pool2d takes shape (N, C, H, W), got (2, 5, 5). Add the batch dimension",
    ),
    "pool with stride 0": (
        lambda: ops.avg_pool2d(IMAGE, (2, 2), (0, 1), (0, 0), False, True, None),
        ArgumentError,
        "avg_pool2d: stride=(0, 1) must be 2 whole numbers of at least 1",
    ),
    "pool with one number": (
        lambda: ops.avg_pool2d(IMAGE, (2,), (1, 1), (0, 0), False, True, None),
        ArgumentError,
        "kernel_size=(2,) must be 2 whole numbers",
    ),
    "pool with too much padding": (
        lambda: ops.max_pool2d(IMAGE, (2, 2), (1, 1), (2, 0), (1, 1), False),
        ArgumentError,
        "padding=(2, 0) is more than half of kernel_size=(2, 2)",
    ),
    "pool larger than its input": (
        lambda: ops.max_pool2d(IMAGE, (6, 6), (1, 1), (0, 0), (1, 1), False),
        ArgumentError,
        "an input of spatial size (5, 5) is too small for kernel_size=(6, 6)",
    ),
    "divisor 0": (
        lambda: ops.avg_pool2d(IMAGE, *WINDOW, False, True, 0),
        ArgumentError,
        "divisor_override must not be zero",
    ),
    "pool of volumes of another rank": (
        lambda: ops.avg_pool3d(IMAGE, (1, 1, 1), (1, 1, 1), (0, 0, 0), False, True, None),
        ArgumentError,
        "avg_pool3d takes shape (N, C, D, H, W), got (1, 2, 5, 5). Add the batch dimension",
    ),
    "adaptive pool to nothing": (
        lambda: ops.adaptive_avg_pool2d(IMAGE, (0, 1)),
        ArgumentError,
        "adaptive_avg_pool2d: output_size=(0, 1) for an input of shape (1, 2, 5, 5)",
    ),
    "adaptive pool of nothing": (
        lambda: ops.adaptive_avg_pool2d(activation(1, 2, 0, 5), (1, 1)),
        ArgumentError,
        "non-empty input",
    ),
    "interpolation of a vector": (
        lambda: ops.interpolate_nearest(activation(2, 3, 4), (5,), (None,)),
        ArgumentError,
        "interpolate_nearest takes shape (N, C, H, W) or (N, C, D, H, W), got (2, 3, 4)",
    ),
    "bilinear interpolation of a volume": (
        lambda: ops.interpolate_bilinear(activation(1, 2, 3, 4, 5), (6, 7), False, (None, None)),
        ArgumentError,
        "interpolate_bilinear takes shape (N, C, H, W), got (1, 2, 3, 4, 5)",
    ),
    "interpolation to one number": (
        lambda: ops.interpolate_nearest(IMAGE, (5,), (None, None)),
        ArgumentError,
        "output_size=(5,) for an input of shape (1, 2, 5, 5). Give one number for each of the 2",
    ),
    "interpolation by one factor": (
        lambda: ops.interpolate_bilinear(IMAGE, (5, 5), False, (2.0,)),
        ArgumentError,
        "scale_factors=(2.0,) for an input of shape (1, 2, 5, 5)",
    ),
    "interpolation to nothing": (
        lambda: ops.interpolate_nearest(IMAGE, (5, 0), (None, None)),
        ArgumentError,
        "Give output sizes of at least 1 and a non-empty input",
    ),
    "interpolation by factor 0": (
        lambda: ops.interpolate_bilinear(IMAGE, (5, 5), False, (2.0, 0.0)),
        ArgumentError,
        "scale_factors=(2.0, 0.0) must be finite numbers above zero",
    ),
    "mean over no dimension": (lambda: ops.mean(X, (2,), False), ArgumentError, "mean over dimensions (2,)"),
    "mean twice": (lambda: ops.mean(X, (0, -2), False), ArgumentError, "Name existing ones, once each"),
    "mean over nothing": (
        lambda: ops.mean(activation(0, 3), (0,), False),
        ArgumentError,
        "mean over nothing",
    ),
    "mean of nothing": (lambda: ops.mean(activation(0, 3), None, False), ArgumentError, "mean over nothing"),
    "batch norm of a vector": (
        lambda: ops.batch_norm(activation(3), *VECTORS, 1e-5, 0.1, 0),
        ArgumentError,
        "batch_norm takes shape (N, C, ...), got (3,)",
    ),
    "batch norm of other channels": (
        lambda: ops.batch_norm(activation(2, 4), *VECTORS, 1e-5, 0.1, 0),
        ArgumentError,
        "batch_norm: weight has shape (3,), but there are 4 channels",
    ),
    "batch norm in double": (
        lambda: ops.batch_norm(X, *VECTORS[:3], np.ones(3), 1e-5, 0.1, 0),
        DTypeError,
        "batch_norm: var is a float64 array of shape (3,)",
    ),
    "layer norm over other dimensions": (
        lambda: ops.layer_norm(X, (2,), None, None, 1e-5, 0.1, 0),
        ArgumentError,
        "layer_norm: an input of shape (2, 3) does not end in normalized_shape=(2,)",
    ),
    "layer norm over more dimensions": (
        lambda: ops.layer_norm(X, (1, 2, 3), None, None, 1e-5, 0.1, 0),
        ArgumentError,
        "does not end in normalized_shape=(1, 2, 3)",
    ),
    "layer norm over nothing": (
        lambda: ops.layer_norm(X, (), None, None, 1e-5, 0.1, 0),
        ArgumentError,
        "does not end in normalized_shape=()",
    ),
    "layer norm with a weight of another shape": (
        lambda: ops.layer_norm(X, (2, 3), floats(3), None, 1e-5, 0.1, 0),
        ArgumentError,
        "layer_norm: weight has shape (3,), normalized_shape is (2, 3)",
    ),
    "layer norm with a bias in double": (
        lambda: ops.layer_norm(X, (3,), None, np.ones(3), 1e-5, 0.1, 0),
        DTypeError,
        "layer_norm: bias is a float64 array of shape (3,)",
    ),
    "layer norm of qint32": (
        lambda: ops.layer_norm(activation(2, 3, dtype=np.int32), (3,), None, None, 1e-5, 0.1, 0),
        DTypeError,
        "layer_norm takes 8-bit tensors, got a qint32 tensor of shape (2, 3). Quantize to 8 bits",
    ),
    "norm with a negative eps": (
        lambda: ops.layer_norm(X, (3,), None, None, -1e-5, 0.1, 0),
        ArgumentError,
        "layer_norm: eps=-1e-05 must be a finite number of at least 0",
    ),
    "group norm of a vector": (
        lambda: ops.group_norm(activation(3), 1, None, None, 1e-5, 0.1, 0),
        ArgumentError,
        "group_norm takes shape (N, C, ...), got (3,)",
    ),
    "group norm with groups that do not divide": (
        lambda: ops.group_norm(IMAGE, 3, None, None, 1e-5, 0.1, 0),
        ArgumentError,
        "num_groups=3 does not divide the 2 channels of an input of shape (1, 2, 5, 5)",
    ),
    "group norm without groups": (
        lambda: ops.group_norm(IMAGE, 0, None, None, 1e-5, 0.1, 0),
        ArgumentError,
        "num_groups=0 does not divide",
    ),
    "group norm with other channels": (
        lambda: ops.group_norm(IMAGE, 1, floats(3), None, 1e-5, 0.1, 0),
        ArgumentError,
        "group_norm: weight has shape (3,), but there are 2 channels",
    ),
    "instance norm of a vector": (
        lambda: ops.instance_norm(activation(3), None, None, 1e-5, 0.1, 0),
        ArgumentError,
        "instance_norm takes shape (N, C, ...), got (3,)",
    ),
    "instance norm with NaN for eps": (
        lambda: ops.instance_norm(IMAGE, None, None, math.nan, 0.1, 0),
        ArgumentError,
        "instance_norm: eps=nan",
    ),
    "range of nothing": (
        lambda: ops.min_max(floats(0)),
        ArgumentError,
        "min_max of an empty array of shape (0,)",
    ),
    "range along no axis": (
        lambda: ops.min_max_per_channel(floats(2, 3), -1),
        ArgumentError,
        "min_max_per_channel along axis -1 of shape (2, 3)",
    ),
    "histogram of nothing": (
        lambda: ops.histogram(floats(0), 5, 0.0, 1.0),
        ArgumentError,
        "histogram of an empty",
    ),
    "no bins": (
        lambda: ops.histogram(floats(3), 0, 0.0, 1.0),
        ArgumentError,
        "histogram with 0 bins from 0.0 to 1.0",
    ),
    "empty range": (
        lambda: ops.histogram(floats(3), 5, 1.0, 1.0),
        ArgumentError,
        "Give at least one bin and low < high",
    ),
    "range with NaN": (lambda: ops.histogram(floats(3), 5, math.nan, 1.0), ArgumentError, "from nan to 1.0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, kind, text = REFUSED[name]
    with pytest.raises(kind) as error:
        call()
    assert text in str(error.value)
    assert error.value.fix


def test_checks_come_before_the_kernel_on_every_engine(monkeypatch):
    asked = []
    monkeypatch.setattr(type(registry), "kernel", lambda self, engine, op: asked.append(op))
    with pytest.raises(ArgumentError):
        ops.add(X, X, -1.0, 0)
    assert asked == []
